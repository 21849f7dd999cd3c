package io.tailwater.edge.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.DefaultEventLoop;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.backend.v1.BackendGrpc;
import io.tailwater.contract.backend.v1.CallAnswer;
import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.Detail;
import io.tailwater.contract.backend.v1.Done;
import io.tailwater.contract.backend.v1.Failure;
import io.tailwater.contract.backend.v1.FromGateway;
import io.tailwater.contract.backend.v1.Result;
import io.tailwater.edge.access.Grant;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Issue;
import io.tailwater.edge.connection.Payload;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.limits.EdgeLimits;
import io.tailwater.edge.limits.Places;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls over a real gRPC stream, to a backend whose answers each test gives by hand. */
@SuppressWarnings("NullAway.Init")
final class CallsTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int MAX_CALLS = 16;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final DefaultEventLoop loop = new DefaultEventLoop();
  private final KnownConnections known = new KnownConnections(loop);
  private final Places places = Places.ofCalls(MAX_CALLS, 64 << 20, meters);
  private ScriptedBackend backend;
  private Backends backends;
  private Calls calls;

  @BeforeEach
  void start() {
    backend = new ScriptedBackend(0);
    backends =
        new Backends(
            List.of("127.0.0.1:" + backend.port()),
            instance ->
                new Link(
                    "test",
                    ServiceChannel.toInstance(
                        instance, BackendGrpc.getServiceDescriptor(), CallSecurity.NONE),
                    "edge-gateway-1",
                    (order, heard) -> CompletableFuture.completedFuture(Done.getDefaultInstance()),
                    known,
                    loop),
            task -> Thread.ofVirtual().start(task),
            loop,
            meters);
    backends.start();
    calls =
        new Calls(
            backends,
            new BackendAuthority(
                backends,
                new AuthorizeConfiguration(false, false, "deny", Duration.ofSeconds(2), 10),
                Ticker.systemTicker(),
                meters),
            new Admission(
                new EdgeLimits(0, 0, 0, 0, 0, 0, 0, 64L << 20, 0, 1_000, List.of()),
                System::nanoTime,
                meters),
            places,
            new CallMetrics(meters));
    awaitConnected();
  }

  @AfterEach
  void stop() {
    backends.close();
    backend.close();
    loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }

  private void awaitConnected() {
    await().atMost(LIMIT).until(() -> backends.pick() != null);
  }

  @Test
  void theBackendLearnsWhoCallsWhatAndItsAnswerIsTheOutcome() {
    OngoingCall call = call("alice", "room.join", "m-1", 20_000);
    long id = received(1).getId();
    assertThat(backend.received.peek().getHello().getGateway()).isEqualTo("edge-gateway-1");
    assertThat(backend.calls().getFirst())
        .satisfies(
            request -> {
              assertThat(request.getMethod()).isEqualTo("room.join");
              assertThat(request.getKey()).isEqualTo("m-1");
              assertThat(request.getData().toStringUtf8()).isEqualTo("{}");
              assertThat(request.getTimeoutMs()).isEqualTo(20_000);
              assertThat(request.getCaller().getSubject()).isEqualTo("alice");
              assertThat(request.getCaller().getCallList()).containsExactly("room.*");
            });
    backend.answer(ScriptedBackend.result(id, "{\"n\":1.0}"));
    assertThat(call.outcome().join())
        .isEqualTo(new CallOutcome.Answered(Payload.json(ByteString.copyFromUtf8("{\"n\":1.0}"))));
    assertNothingIsHeld();
  }

  @Test
  void theSameCallInFlightIsSentOnceAndSharesItsAnswer() {
    OngoingCall one = call("alice", "room.join", "m-1", 20_000);
    OngoingCall two = call("alice", "room.join", "m-1", 20_000);
    OngoingCall ofBob = call("bob", "room.join", "m-1", 20_000);
    received(2);
    one.hangUp();
    assertThat(backend.calls())
        .extracting(each -> each.getCaller().getSubject())
        .containsExactly("alice", "bob");
    backend.answer(ScriptedBackend.result(1, "1"));
    backend.answer(ScriptedBackend.result(2, "2"));
    assertThat(two.outcome().join())
        .isEqualTo(new CallOutcome.Answered(Payload.json(ByteString.copyFromUtf8("1"))));
    assertThat(ofBob.outcome().join())
        .isEqualTo(new CallOutcome.Answered(Payload.json(ByteString.copyFromUtf8("2"))));
    // Afterwards it is a call of its own.
    call("alice", "room.join", "m-1", 20_000);
    received(3);
  }

  @Test
  void aCallWithoutAnAnswerFailsAtItsDeadlineAndTheBackendIsTold() {
    assertThat(failed(call("alice", "room.join", "m-1", 50)))
        .satisfies(
            failed -> {
              assertThat(failed.code()).isEqualTo("timeout");
              assertThat(failed.status()).isEqualTo(504);
              assertThat(failed.retry()).isTrue();
            });
    assertThat(failed(call("alice", "room.join", "", 50)).retry()).isFalse();
    awaitCancelled(2);
    assertNothingIsHeld();
  }

  @Test
  void aClientThatHangsUpCancels() {
    call("alice", "room.join", "", 20_000).hangUp();
    awaitCancelled(1);
    assertNothingIsHeld();
  }

  @Test
  void whatIsNotAnAnswerIsAnInternalErrorAndOthersAreUntouched() {
    for (CallAnswer rubbish :
        List.of(
            CallAnswer.getDefaultInstance(),
            CallAnswer.newBuilder()
                .setResult(Result.newBuilder().setData(ByteString.copyFromUtf8("{no")))
                .build(),
            CallAnswer.newBuilder().setFailure(Failure.newBuilder().setCode("Not a code")).build(),
            CallAnswer.newBuilder()
                .setResult(
                    Result.newBuilder()
                        .setData(ByteString.copyFromUtf8("\"" + "x".repeat(1 << 20) + "\"")))
                .build())) {
      int before = backend.calls().size();
      OngoingCall call = call("alice", "room.join", "m", 20_000);
      long id = received(before + 1).getId();
      backend.answer(ScriptedBackend.result(id + 1_000, "1"));
      backend.answer(rubbish.toBuilder().setId(id).build());
      assertThat(failed(call).code()).isEqualTo("internal");
      assertThat(failed(call).status()).isEqualTo(500);
    }
  }

  @Test
  void aFailureHasTheBackendsCodeAndOneOfAFewStatuses() {
    assertThat(refused(Failure.newBuilder().setCode("seat_taken").setStatus(409).setRetry(true)))
        .isEqualTo(new CallOutcome.Failed("seat_taken", "", 409, true, ""));
    assertThat(refused(Failure.newBuilder().setCode("seat_taken").setStatus(500)).status())
        .isEqualTo(422);
    assertThat(refused(Failure.newBuilder().setCode("token_expired").setStatus(401)).status())
        .isEqualTo(422);
    assertThat(
            refused(
                Failure.newBuilder()
                    .setCode("invalid_request")
                    .setMessage("no")
                    .addDetails(Detail.newBuilder().setField("a\"b").setProblem("is\nwrong"))))
        .isEqualTo(
            new CallOutcome.Failed(
                "invalid_request",
                "no",
                400,
                false,
                "[{\"field\":\"a\\\"b\",\"problem\":\"is\\nwrong\"}]"));
  }

  private CallOutcome.Failed refused(Failure.Builder failure) {
    int before = backend.calls().size();
    OngoingCall call = call("alice", "room.join", "m", 20_000);
    long id = received(before + 1).getId();
    backend.answer(CallAnswer.newBuilder().setId(id).setFailure(failure).build());
    return failed(call);
  }

  @Test
  void aBackendThatGoesFailsItsCallsAndIsConnectedAgainWhenItIsBack() {
    OngoingCall call = call("alice", "room.join", "m-1", 20_000);
    received(1);
    int port = backend.port();
    backend.close();
    assertThat(failed(call).code()).isEqualTo("unavailable");
    assertThat(failed(call).retry()).isTrue();
    await().atMost(LIMIT).until(() -> backends.pick() == null);
    assertThat(failed(call("alice", "room.join", "", 20_000)))
        .satisfies(
            failed -> {
              assertThat(failed.status()).isEqualTo(503);
              assertThat(failed.retry()).isFalse();
            });
    assertNothingIsHeld();
    backend = new ScriptedBackend(port);
    awaitConnected();
    OngoingCall again = call("alice", "room.join", "m-1", 20_000);
    backend.answer(ScriptedBackend.result(received(1).getId(), "true"));
    assertThat(again.outcome().join()).isInstanceOf(CallOutcome.Answered.class);
  }

  @Test
  void moreCallsThanThereArePlacesForAreRefusedAtOnce() {
    for (int i = 0; i < MAX_CALLS; i++) {
      call("subject-" + i, "room.join", "", 20_000);
    }
    assertThat(failed(call("alice", "room.join", "m", 20_000)).code()).isEqualTo("rate_limited");
  }

  @Test
  void callsThatABackendDoesNotReadTimeOutWithoutEverBeingSent() {
    backend.readNothing();
    backend.streams.getLast().onCompleted();
    await().atMost(LIMIT).until(() -> backend.streams.size() == 2);
    awaitConnected();
    CallWish large =
        new CallWish(
            "room.join",
            ByteString.copyFromUtf8("\"" + "x".repeat(300 << 10) + "\""),
            false,
            "",
            200,
            "",
            "",
            "");
    List<OngoingCall> many =
        IntStream.range(0, MAX_CALLS / 2)
            .mapToObj(i -> calls.call(identity("subject-" + i), large, calls.route()))
            .toList();
    assertThat(many).allSatisfy(call -> assertThat(failed(call).code()).isEqualTo("timeout"));
    assertNothingIsHeld();
    backend.streams.getLast().request(1_000);
    OngoingCall after = call("alice", "room.join", "", 60_000);
    await()
        .atMost(LIMIT)
        .until(() -> backend.calls().stream().anyMatch(each -> each.getTimeoutMs() == 30_000));
    assertThat(backend.calls()).hasSizeLessThan(MAX_CALLS / 2);
    after.hangUp();
  }

  @Test
  void aCallThatNoTokenCoversIsRefused() {
    assertThatThrownBy(() -> call("alice", "admin.rooms", "", 100))
        .isInstanceOf(RequestException.class);
  }

  private OngoingCall call(String subject, String method, String key, long timeoutMs) {
    return calls.call(
        identity(subject),
        new CallWish(
            method,
            ByteString.copyFromUtf8("{}"),
            false,
            key,
            Math.min(timeoutMs, 30_000),
            "",
            "",
            ""),
        calls.route());
  }

  private static Identity identity(String subject) {
    return new Identity(
        subject,
        new Grant(List.of(), List.of(), List.of("room.*")),
        Long.MAX_VALUE,
        false,
        Issue.UNKNOWN,
        null,
        "");
  }

  private static CallOutcome.Failed failed(OngoingCall call) {
    return (CallOutcome.Failed) call.outcome().orTimeout(60, TimeUnit.SECONDS).join();
  }

  private CallRequest received(int count) {
    await().atMost(LIMIT).until(() -> backend.calls().size() >= count);
    return backend.calls().get(count - 1);
  }

  private void awaitCancelled(int count) {
    await()
        .atMost(LIMIT)
        .until(() -> backend.received.stream().filter(FromGateway::hasCancel).count() == count);
  }

  private void assertNothingIsHeld() {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              assertThat(meters.get("tailwater.edge.calls.waiting").gauge().value()).isZero();
              assertThat(meters.get("tailwater.edge.calls.clients").gauge().value()).isZero();
            });
  }
}
