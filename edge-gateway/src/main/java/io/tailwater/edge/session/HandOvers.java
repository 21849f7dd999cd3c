package io.tailwater.edge.session;

import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hands what is meant for a session, and came after its connection had ended, to the connection
 * that has the session then, on any gateway. Any thread. It is lost if the session is not continued
 * within its time, if too much waits, and if Redis loses it: see {@link OpenCalls}.
 */
public final class HandOvers {
  private static final String CHANNEL = Sessions.TAG + "over:";
  private static final int MAX_WAITING = 5_000;
  private static final long MAX_WAITING_BYTES = 32L << 20;
  private static final long PAUSE_MS = 500;

  /** As long as a session lives without a connection. */
  private static final int ATTEMPTS = 60;

  private final Sessions sessions;
  private final RedisPublisher publisher;
  private final ScheduledExecutorService timer;
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong waitingBytes = new AtomicLong();

  HandOvers(Sessions sessions, RedisPublisher publisher, ScheduledExecutorService timer) {
    this.sessions = sessions;
    this.publisher = publisher;
    this.timer = timer;
  }

  /** Lets other gateways hand over to the connections of this one. */
  void listen(RedisListener listener) {
    listener.subscribe(CHANNEL + sessions.gateway(), this::onMessage, () -> {});
  }

  /** How many wait for a connection of their session. */
  int waiting() {
    return waiting.get();
  }

  /**
   * Hands a message over.
   *
   * @param session of the connection that has ended
   * @param message in the form that {@link Sessions#opened} is given a receiver for
   */
  public void hand(Session session, byte[] message) {
    boolean many = waiting.incrementAndGet() > MAX_WAITING;
    boolean much = waitingBytes.addAndGet(message.length) > MAX_WAITING_BYTES;
    if (many || much) {
      done(message);
    } else {
      attempt(session, message, ATTEMPTS);
    }
  }

  private void attempt(Session session, byte[] message, int left) {
    sessions
        .holder(session.id())
        .whenComplete(
            (holder, failure) -> {
              if (holder != null && !holder.isEmpty() && !holder.equals(session.connection())) {
                pass(session.id(), message, Sessions.gatewayOf(holder));
                done(message);
              } else if (left > 1) {
                timer.schedule(
                    () -> attempt(session, message, left - 1), PAUSE_MS, TimeUnit.MILLISECONDS);
              } else {
                done(message);
              }
            });
  }

  private void done(byte[] message) {
    waiting.decrementAndGet();
    waitingBytes.addAndGet(-message.length);
  }

  private void pass(String id, byte[] message, String gateway) {
    if (gateway.equals(sessions.gateway())) {
      sessions.deliver(id, message);
    } else {
      byte[] head = (id + "\n").getBytes(StandardCharsets.UTF_8);
      byte[] whole = Arrays.copyOf(head, head.length + message.length);
      System.arraycopy(message, 0, whole, head.length, message.length);
      publisher.publish(CHANNEL + gateway, whole);
    }
  }

  private void onMessage(byte[] whole) {
    for (int i = 0; i < whole.length; i++) {
      if (whole[i] == '\n') {
        sessions.deliver(
            new String(whole, 0, i, StandardCharsets.UTF_8),
            Arrays.copyOfRange(whole, i + 1, whole.length));
        return;
      }
    }
  }
}
