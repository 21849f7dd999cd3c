package io.tailwater.edge.socketio;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.Platform;
import io.tailwater.contract.v1.Resume;
import io.tailwater.redis.RedisScript;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the rooms of sockets in Redis, by session, so that a client has them again on any gateway.
 * A socket writes them again from time to time while it is connected. Any thread.
 */
final class KeptRooms {
  private static final long PATIENCE_MS = 1_000;

  /** Before the id of a session. */
  private static final String NAME = "socketio:";

  private final RedisScript script;
  private final Supplier<@Nullable Platform> platform;
  private final long keptMs;

  /**
   * @param platform whose rooms they are; null until it is known
   * @param recovery how long they are kept at least
   */
  KeptRooms(RedisScript script, Supplier<@Nullable Platform> platform, Duration recovery) {
    this.script = script;
    this.platform = platform;
    // A fifth more: they are written again that often.
    this.keptMs = recovery.toMillis() + writeAgainMs(recovery);
  }

  /** How often they are written again, milliseconds. */
  static long writeAgainMs(Duration recovery) {
    return Math.max(1_000, recovery.toMillis() / 5);
  }

  /**
   * The rooms of a socket. Immutable.
   *
   * @param own those that the client has subscribed, each with where it began
   * @param joined those that the backend has joined it to, likewise
   */
  record Rooms(Resume own, Resume joined) {
    static final Rooms NONE = new Rooms(Resume.getDefaultInstance(), Resume.getDefaultInstance());

    String text() {
      Base64.Encoder base64 = Base64.getEncoder();
      return base64.encodeToString(own.toByteArray())
          + "\n"
          + base64.encodeToString(joined.toByteArray());
    }

    static Rooms parse(String text) throws InvalidProtocolBufferException {
      String[] parts = text.split("\n", -1);
      Base64.Decoder base64 = Base64.getDecoder();
      return new Rooms(
          Resume.parseFrom(base64.decode(parts[0])), Resume.parseFrom(base64.decode(parts[1])));
    }
  }

  /** Writes them; whether they are kept now. Never fails. */
  CompletableFuture<Boolean> put(String session, Rooms rooms) {
    return call(session, List.of(Long.toString(keptMs), rooms.text()))
        .handle((done, failure) -> failure == null);
  }

  /** Forgets those of a session. */
  void forget(String session) {
    call(session, List.of("1", ""));
  }

  /** Those of a session; null if they are not known. Never fails. */
  CompletableFuture<@Nullable Rooms> get(String session) {
    return call(session, List.of(Long.toString(keptMs)))
        .handle(
            (answer, failure) -> {
              if (answer == null || ((String) answer.getFirst()).isEmpty()) {
                return null;
              }
              try {
                return Rooms.parse((String) answer.getFirst());
              } catch (InvalidProtocolBufferException e) {
                return null;
              }
            });
  }

  private CompletableFuture<List<Object>> call(String session, List<String> arguments) {
    Platform named = platform.get();
    return named == null
        ? CompletableFuture.failedFuture(new IllegalStateException("no platform yet"))
        : script
            .call(named.prefix() + NAME + session, arguments)
            .orTimeout(PATIENCE_MS, TimeUnit.MILLISECONDS);
  }
}
