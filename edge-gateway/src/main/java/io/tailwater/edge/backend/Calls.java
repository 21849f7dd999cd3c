package io.tailwater.edge.backend;

import io.micrometer.core.instrument.Timer;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.Encoding;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.limits.Places;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Takes calls of clients to the backend. A call is sent once. The same subject's call with the same
 * method and key joins one that is on its way. Any thread.
 */
public final class Calls {
  private final Backends backends;
  private final Authority authority;
  private final Admission admission;
  private final Places places;
  private final CallMetrics metrics;

  /** Calls with a key that are on their way; bounded by the places. */
  private final ConcurrentMap<Shared, Flight> shared = new ConcurrentHashMap<>();

  Calls(
      Backends backends,
      Authority authority,
      Admission admission,
      Places places,
      CallMetrics metrics) {
    this.backends = backends;
    this.authority = authority;
    this.admission = admission;
    this.places = places;
    this.metrics = metrics;
  }

  /** What tells that two calls are the same. */
  private record Shared(String subject, String method, String key) {}

  /** The way to the backend of a connection, or of one call without a connection. */
  public Route route() {
    return new Route(backends);
  }

  /**
   * Calls the backend.
   *
   * @throws RequestException {@code unauthorized}, {@code forbidden}
   */
  public OngoingCall call(Identity identity, CallWish wish, Route route) {
    identity.requireCall(wish.method());
    Timer.Sample sample = metrics.start();
    OngoingCall ongoing = permitted(identity, wish, route);
    ongoing.outcome().whenComplete((outcome, gone) -> metrics.stop(sample, outcome));
    return ongoing;
  }

  private OngoingCall permitted(Identity identity, CallWish wish, Route route) {
    try {
      admission.publish(identity);
      return wish.hasKey()
          ? join(identity, wish, route)
          : begin(identity, wish, route, new Flight());
    } catch (RequestException refusal) {
      return OngoingCall.settled(CallOutcome.of(refusal, wish.hasKey()));
    }
  }

  private OngoingCall join(Identity identity, CallWish wish, Route route) {
    Shared name = new Shared(identity.subject(), wish.method(), wish.key());
    Flight own = new Flight();
    Flight flight =
        shared.compute(name, (same, before) -> before != null && before.join() ? before : own);
    if (flight != own) {
      return ongoing(flight, wish);
    }
    own.outcome().whenComplete((outcome, gone) -> shared.remove(name, own));
    try {
      return begin(identity, wish, route, own);
    } catch (RequestException refusal) {
      own.outcome().complete(CallOutcome.of(refusal, true));
      throw refusal;
    }
  }

  private OngoingCall begin(Identity identity, CallWish wish, Route route, Flight flight) {
    CallRequest.Builder request = request(identity, wish);
    Runnable leave = places.take(identity, 1, wish.data().size());
    metrics.waiting(1);
    flight
        .outcome()
        .whenComplete(
            (outcome, gone) -> {
              metrics.waiting(-1);
              leave.run();
            });
    Link link = route.next();
    authority
        .call(identity, wish.method())
        .whenComplete(
            (allowed, refusal) -> {
              if (refusal instanceof RequestException why) {
                flight.outcome().complete(CallOutcome.of(why, wish.hasKey()));
              } else {
                send(request, link, flight, wish.hasKey());
              }
            });
    return ongoing(flight, wish);
  }

  private static void send(
      CallRequest.Builder request, @Nullable Link link, Flight flight, boolean hasKey) {
    if (link == null) {
      flight
          .outcome()
          .complete(
              CallOutcome.of(ErrorCode.UNAVAILABLE, "no backend answers calls right now", hasKey));
      return;
    }
    Link.Sent sent = link.send(request);
    sent.answer()
        .whenComplete(
            (answer, lost) ->
                flight
                    .outcome()
                    .complete(
                        lost == null
                            ? Answers.judge(answer, hasKey)
                            : CallOutcome.of(
                                ErrorCode.UNAVAILABLE,
                                "the backend has gone; whether it has carried out the call is"
                                    + " unknown",
                                hasKey)));
    flight.cancelWith(sent::cancel);
  }

  private static OngoingCall ongoing(Flight flight, CallWish wish) {
    return OngoingCall.of(
        flight,
        wish.timeoutMs(),
        CallOutcome.of(
            ErrorCode.TIMEOUT,
            "the backend has not answered within %d ms; whether it has carried out the call is unknown"
                .formatted(wish.timeoutMs()),
            wish.hasKey()));
  }

  private static CallRequest.Builder request(Identity identity, CallWish wish) {
    return CallRequest.newBuilder()
        .setMethod(wish.method())
        .setData(wish.data())
        .setEncoding(wish.bytes() ? Encoding.ENCODING_BYTES : Encoding.ENCODING_JSON)
        .addAllBytesAt(wish.bytesAt())
        .setKey(wish.key())
        .setTimeoutMs(wish.timeoutMs())
        .setTraceparent(wish.traceparent())
        .setCaller(Callers.of(identity, wish.connection(), wish.session()));
  }
}
