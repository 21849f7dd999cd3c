package io.tailwater.edge.socketio;

import io.netty.util.concurrent.Future;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: the events of a socket that its client is to
 * acknowledge, at most {@value #MAX}.
 */
final class Asked {
  private static final int MAX = 64;
  private static final int MAX_ANSWER_BYTES = 64 << 10;

  private final EdgeLoop loop;
  private final SocketIoMetrics metrics;
  private final Map<Long, Waiting> waiting = new HashMap<>(2);
  private long last;

  private record Waiting(Transport.Asks.Heard heard, Future<?> timeout) {}

  Asked(EdgeLoop loop, SocketIoMetrics metrics) {
    this.loop = loop;
    this.metrics = metrics;
  }

  /**
   * An event is about to be written; its id.
   *
   * @throws RequestException if too many wait
   */
  long add(long timeoutMs, Transport.Asks.Heard heard) {
    assert loop.inLoop();
    if (waiting.size() >= MAX) {
      throw new RequestException(
          ErrorCode.RATE_LIMITED, "a socket has at most " + MAX + " pushes to acknowledge");
    }
    long id = ++last;
    Future<?> timeout =
        loop.eventLoop()
            .schedule(() -> fail(id, ErrorCode.TIMEOUT), timeoutMs, TimeUnit.MILLISECONDS);
    waiting.put(id, new Waiting(heard, timeout));
    metrics.asked(1);
    return id;
  }

  /**
   * The client has acknowledged an event; one that is not known is too late.
   *
   * @param answer a JSON array
   */
  void acknowledged(long id, byte[] answer) {
    if (answer.length > MAX_ANSWER_BYTES) {
      fail(id, ErrorCode.TOO_LARGE);
      return;
    }
    Waiting one = take(id);
    if (one != null) {
      one.heard.acknowledged(answer);
    }
  }

  /** The socket has ended. */
  void end() {
    assert loop.inLoop();
    List.copyOf(waiting.keySet()).forEach(id -> fail(id, ErrorCode.UNAVAILABLE));
  }

  private void fail(long id, ErrorCode why) {
    Waiting one = take(id);
    if (one != null) {
      one.heard.failed(why);
    }
  }

  private @Nullable Waiting take(long id) {
    Waiting one = waiting.remove(id);
    if (one != null) {
      one.timeout.cancel(false);
      metrics.asked(-1);
    }
    return one;
  }
}
