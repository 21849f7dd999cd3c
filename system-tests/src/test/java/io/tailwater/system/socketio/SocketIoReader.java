package io.tailwater.system.socketio;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.system.clients.ClientProgram;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.ledger.Seen;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.Relay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A client of Socket.IO, unmodified, behind a network of its own, which is cut; each connection
 * goes to one of the gateways, whatever session it belongs to. Safe for any thread.
 */
final class SocketIoReader implements Reader {
  private final ClientProgram program;
  private final String id;
  private final Wanted wanted;
  private final Relay relay;
  private final Seen seen;
  private final AtomicInteger connections = new AtomicInteger();
  private volatile @Nullable String failure;

  /**
   * Begins to connect.
   *
   * @param program of {@code socketio-readers.mjs}
   * @param transports in the order in which the client tries them
   * @param unrecovered whether a connection may be a new one, so that the reader subscribes again
   *     at its positions
   */
  SocketIoReader(
      ClientProgram program,
      String id,
      Wanted wanted,
      List<URI> gateways,
      List<String> transports,
      boolean unrecovered) {
    this.program = program;
    this.id = id;
    this.wanted = wanted;
    this.seen = new Seen(wanted.name());
    try {
      this.relay = new Relay(gateways);
    } catch (IOException e) {
      throw new UncheckedIOException("no port to listen on", e);
    }
    program.listen(id, this::report);
    Map<String, Object> open = new HashMap<>();
    open.put("open", id);
    open.put("url", relay.address().toString());
    open.put("transports", transports);
    open.put("channels", wanted.channels().stream().map(Channel::toString).toList());
    open.put("from", wanted.from());
    open.put("after", wanted.after());
    open.put("token", wanted.token());
    open.put("unrecovered", unrecovered);
    open.values().removeIf(Objects::isNull);
    program.send(open);
  }

  private void report(JsonNode report) {
    int connection = report.path("connection").asInt();
    switch (report.path("kind").asText()) {
      case "connected" -> connections.set(connection);
      case "start" -> seen.opened(channel(report), position(report, "position"));
      case "event" ->
          seen.event(
              new Seen.Event(
                  channel(report),
                  position(report, "id"),
                  report.path("type").asText(),
                  report.path("data").asText(),
                  connection,
                  System.nanoTime()));
      case "live" -> seen.live(channel(report), connection);
      case "end" -> seen.ended(channel(report));
      case "reset" ->
          seen.reset(
              new Seen.Reset(
                  channel(report),
                  report.path("reason").asText(),
                  position(report, "earliest"),
                  connection));
      case "error" -> failure = report.toString();
      default -> throw new IllegalStateException("unknown report: " + report);
    }
  }

  private static Channel channel(JsonNode report) {
    try {
      return Channel.parse(report.path("channel").asText());
    } catch (RequestException e) {
      throw new IllegalStateException("no channel: " + report, e);
    }
  }

  private static Position position(JsonNode report, String field) {
    return Position.parse(report.path(field).asText());
  }

  @Override
  public Seen seen() {
    return seen;
  }

  @Override
  public void cut(Cut how) {
    relay.drop(how);
    program.send(Map.of("again", id));
  }

  @Override
  public void pause() {
    relay.pause();
  }

  @Override
  public void resume() {
    relay.resume();
  }

  @Override
  public boolean finished() {
    return wanted.channels().stream().allMatch(seen::hasEnded);
  }

  @Override
  public @Nullable String failure() {
    return failure;
  }

  @Override
  public int connections() {
    return connections.get();
  }

  @Override
  public void close() {
    program.send(Map.of("close", id));
    try {
      relay.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the relay does not close", e);
    }
  }
}
