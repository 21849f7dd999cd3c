package io.tailwater.system.clients;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.ScopeText;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.system.Json;
import io.tailwater.system.ledger.Seen;
import io.tailwater.system.ledger.Wanted;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a reader: what its transport may ask of the reader, and where it notes what it
 * is told. Confined to the reader's thread.
 */
final class Turn {
  private final ReturningReader reader;
  private final Wanted wanted;
  private final Held held;
  private final URI gateway;
  private final Socket socket;
  private final RandomGenerator random;

  Turn(
      ReturningReader reader,
      Wanted wanted,
      Held held,
      URI gateway,
      Socket socket,
      RandomGenerator random) {
    this.reader = reader;
    this.wanted = wanted;
    this.held = held;
    this.gateway = gateway;
    this.socket = socket;
    this.random = random;
  }

  Wanted wanted() {
    return wanted;
  }

  Held held() {
    return held;
  }

  RandomGenerator random() {
    return random;
  }

  /**
   * Sends a GET over this turn's socket; what is read of the answer waits while the reader is
   * paused.
   */
  StreamConnection get(String path, Map<String, String> more) throws IOException {
    reader.awaitResumed();
    Map<String, String> headers = new LinkedHashMap<>(more);
    if (wanted.token() != null && !headers.containsKey("Authorization")) {
      headers.put("Authorization", "Bearer " + wanted.token());
    }
    headers.values().removeIf(String::isEmpty);
    return StreamConnection.get(socket, gateway, path, headers);
  }

  /** Writes to the socket. */
  void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Reads what there is of an answer, unless the reader is paused; -1 at its end. */
  int read(StreamConnection answer, byte[] buffer) throws IOException {
    reader.awaitResumed();
    return answer.read(buffer);
  }

  /**
   * Whether the reader closed its socket. The server sees first that the client sends no more, and
   * may answer before the socket is gone.
   */
  boolean wasCut() {
    return socket.isClosed();
  }

  boolean goesOn() {
    return reader.goesOn();
  }

  /** The server let the reader in, or answered it. */
  void accepted() {
    reader.accepted();
  }

  /** There is nothing left to come back for. */
  void finish() {
    reader.finish();
  }

  void giveUp(String why) {
    reader.giveUp(why);
  }

  /** From now on the reader comes back only after so long. */
  void retryAfter(long ms) {
    reader.retryAfter(ms);
  }

  /** Rests for as long as a client is told to wait that shall not hurry. */
  void rest(long ms) {
    reader.rest(ms);
  }

  Seen seen() {
    return reader.seen();
  }

  void violation(String what) {
    seen().violation(what);
  }

  /** The wanted channels that are read by this channel or pattern. */
  List<Channel> channels(Scope scope) {
    return wanted.channels().stream().filter(channel -> covers(scope, channel)).toList();
  }

  /** Whether a channel is read by this channel or pattern. */
  static boolean covers(Scope scope, Channel channel) {
    return scope.covers(channel.namespace(), channel.key());
  }

  /** What a wanted channel is read by. */
  Scope scope(Channel channel) {
    return wanted.scopes().stream()
        .filter(scope -> covers(scope, channel))
        .findFirst()
        .orElseThrow();
  }

  /** A connection begins where this text says, for each channel of a channel or pattern. */
  void opened(Scope scope, String position) {
    for (Channel channel : channels(scope)) {
      Position at = Held.of(position, channel, scope);
      if (at != null) {
        seen().opened(channel, at);
      }
    }
  }

  /** The reader has caught up with this channel or pattern. */
  void live(Scope scope) {
    channels(scope).forEach(channel -> seen().live(channel, reader.connections()));
  }

  /**
   * A position could not be honoured.
   *
   * @param earliest of a channel; empty for a pattern
   */
  void reset(Scope scope, String reason, String earliest) {
    Position to = earliest.isEmpty() ? Position.EPHEMERAL : Position.parse(earliest);
    channels(scope)
        .forEach(
            channel -> seen().reset(new Seen.Reset(channel, reason, to, reader.connections())));
  }

  /** An event came with its envelope; false if it may not have come. */
  boolean event(ChannelEvent event, long nanos) {
    Channel channel = channel(event.getChannel());
    if (!wanted.channels().contains(channel)) {
      violation("an event of a channel that was not asked for: " + event);
      return false;
    }
    if (event.getTsMs() <= 0) {
      violation("an event without a time: " + event);
    }
    String data =
        event.getEncoding() == Encoding.ENCODING_BASE64
            ? Json.write(Base64.getEncoder().encodeToString(event.getData().toByteArray()))
            : event.getData().toStringUtf8();
    event(channel, event.getId(), event.getType(), data, nanos);
    return true;
  }

  void event(Channel channel, String id, String type, String data, long nanos) {
    seen()
        .event(
            new Seen.Event(channel, Position.parse(id), type, data, reader.connections(), nanos));
  }

  /** A position may not lie before what its channel was given already. */
  void checkPosition(String what, Channel channel, @Nullable Position position) {
    Position newest = seen().newest(channel);
    if (position == null) {
      violation(what + " has no position of " + channel);
    } else if (newest != null
        && newest.epoch().equals(position.epoch())
        && position.offset() < newest.offset()) {
      violation(what + " is " + position + " for " + channel + ", which had " + newest);
    }
  }

  /** The channel or pattern with this text. */
  static Scope scope(String text) {
    try {
      return ScopeText.parse(text);
    } catch (RequestException e) {
      throw new IllegalStateException("no channel and no pattern: " + text, e);
    }
  }

  static Channel channel(String text) {
    try {
      return Channel.parse(text);
    } catch (RequestException e) {
      throw new IllegalStateException("no channel: " + text, e);
    }
  }
}
