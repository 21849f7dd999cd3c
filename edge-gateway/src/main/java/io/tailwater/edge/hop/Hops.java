package io.tailwater.edge.hop;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.v1.Hop;
import io.tailwater.contract.v1.HopAnswer;
import io.tailwater.contract.v1.HopGone;
import io.tailwater.contract.v1.HopRequest;
import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes a request on to the gateway that has its session, and serves what others pass on. Any
 * thread. Redis may lose a question or an answer. Then the request fails, as it does at once when
 * the other gateway is gone; its client comes back, and nothing is asked twice.
 */
public final class Hops {
  private static final Logger LOG = LoggerFactory.getLogger(Hops.class);
  private static final String CHANNEL = "hop:";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,100}");
  private static final int MAX_WAITING = 20_000;

  private final String gateway;
  private final String replyTo;
  private final RedisPublisher publisher;
  private final RedisListener listener;
  private final LongSupplier nanos;
  private final HopMetrics metrics;
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, Waiting> waiting = new ConcurrentHashMap<>();
  private final Map<String, Passed> served = new ConcurrentHashMap<>();
  private volatile Host host = new Nobody();

  /** A request that waits for another gateway's answer. */
  private record Waiting(String gateway, long deadlineNanos, CompletableFuture<Answer> answer) {}

  /** Has no session. */
  private static final class Nobody implements Host {
    @Override
    public CompletableFuture<Answer> serve(Passed request) {
      return CompletableFuture.completedFuture(unknown());
    }

    @Override
    public void gone(Passed request) {}

    @Override
    public Answer unknown() {
      return new Answer(404, "text/plain", new byte[0]);
    }
  }

  /**
   * Listens to nothing before {@link #listen}.
   *
   * @param instance the name of this gateway
   * @param unique of this process
   */
  Hops(
      String instance,
      String unique,
      RedisPublisher publisher,
      RedisListener listener,
      LongSupplier nanos,
      HopMetrics metrics) {
    this.gateway = instance.replaceAll("[^A-Za-z0-9_-]", "-");
    this.replyTo = CHANNEL + gateway + ":" + unique;
    this.publisher = publisher;
    this.listener = listener;
    this.nanos = nanos;
    this.metrics = metrics;
    metrics.show(waiting::size, served::size);
  }

  void listen() {
    listener.subscribe(CHANNEL + gateway, this::onHop, () -> {});
    listener.subscribe(replyTo, this::onAnswer, this::onListening);
  }

  /** The name of this gateway as others find it: letters, digits, hyphens and underscores. */
  public String gateway() {
    return gateway;
  }

  /** Whether a request can be passed on to a gateway of this name, which is not this one. */
  public boolean elsewhere(String name) {
    return !name.equals(gateway) && NAME.matcher(name).matches();
  }

  /** From now on, this host serves what others pass on. */
  public void serve(Host serving) {
    host = serving;
  }

  // --- asking ---

  /**
   * Passes a request on. The answer fails if the other gateway is gone or silent, if Redis is away,
   * and if too many requests wait. If the client leaves, the answer must be cancelled.
   *
   * @param other see {@link #elsewhere}
   * @param patience how long the other gateway may take
   */
  public CompletableFuture<Answer> pass(String other, Passed request, Duration patience) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    long id = ids.incrementAndGet();
    answer.whenComplete((given, failure) -> ended(id, other, answer));
    if (waiting.size() >= MAX_WAITING) {
      answer.completeExceptionally(new HopFailure("too many requests wait for other gateways"));
      return answer;
    }
    waiting.put(id, new Waiting(other, nanos.getAsLong() + patience.toNanos(), answer));
    Hop hop =
        hop(id)
            .setRequest(
                HopRequest.newBuilder()
                    .setMethod(request.method())
                    .setSession(request.session())
                    .setBody(ByteString.copyFrom(request.body())))
            .build();
    publisher
        .publish(CHANNEL + other, hop.toByteArray())
        .whenComplete(
            (heard, failure) -> {
              if (failure != null || heard == 0) {
                answer.completeExceptionally(new HopFailure("no gateway '" + other + "'"));
              }
            });
    return answer;
  }

  private Hop.Builder hop(long id) {
    return Hop.newBuilder().setId(id).setReplyTo(replyTo);
  }

  private void ended(long id, String other, CompletableFuture<Answer> answer) {
    waiting.remove(id);
    if (answer.isCancelled()) {
      publisher.publish(
          CHANNEL + other, hop(id).setGone(HopGone.getDefaultInstance()).build().toByteArray());
    } else if (answer.isCompletedExceptionally()) {
      metrics.failed();
    } else {
      metrics.answered();
    }
  }

  private void onAnswer(byte[] message) {
    try {
      HopAnswer answer = HopAnswer.parseFrom(message);
      Waiting asked = waiting.get(answer.getId());
      if (asked != null) {
        asked
            .answer()
            .complete(
                new Answer(
                    answer.getStatus(), answer.getContentType(), answer.getBody().toByteArray()));
      }
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("a message on {} is not an answer", replyTo);
    }
  }

  /** An answer may have come while nobody listened. */
  private void onListening() {
    if (!listener.listens(replyTo)) {
      waiting.values().forEach(each -> fail(each, "Redis is away"));
    }
  }

  private static void fail(Waiting asked, String why) {
    asked.answer().completeExceptionally(new HopFailure(why));
  }

  /** Ends requests whose time is over, or whose gateway is gone. Called every second. */
  void turn() {
    long now = nanos.getAsLong();
    for (Waiting each : waiting.values()) {
      if (now - each.deadlineNanos() >= 0) {
        fail(each, "no answer in time");
      }
    }
    byte[] question = Hop.newBuilder().build().toByteArray();
    for (String other :
        waiting.values().stream().map(Waiting::gateway).collect(Collectors.toSet())) {
      long last = ids.get();
      publisher
          .publish(CHANNEL + other, question)
          .thenAccept(
              heard -> {
                if (heard == 0) {
                  gone(other, last);
                }
              });
    }
  }

  private void gone(String other, long last) {
    waiting.forEach(
        (id, each) -> {
          if (id <= last && each.gateway().equals(other)) {
            fail(each, "the gateway is gone");
          }
        });
  }

  // --- serving ---

  private void onHop(byte[] message) {
    try {
      Hop hop = Hop.parseFrom(message);
      switch (hop.getWhatCase()) {
        case REQUEST -> {
          HopRequest request = hop.getRequest();
          serve(
              hop,
              new Passed(
                  request.getMethod(), request.getSession(), request.getBody().toByteArray()));
        }
        case GONE -> {
          Passed request = served.remove(name(hop));
          if (request != null) {
            host.gone(request);
          }
        }
        case WHAT_NOT_SET -> {
          // That it was heard is the answer.
        }
      }
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("a message on {}{} is not a request", CHANNEL, gateway);
    }
  }

  private void serve(Hop hop, Passed request) {
    Host serving = host;
    if (served.size() >= MAX_WAITING) {
      reply(hop, request, serving.unknown());
      return;
    }
    served.put(name(hop), request);
    serving
        .serve(request)
        .whenComplete(
            (answer, failure) -> reply(hop, request, answer == null ? serving.unknown() : answer));
  }

  private static String name(Hop hop) {
    return hop.getReplyTo() + " " + hop.getId();
  }

  private void reply(Hop hop, Passed request, Answer answer) {
    HopAnswer message =
        HopAnswer.newBuilder()
            .setId(hop.getId())
            .setStatus(answer.status())
            .setContentType(answer.contentType())
            .setBody(ByteString.copyFrom(answer.body()))
            .build();
    publisher
        .publish(hop.getReplyTo(), message.toByteArray())
        .whenComplete(
            (heard, failure) -> {
              // If it was heard, the client may still leave before it gets the answer.
              boolean lost = failure != null || heard == 0;
              if (served.remove(name(hop)) != null && lost) {
                host.gone(request);
              }
            });
  }
}
