package io.tailwater.edge.socketio;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.Platform;
import io.tailwater.contract.v1.Resume;
import io.tailwater.edge.session.Session;
import io.tailwater.redis.RedisScript;
import java.time.Duration;
import java.util.ArrayList;
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

  /**
   * Writes them, unless another connection has the session by now; whether they are kept. Never
   * fails.
   */
  CompletableFuture<Boolean> put(Session session, Rooms rooms) {
    return call(session, keptMs, List.of(rooms.text()))
        .handle((answer, failure) -> answer != null && answer.getFirst().equals(1L));
  }

  /** Forgets those of a session, unless another connection has it by now. */
  void forget(Session session) {
    call(session, 1, List.of(""));
  }

  /**
   * Those of a session; null if they are not known. Earlier connections of the session write
   * nothing from then on. Never fails.
   */
  CompletableFuture<@Nullable Rooms> get(Session session) {
    return call(session, keptMs, List.of())
        .handle(
            (answer, failure) -> {
              if (answer == null || ((String) answer.get(1)).isEmpty()) {
                return null;
              }
              try {
                return Rooms.parse((String) answer.get(1));
              } catch (InvalidProtocolBufferException e) {
                return null;
              }
            });
  }

  private CompletableFuture<List<Object>> call(Session session, long kept, List<String> own) {
    Platform named = platform.get();
    List<String> arguments = new ArrayList<>(3);
    arguments.add(Long.toString(kept));
    arguments.add(Long.toString(session.claim()));
    arguments.addAll(own);
    return named == null
        ? CompletableFuture.failedFuture(new IllegalStateException("no platform yet"))
        : script
            .call(named.prefix() + NAME + session.id(), arguments)
            .orTimeout(PATIENCE_MS, TimeUnit.MILLISECONDS);
  }
}
