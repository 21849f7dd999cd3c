package io.tailwater.ai.upstream;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server of models whose answers are scripted by the model's name. It speaks HTTP by hand, so
 * that it can break every rule. Any thread.
 */
public final class FakeUpstream implements AutoCloseable {
  private static final Pattern MODEL = Pattern.compile("\"model\"\\s*:\\s*\"([^\"]*)\"");

  private final ServerSocket server;
  private final Map<String, Script> scripts = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger open = new AtomicInteger();

  public FakeUpstream() {
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    Thread.ofVirtual().name("fake-upstream").start(this::accept);
  }

  /** A request as it came. */
  public record Request(String head, String body) {}

  /** What is answered to a request for a model. */
  public interface Script {
    /**
     * Answers.
     *
     * @param attempt how many requests for this model came before, from 0
     */
    void answer(Connection connection, int attempt) throws IOException;
  }

  /** Sets what is answered for a model. */
  public FakeUpstream on(String model, Script script) {
    scripts.put(model, script);
    return this;
  }

  /** How many requests for a model came. */
  public int asked(String model) {
    return asked.getOrDefault(model, new AtomicInteger()).get();
  }

  /** All requests so far. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /** How many connections are open. */
  public int open() {
    return open.get();
  }

  /** Where its API begins. */
  public URI base() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/v1");
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        open.incrementAndGet();
        Thread.ofVirtual().name("fake-upstream-connection").start(() -> serve(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      String head = head(in);
      String body = new String(in.readNBytes(length(head)), StandardCharsets.UTF_8);
      requests.add(new Request(head, body));
      Matcher named = MODEL.matcher(body);
      String model = named.find() ? named.group(1) : "";
      int attempt = asked.computeIfAbsent(model, first -> new AtomicInteger()).getAndIncrement();
      Script script = scripts.get(model);
      if (script != null) {
        script.answer(new Connection(in, socket.getOutputStream()), attempt);
      }
    } catch (SocketException gone) {
      // The client closed its end.
    } catch (IOException e) {
      throw new AssertionError(e);
    } finally {
      open.decrementAndGet();
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new SocketException("closed");
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private static int length(String head) {
    Matcher length =
        Pattern.compile("content-length: *(\\d+)").matcher(head.toLowerCase(Locale.ROOT));
    return length.find() ? Integer.parseInt(length.group(1)) : 0;
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** One connection with a request on it. */
  public static final class Connection {
    private final InputStream in;
    private final OutputStream out;

    private Connection(InputStream in, OutputStream out) {
      this.in = in;
      this.out = out;
    }

    /** Answers with a status and a body, and nothing more. */
    public void status(int status, String headers, String body) throws IOException {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      raw(
          ("HTTP/1.1 %d Whatever\r\nContent-Type: application/json\r\nConnection: close\r\n"
                  + "Content-Length: %d\r\n%s\r\n")
              .formatted(status, bytes.length, headers));
      raw(bytes);
    }

    /** Begins an event stream. */
    public void stream() throws IOException {
      raw(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n");
    }

    /** Sends bytes as one chunk of the body. */
    public void chunk(byte[] bytes) throws IOException {
      raw(Integer.toHexString(bytes.length) + "\r\n");
      raw(bytes);
      raw("\r\n");
    }

    /** Sends an event. */
    public void event(String data) throws IOException {
      chunk(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a piece of text. */
    public void text(String text) throws IOException {
      event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}");
    }

    /** Sends a delta, as JSON. */
    public void delta(String delta) throws IOException {
      event("{\"choices\":[{\"index\":0,\"delta\":" + delta + "}]}");
    }

    /** Ends the answer as it should end. */
    public void finish(String reason, int promptTokens, int completionTokens) throws IOException {
      event("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}");
      event(
          "{\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d}}"
              .formatted(promptTokens, completionTokens));
      event("[DONE]");
      end();
    }

    /** Ends the body. */
    public void end() throws IOException {
      raw("0\r\n\r\n");
    }

    /** Sends text as it is. */
    public void raw(String text) throws IOException {
      raw(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends bytes as they are. */
    public void raw(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    /** Sends nothing until the client closes its end. */
    public void stall() throws IOException {
      while (in.read() >= 0) {
        // Nothing is expected.
      }
    }
  }
}
