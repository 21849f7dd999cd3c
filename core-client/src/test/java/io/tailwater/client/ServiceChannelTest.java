package io.tailwater.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.v1.AiStreamsGrpc;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreImplBase;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.contract.v1.PublishBatch;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdicts;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ServiceChannelTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final List<Instance> instances = new ArrayList<>();
  private final List<ServiceChannel> channels = new ArrayList<>();

  @AfterEach
  void stop() {
    channels.forEach(ServiceChannel::close);
    instances.forEach(instance -> instance.server.shutdownNow());
  }

  @Test
  void callsGoRoundRobinOverTheInstances() throws Exception {
    Instance one = instance();
    Instance other = instance();
    ServiceChannel channel = open(one.address(), other.address());
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              heads(channel);
              assertThat(one.calls.get()).isPositive();
              assertThat(other.calls.get()).isPositive();
            });
  }

  @Test
  void aDeadInstanceIsPassedOver() throws Exception {
    Instance alive = instance();
    ServiceChannel channel = open("127.0.0.1:" + freePort(), alive.address());
    for (int i = 0; i < 20; i++) {
      assertThat(heads(channel).getInstance()).isEqualTo(alive.name);
    }
  }

  @Test
  void anInstanceThatDiesIsPassedOverAndUsedAgainWhenItIsBack() throws Exception {
    Instance one = instance();
    Instance other = instance();
    ServiceChannel channel = open(one.address(), other.address());
    await().atMost(PATIENCE).until(() -> heads(channel).getInstance().equals(one.name));
    one.server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    for (int i = 0; i < 20; i++) {
      assertThat(heads(channel).getInstance()).isEqualTo(other.name);
    }
    Instance back = new Instance(one.port());
    instances.add(back);
    await().atMost(PATIENCE).until(() -> heads(channel).getInstance().equals(back.name));
  }

  @Test
  void aReadThatOneInstanceCannotServeIsTriedOnTheNext() throws Exception {
    Instance unready = instance();
    Instance ready = instance();
    ServiceChannel channel = open(unready.address(), ready.address());
    await().atMost(PATIENCE).until(() -> heads(channel).getInstance().equals(unready.name));
    await().atMost(PATIENCE).until(() -> heads(channel).getInstance().equals(ready.name));
    unready.refusal = Status.UNAVAILABLE;
    int before = unready.calls.get();
    for (int i = 0; i < 20; i++) {
      ReadPage page =
          EventCoreGrpc.newBlockingStub(channel)
              .withDeadlineAfter(5, TimeUnit.SECONDS)
              .read(ReadRequest.newBuilder().setChannel("chat:lobby").build());
      assertThat(page.getEpoch()).isEqualTo(ready.name);
    }
    assertThat(unready.calls.get()).isGreaterThan(before);
  }

  @Test
  void aRefusalIsNotTriedAgain() throws Exception {
    Instance one = instance();
    one.refusal = Status.NOT_FOUND.withDescription("no namespace 'x'");
    ServiceChannel channel = open(one.address());
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> heads(channel))
        .satisfies(
            failure ->
                assertThat(failure.getStatus().getDescription()).isEqualTo("no namespace 'x'"));
    assertThat(one.calls).hasValue(1);
  }

  /** A publication without a key, sent twice, would be stored twice. */
  @Test
  void aPublicationIsNeverSentASecondTime() throws Exception {
    Instance one = instance();
    Instance other = instance();
    one.refusal = Status.UNAVAILABLE;
    other.refusal = Status.UNAVAILABLE;
    ServiceChannel channel = open(one.address(), other.address());
    CompletableFuture<Status> end = new CompletableFuture<>();
    StreamObserver<PublishBatch> out =
        EventCoreGrpc.newStub(channel)
            .publish(
                new StreamObserver<>() {
                  @Override
                  public void onNext(PublishVerdicts verdicts) {}

                  @Override
                  public void onError(Throwable failure) {
                    end.complete(Status.fromThrowable(failure));
                  }

                  @Override
                  public void onCompleted() {
                    end.complete(Status.OK);
                  }
                });
    out.onNext(
        PublishBatch.newBuilder()
            .addRequests(PublishRequest.newBuilder().setSeq(1).setChannel("chat:lobby"))
            .build());
    assertThat(end.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(one.calls.get() + other.calls.get()).isEqualTo(1);
  }

  @Test
  void theProtosDeclareWhichCallsMayBeRepeated() {
    assertThat(repeatable(EventCoreGrpc.getServiceDescriptor()))
        .containsExactlyInAnyOrder(
            "Read", "State", "Follow", "Heads", "Topics", "Namespaces", "ReadPositions", "Report");
    assertThat(repeatable(AiStreamsGrpc.getServiceDescriptor()))
        .containsExactlyInAnyOrder("Create", "Get", "Models", "List", "Cancel");
  }

  @Test
  void hostsMayBeNames() throws Exception {
    Instance one = instance();
    assertThat(heads(open("localhost:" + one.port())).getInstance()).isEqualTo(one.name);
  }

  @Test
  void aNameThatNobodyKnowsIsUnavailableAndPassedOver() throws Exception {
    Instance one = instance();
    assertThat(heads(open("nowhere.invalid:1", one.address())).getInstance()).isEqualTo(one.name);
    ServiceChannel nowhere = open("nowhere.invalid:1");
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> heads(nowhere))
        .satisfies(
            failure ->
                assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  @Test
  void aPageOfOneLargeEventIsTaken() throws Exception {
    Instance one = instance();
    one.data = ByteString.copyFrom(new byte[8 << 20]);
    ReadPage page =
        EventCoreGrpc.newBlockingStub(open(one.address()))
            .withDeadlineAfter(10, TimeUnit.SECONDS)
            .read(ReadRequest.getDefaultInstance());
    assertThat(page.getEvents(0).getData()).isEqualTo(one.data);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host", "host:", ":", "host:x", "host:-1", "host:65536"})
  void anAddressIsHostAndPort(String address) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> open(address))
        .withMessageContaining("host:port");
  }

  @Test
  void aServiceHasAtLeastOneAddress() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ServiceChannel.open(List.of(), EventCoreGrpc.getServiceDescriptor()))
        .withMessageContaining("at least one address");
  }

  private static List<String> repeatable(ServiceDescriptor service) {
    return service.getMethods().stream()
        .filter(ServiceChannel::isRepeatable)
        .map(method -> String.valueOf(method.getBareMethodName()))
        .toList();
  }

  private ServiceChannel open(String... addresses) {
    ServiceChannel channel =
        ServiceChannel.open(List.of(addresses), EventCoreGrpc.getServiceDescriptor());
    channels.add(channel);
    return channel;
  }

  private Instance instance() throws IOException {
    Instance instance = new Instance(0);
    instances.add(instance);
    return instance;
  }

  private static HeadsPage heads(ServiceChannel channel) {
    return EventCoreGrpc.newBlockingStub(channel)
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .heads(HeadsRequest.getDefaultInstance());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** An event-core that counts its calls, and refuses them if told to. */
  private static final class Instance extends EventCoreImplBase {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final String name = "core" + NUMBER.incrementAndGet();
    private final AtomicInteger calls = new AtomicInteger();
    private final Server server;
    private final int port;
    private volatile Status refusal = Status.OK;
    private volatile ByteString data = ByteString.EMPTY;

    Instance(int port) throws IOException {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
              .addService(this)
              .build()
              .start();
      this.port = server.getPort();
    }

    int port() {
      return port;
    }

    String address() {
      return "127.0.0.1:" + port();
    }

    @Override
    public void heads(HeadsRequest request, StreamObserver<HeadsPage> answer) {
      answer(answer, HeadsPage.newBuilder().setInstance(name).build());
    }

    @Override
    public void read(ReadRequest request, StreamObserver<ReadPage> answer) {
      answer(
          answer,
          ReadPage.newBuilder().setEpoch(name).addEvents(Event.newBuilder().setData(data)).build());
    }

    private <T> void answer(StreamObserver<T> answer, T value) {
      calls.incrementAndGet();
      if (!refusal.isOk()) {
        answer.onError(refusal.asRuntimeException());
        return;
      }
      answer.onNext(value);
      answer.onCompleted();
    }

    @Override
    public StreamObserver<PublishBatch> publish(StreamObserver<PublishVerdicts> verdicts) {
      return new StreamObserver<>() {
        @Override
        public void onNext(PublishBatch batch) {
          calls.incrementAndGet();
          verdicts.onError(refusal.asRuntimeException());
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
      };
    }
  }
}
