package io.tailwater.launcher;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server that gives prepared answers, one after the other, and remembers what it was asked. */
final class ScriptedServer implements AutoCloseable {
  /** A request as it came. */
  record Asked(String line, String body, String lastEventId, String key, String type) {}

  private record Answer(int status, String contentType, String body) {}

  private final HttpServer server;
  private final ConcurrentLinkedDeque<Answer> answers = new ConcurrentLinkedDeque<>();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();

  ScriptedServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  ScriptedServer then(int status, String contentType, String body) {
    answers.add(new Answer(status, contentType, body));
    return this;
  }

  /** The end of the connection is the end of the body. */
  ScriptedServer thenStream(String... lines) {
    return then(200, "text/event-stream", String.join("\n", lines) + "\n");
  }

  ScriptedServer thenProblem(int status, String code) {
    return then(
        status,
        "application/problem+json",
        "{\"code\":\"" + code + "\",\"message\":\"because\",\"retry\":" + (status == 503) + "}");
  }

  List<Asked> asked() {
    return asked;
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    asked.add(
        new Asked(
            exchange.getRequestMethod() + " " + exchange.getRequestURI(),
            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
            header(exchange, "Last-Event-ID"),
            header(exchange, "Idempotency-Key"),
            header(exchange, "Content-Type")));
    Answer answer = answers.poll();
    if (answer == null) {
      answer = new Answer(500, "text/plain", "nothing was prepared");
    }
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", answer.contentType());
    exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static String header(HttpExchange exchange, String name) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
