package io.tailwater.edge.frames;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Call;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.contract.v1.Error;
import io.tailwater.contract.v1.Result;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.backend.CallOutcome;
import io.tailwater.edge.backend.CallWish;
import io.tailwater.edge.backend.Calls;
import io.tailwater.edge.backend.OngoingCall;
import io.tailwater.edge.backend.Route;
import io.tailwater.edge.connection.Payload;
import io.tailwater.edge.session.HandOvers;
import io.tailwater.edge.session.OpenCall;
import io.tailwater.edge.session.OpenCalls;
import io.tailwater.edge.session.Session;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Confined to the connection's event loop: the calls of one connection that have no answer, and
 * those of earlier connections of its session. They do not count among the frames that wait: a slow
 * backend must not hold up other frames.
 */
final class FramesCalls {
  private static final int MAX_CALLS = 64;

  /** An answer that was lost is refused this long before its call's deadline. */
  private static final long MARGIN_MS = 500;

  private final Calls calls;
  private final OpenCalls open;
  private final Route route;
  private final EventLoop loop;
  private final Predicate<ServerFrame.Builder> answers;
  private Map<Long, Own> own = Map.of();
  private Map<Long, Expected> expected = Map.of();

  /**
   * @param answers writes an answer and sends it; false if the session's next connection gets it
   */
  FramesCalls(Calls calls, OpenCalls open, EventLoop loop, Predicate<ServerFrame.Builder> answers) {
    this.calls = calls;
    this.open = open;
    this.route = calls.route();
    this.loop = loop;
    this.answers = answers;
  }

  /** A call that this connection has sent to the backend. */
  private record Own(OngoingCall call, Session session, boolean hasKey) {}

  /**
   * A call of an earlier connection. It stays here when it has its answer, so that a second one is
   * noticed.
   *
   * @param refusal is cancelled once the call has its answer
   */
  private record Expected(Session session, boolean hasKey, Future<?> refusal) {}

  /**
   * Calls the backend, and answers when there is an outcome.
   *
   * @param id of the frame
   * @param connection the id of the connection
   * @param session the connection's
   * @throws RequestException which says what is wrong with it, and what is accepted
   */
  void call(long id, Identity identity, String connection, Session session, Call frame) {
    assert loop.inEventLoop();
    if (own.size() >= MAX_CALLS) {
      CallOutcome full =
          CallOutcome.of(
              ErrorCode.RATE_LIMITED,
              "a connection has at most " + MAX_CALLS + " calls without an answer",
              !frame.getKey().isEmpty());
      var unused = answers.test(frame(full).setId(id));
      return;
    }
    if (own.containsKey(id) || isExpected(id)) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "a call with this id has no answer yet: ids are unique");
    }
    CallWish wish =
        new CallWish(
            frame.getMethod(),
            frame.getData(),
            frame.getEncoding() == Encoding.ENCODING_BASE64,
            frame.getKey(),
            frame.getTimeoutMs(),
            connection,
            session.id(),
            "");
    Own begun = new Own(calls.call(identity, wish, route), session, !wish.key().isEmpty());
    open.began(session, id, begun.hasKey(), wish.timeoutMs());
    if (own.isEmpty()) {
      own = new HashMap<>(4);
    }
    own.put(id, begun);
    begun.call().outcome().thenAccept(outcome -> loop.execute(() -> onOutcome(id, begun, outcome)));
  }

  private void onOutcome(long id, Own call, CallOutcome outcome) {
    assert loop.inEventLoop();
    // Otherwise the connection has ended: the answer is handed over, or nobody waits for it.
    if (call.equals(own.get(id))) {
      own.remove(id);
      if (answers.test(frame(outcome).setId(id))) {
        open.ended(call.session(), id, call.hasKey());
      }
    }
  }

  private static ServerFrame.Builder frame(CallOutcome outcome) {
    return switch (outcome) {
      case CallOutcome.Answered(Payload result) ->
          ServerFrame.newBuilder()
              .setResult(
                  Result.newBuilder()
                      .setData(result.data())
                      .setEncoding(
                          result.isBytes() ? Encoding.ENCODING_BASE64 : Encoding.ENCODING_JSON));
      case CallOutcome.Failed failed ->
          ServerFrame.newBuilder()
              .setError(
                  Error.newBuilder()
                      .setCode(failed.code())
                      .setMessage(failed.message())
                      .setRetry(failed.retry())
                      .setDetails(ByteString.copyFromUtf8(failed.details())));
    };
  }

  // --- calls of earlier connections of the session ---

  /**
   * Waits for the answers that earlier connections of a session have not got, and refuses those
   * calls whose answers do not come in time. Their gateways may be dead.
   */
  void expect(Session session) {
    assert loop.inEventLoop();
    if (!session.calls().isEmpty()) {
      expected = new HashMap<>();
    }
    for (OpenCall call : session.calls()) {
      Future<?> refusal =
          loop.schedule(
              () -> refuse(call),
              // Redis' clock may have been set back.
              Math.clamp(call.leftMs() - MARGIN_MS, 0, CallWish.MAX_TIMEOUT_MS),
              TimeUnit.MILLISECONDS);
      expected.put(call.id(), new Expected(session, call.hasKey(), refusal));
    }
  }

  private void refuse(OpenCall call) {
    CallOutcome lost =
        CallOutcome.of(
            ErrorCode.UNAVAILABLE,
            "the answer was lost with a gateway; whether the call was carried out is unknown",
            call.hasKey());
    answerExpected(frame(lost).setId(call.id()));
  }

  /** An answer that came after an earlier connection of the session had ended. */
  void handedOver(ServerFrame.Builder answer) {
    assert loop.inEventLoop();
    Expected call = expected.get(answer.getId());
    if (call == null) {
      // The call was so new that Redis did not know it.
      var unused = answers.test(answer);
    } else if (call.refusal().cancel(false)) {
      answerExpected(answer);
    }
  }

  private void answerExpected(ServerFrame.Builder answer) {
    long id = answer.getId();
    Expected call = expected.get(id);
    if (call != null && answers.test(answer)) {
      open.ended(call.session(), id, call.hasKey());
    }
  }

  private boolean isExpected(long id) {
    Expected call = expected.get(id);
    return call != null && !call.refusal().isDone();
  }

  // --- the end of the connection ---

  /**
   * The connection broke, and the client may come back with its session. Answers go to its next
   * connection then, under the ids of their calls.
   */
  void move(Session session, HandOvers handOvers) {
    assert loop.inEventLoop();
    own.forEach(
        (id, call) ->
            call.call()
                .outcome()
                .thenAccept(
                    outcome ->
                        handOvers.hand(session, frame(outcome).setId(id).build().toByteArray())));
    own = Map.of();
    expected.values().forEach(call -> call.refusal().cancel(false));
    expected = Map.of();
  }

  /** The client has left: nobody waits for the answers. */
  void hangUp() {
    assert loop.inEventLoop();
    List.copyOf(own.values()).forEach(call -> call.call().hangUp());
    own.forEach((id, call) -> open.ended(call.session(), id, call.hasKey()));
    own = Map.of();
    expected.forEach(
        (id, call) -> {
          if (call.refusal().cancel(false)) {
            open.ended(call.session(), id, call.hasKey());
          }
        });
    expected = Map.of();
  }
}
