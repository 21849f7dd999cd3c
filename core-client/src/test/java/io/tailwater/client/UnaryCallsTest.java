package io.tailwater.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RefusedCall;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreImplBase;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreStub;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.HeadsRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@SuppressWarnings("NullAway.Init")
final class UnaryCallsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String UNAVAILABLE = "nobody is there; try again";

  private Server server;
  private ServiceChannel channel;
  private UnaryCalls<EventCoreStub> calls;
  private volatile Consumer<StreamObserver<HeadsPage>> answer;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(
                new EventCoreImplBase() {
                  @Override
                  public void heads(HeadsRequest request, StreamObserver<HeadsPage> observer) {
                    answer.accept(observer);
                  }
                })
            .build()
            .start();
    channel =
        ServiceChannel.open(
            List.of("127.0.0.1:" + server.getPort()), EventCoreGrpc.getServiceDescriptor());
    calls = new UnaryCalls<>(EventCoreGrpc.newStub(channel), UNAVAILABLE);
  }

  @AfterEach
  void stop() {
    channel.close();
    server.shutdownNow();
  }

  @Test
  void anAnswerIsHandedOn() {
    HeadsPage page = HeadsPage.newBuilder().setInstance("event-core-1").build();
    answer =
        observer -> {
          observer.onNext(page);
          observer.onCompleted();
        };
    assertThat(heads(PATIENCE)).isEqualTo(page);
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorCode.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"UNAVAILABLE", "INTERNAL"})
  void aRefusalKeepsItsCodeAndItsWords(ErrorCode code) {
    answer = observer -> observer.onError(RefusedCall.of(new RequestException(code, "try it so")));
    RequestException refusal = refusal(PATIENCE);
    assertThat(refusal.code()).isEqualTo(code);
    assertThat(refusal.text()).isEqualTo("try it so");
  }

  @Test
  void whatTheClientCannotHelpIsToldInOurWords() {
    answer =
        observer ->
            observer.onError(
                RefusedCall.of(new RequestException(ErrorCode.UNAVAILABLE, "fold behind")));
    assertThat(refusal(PATIENCE).text()).isEqualTo(UNAVAILABLE);
    answer =
        observer ->
            observer.onError(RefusedCall.of(new RequestException(ErrorCode.INTERNAL, "a.B.c")));
    assertThat(refusal(PATIENCE).text()).doesNotContain("a.B.c");
  }

  @Test
  void withoutTheTrailerTheStatusDecides() {
    assertThat(refused(Status.NOT_FOUND)).isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(refused(Status.INVALID_ARGUMENT)).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(refused(Status.UNAVAILABLE)).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(refused(Status.RESOURCE_EXHAUSTED)).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(refused(Status.UNIMPLEMENTED)).isEqualTo(ErrorCode.INTERNAL);
  }

  /** A newer service may have codes that this version does not know. */
  @Test
  void anUnknownCodeIsInternal() {
    Metadata trailers = new Metadata();
    trailers.put(Metadata.Key.of("tw-code", Metadata.ASCII_STRING_MARSHALLER), "too_beautiful");
    answer = observer -> observer.onError(Status.INVALID_ARGUMENT.asRuntimeException(trailers));
    assertThat(refusal(PATIENCE).code()).isEqualTo(ErrorCode.INTERNAL);
  }

  @Test
  void aServiceThatDoesNotAnswerIsUnavailable() {
    answer = observer -> {};
    assertThat(refusal(Duration.ofMillis(50)).code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  private ErrorCode refused(Status status) {
    answer = observer -> observer.onError(status.asRuntimeException());
    return refusal(PATIENCE).code();
  }

  private HeadsPage heads(Duration deadline) {
    return calls
        .<HeadsPage>call(
            deadline, (stub, observer) -> stub.heads(HeadsRequest.getDefaultInstance(), observer))
        .join();
  }

  private RequestException refusal(Duration deadline) {
    Throwable failure =
        Assertions.catchThrowableOfType(CompletionException.class, () -> heads(deadline));
    return assertThat(failure.getCause())
        .asInstanceOf(InstanceOfAssertFactories.type(RequestException.class))
        .actual();
  }
}
