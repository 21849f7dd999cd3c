package io.tailwater.edge.frames;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
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
import io.tailwater.edge.session.HandOvers;
import io.tailwater.edge.session.Session;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Confined to the connection's event loop: the calls of one connection that have no answer. They do
 * not count among the frames that wait: a slow backend must not hold up other frames.
 */
final class FramesCalls {
  private static final int MAX_CALLS = 64;

  private final Calls calls;
  private final Route route;
  private final EventLoop loop;
  private final Consumer<ServerFrame.Builder> answers;
  private Map<Long, OngoingCall> ongoing = Map.of();

  /**
   * @param answers writes an answer and sends it
   */
  FramesCalls(Calls calls, EventLoop loop, Consumer<ServerFrame.Builder> answers) {
    this.calls = calls;
    this.route = calls.route();
    this.loop = loop;
    this.answers = answers;
  }

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
    if (ongoing.size() >= MAX_CALLS) {
      CallOutcome full =
          CallOutcome.of(
              ErrorCode.RATE_LIMITED,
              "a connection has at most " + MAX_CALLS + " calls without an answer",
              !frame.getKey().isEmpty());
      answers.accept(frame(full).setId(id));
      return;
    }
    if (ongoing.containsKey(id)) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "a call with this id has no answer yet: ids are unique");
    }
    OngoingCall call =
        calls.call(
            identity,
            new CallWish(
                frame.getMethod(),
                frame.getData(),
                frame.getEncoding() == Encoding.ENCODING_BASE64,
                frame.getKey(),
                frame.getTimeoutMs(),
                connection,
                session.id(),
                ""),
            route);
    if (ongoing.isEmpty()) {
      ongoing = new HashMap<>(4);
    }
    ongoing.put(id, call);
    call.outcome().thenAccept(outcome -> loop.execute(() -> onOutcome(id, call, outcome)));
  }

  private void onOutcome(long id, OngoingCall call, CallOutcome outcome) {
    assert loop.inEventLoop();
    if (ongoing.remove(id, call)) {
      answers.accept(frame(outcome).setId(id));
    }
  }

  private static ServerFrame.Builder frame(CallOutcome outcome) {
    return switch (outcome) {
      case CallOutcome.Answered(ByteString data, boolean bytes) ->
          ServerFrame.newBuilder()
              .setResult(
                  Result.newBuilder()
                      .setData(data)
                      .setEncoding(bytes ? Encoding.ENCODING_BASE64 : Encoding.ENCODING_JSON));
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

  /**
   * The connection broke, and the client may come back with its session. Answers go to its next
   * connection then, under the ids of their calls.
   */
  void move(Session session, HandOvers handOvers) {
    assert loop.inEventLoop();
    ongoing.forEach(
        (id, call) ->
            call.outcome()
                .thenAccept(
                    outcome ->
                        handOvers.hand(session, frame(outcome).setId(id).build().toByteArray())));
    ongoing = Map.of();
  }

  /** The client has left: nobody waits for the answers. */
  void hangUp() {
    assert loop.inEventLoop();
    List.copyOf(ongoing.values()).forEach(OngoingCall::hangUp);
    ongoing = Map.of();
  }
}
