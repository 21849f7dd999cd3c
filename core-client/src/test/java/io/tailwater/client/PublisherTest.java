package io.tailwater.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.tailwater.client.Publisher.Bounds;
import io.tailwater.client.Verdict.Closed;
import io.tailwater.client.Verdict.Refused;
import io.tailwater.client.Verdict.Stored;
import io.tailwater.client.Verdict.Unknown;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreImplBase;
import io.tailwater.contract.v1.PublishBatch;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.contract.v1.PublishVerdicts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A publisher before a real gRPC server whose verdicts each test gives by hand. */
@SuppressWarnings("NullAway.Init")
final class PublisherTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Bounds BOUNDS = new Bounds(1_000, 1 << 20, LIMIT);
  private static final String NAME = "test.publish";

  private final List<Published> streams = new CopyOnWriteArrayList<>();
  private final MeterRegistry meters = new SimpleMeterRegistry();
  private Server server;
  private ServiceChannel channel;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(
                new EventCoreImplBase() {
                  @Override
                  public StreamObserver<PublishBatch> publish(
                      StreamObserver<PublishVerdicts> verdicts) {
                    Published stream = new Published(verdicts);
                    streams.add(stream);
                    return stream;
                  }
                })
            .build()
            .start();
    channel =
        ServiceChannel.open(
            List.of("127.0.0.1:" + server.getPort()), EventCoreGrpc.getServiceDescriptor());
  }

  @AfterEach
  void stop() {
    channel.close();
    server.shutdownNow();
  }

  @Test
  void everyOutcomeIsAValue() {
    Publisher publisher = publisher(BOUNDS);
    assertThat(judged(publisher, verdict(Outcome.STORED).setOffset(7)))
        .isEqualTo(new Stored(new Position(new Epoch("k3Zq"), 7), false));
    assertThat(judged(publisher, verdict(Outcome.DUPLICATE).setOffset(3)))
        .isEqualTo(new Stored(new Position(new Epoch("k3Zq"), 3), true));
    assertThat(judged(publisher, verdict(Outcome.CLOSED))).isEqualTo(new Closed());
    assertThat(
            judged(
                publisher, verdict(Outcome.REFUSED).setCode("too_large").setMessage("at most 1")))
        .isEqualTo(new Refused(ErrorCode.TOO_LARGE, "at most 1"));
    assertThat(judged(publisher, verdict(Outcome.UNAVAILABLE).setMessage("kafka")))
        .isEqualTo(new Unknown("kafka"));
    assertThat(judged(publisher, verdict(Outcome.OUTCOME_UNSPECIFIED))).isInstanceOf(Unknown.class);
    Stream.of("stored", "duplicate", "closed", "too_large")
        .forEach(outcome -> assertThat(count(outcome)).as(outcome).isEqualTo(1));
    assertThat(count("unavailable")).isEqualTo(2);
  }

  @Test
  void requestsOfOneCallerLeaveInTheOrderOfItsCallsWhateverOthersDo() {
    assertCallersOrder(channel);
  }

  @Test
  void onALoopRequestsOfOneCallerLeaveInTheOrderOfItsCallsToo() {
    withLoop((loop, ofLoop) -> assertCallersOrder(ofLoop));
  }

  private void assertCallersOrder(Channel way) {
    Publisher publisher =
        new Publisher(way, new Bounds(100_000, 1 << 24, LIMIT), new PublishMetrics(meters, NAME));
    int callers = 8;
    int each = 500;
    try (ExecutorService threads = Executors.newFixedThreadPool(callers)) {
      for (int caller = 0; caller < callers; caller++) {
        String by = "caller-" + caller;
        threads.execute(
            () -> IntStream.range(0, each).forEach(i -> publisher.publish(request(by, i))));
      }
    }
    Published stream = stream(0);
    await().atMost(LIMIT).until(() -> stream.requests.size() == callers * each);
    assertThat(stream.requests).extracting(PublishRequest::getSeq).isSorted();
    for (int caller = 0; caller < callers; caller++) {
      String by = "caller-" + caller;
      assertThat(stream.requests.stream().filter(request -> request.getBy().equals(by)))
          .extracting(PublishRequest::getKey)
          .containsExactlyElementsOf(IntStream.range(0, each).mapToObj(Integer::toString).toList());
    }
  }

  @Test
  void afterAnUnknownVerdictRequestsGoToAnotherStreamAndTheFirstOneEndsWithItsLastVerdict() {
    Publisher publisher = publisher(BOUNDS);
    CompletableFuture<Verdict> failed = publisher.publish(request("a", 0));
    CompletableFuture<Verdict> behind = publisher.publish(request("a", 1));
    Published first = stream(0);
    first.await(2);
    first.judge(0, verdict(Outcome.UNAVAILABLE));
    assertThat(failed.orTimeout(20, TimeUnit.SECONDS).join()).isInstanceOf(Unknown.class);

    CompletableFuture<Verdict> next = publisher.publish(request("a", 2));
    stream(1).await(1);
    stream(1).judge(0, verdict(Outcome.STORED));
    assertThat(next.join()).isInstanceOf(Stored.class);
    assertThat(first.requests).hasSize(2);
    assertThat(first.completed).isFalse();

    first.judge(1, verdict(Outcome.STORED));
    assertThat(behind.join()).isInstanceOf(Stored.class);
    await().atMost(LIMIT).until(() -> first.completed);
  }

  @Test
  void aBrokenStreamLeavesItsRequestsUnknown() {
    Publisher publisher = publisher(BOUNDS);
    CompletableFuture<Verdict> one = publisher.publish(request("a", 0));
    CompletableFuture<Verdict> other = publisher.publish(request("b", 0));
    stream(0).await(2);
    stream(0).verdicts.onError(Status.UNAVAILABLE.asRuntimeException());
    assertThat(one.join()).isInstanceOf(Unknown.class);
    assertThat(other.join()).isInstanceOf(Unknown.class);
    assertThat(waiting()).isZero();
    publisher.publish(request("a", 1));
    stream(1).await(1);
  }

  @Test
  void withoutAVerdictInTimeItIsUnknownAndTheStreamIsCancelled() {
    Publisher publisher = publisher(new Bounds(10, 1 << 20, Duration.ofSeconds(3)));
    CompletableFuture<Verdict> verdict = publisher.publish(request("a", 0));
    stream(0).await(1);
    assertThat(verdict.join()).isInstanceOf(Unknown.class);
    await().atMost(LIMIT).until(() -> stream(0).cancelled());
    assertThat(waiting()).isZero();
    assertThat(count("timeout")).isEqualTo(1);
  }

  @Test
  void aFullWindowRefusesByCountUntilAVerdictMakesRoom() {
    Publisher publisher = publisher(new Bounds(2, 1 << 20, LIMIT));
    CompletableFuture<Verdict> first = publisher.publish(request("a", 0));
    publisher.publish(request("a", 1));
    assertThat(waiting()).isEqualTo(2);
    assertFull(publisher.publish(request("a", 2)));
    stream(0).await(2);
    stream(0).judge(0, verdict(Outcome.STORED));
    assertThat(first.join()).isInstanceOf(Stored.class);
    assertThat(publisher.publish(request("a", 3))).isNotDone();
  }

  @Test
  void aFullWindowRefusesByBytes() {
    Publisher publisher = publisher(new Bounds(1_000, 3_000, LIMIT));
    PublishRequest large =
        request("a", 0).toBuilder().setData(ByteString.copyFrom(new byte[2_000])).build();
    publisher.publish(large);
    assertThat(meters.get(NAME + ".waiting.bytes").gauge().value())
        .isEqualTo(large.getSerializedSize());
    assertFull(publisher.publish(large));
    assertThat(publisher.publish(request("a", 1))).isNotDone();
    assertThat(count("rate_limited")).isEqualTo(1);
  }

  @Test
  void aBatchHasAStreamOfItsOwnThatEndsWithItsLastVerdict() {
    Publisher publisher = publisher(BOUNDS);
    publisher.publish(request("a", 0));
    stream(0).await(1);
    List<CompletableFuture<Verdict>> verdicts =
        publisher.publishInOrder(IntStream.range(0, 100).mapToObj(i -> request("b", i)).toList());
    Published stream = stream(1);
    stream.await(100);
    assertThat(stream.requests)
        .extracting(PublishRequest::getKey)
        .containsExactlyElementsOf(IntStream.range(0, 100).mapToObj(Integer::toString).toList());
    assertThat(stream.completed).isFalse();
    IntStream.range(0, 100)
        .forEach(i -> stream.judge(i, verdict(i == 40 ? Outcome.CLOSED : Outcome.STORED)));
    for (int i = 0; i < 100; i++) {
      assertThat(verdicts.get(i).join()).isInstanceOf(i == 40 ? Closed.class : Stored.class);
    }
    await().atMost(LIMIT).until(() -> stream.completed);
    assertThat(waiting()).isEqualTo(1);
  }

  @Test
  void requestsOfABatchShareMessagesThatAreBoundedByCountAndBytes() {
    Publisher publisher = publisher(BOUNDS);
    publisher.publishInOrder(IntStream.range(0, 250).mapToObj(i -> request("a", i)).toList());
    stream(0).await(250);
    assertThat(stream(0).batches).containsExactly(100, 100, 50);

    ByteString large = ByteString.copyFrom(new byte[100 << 10]);
    publisher.publishInOrder(
        IntStream.range(0, 5)
            .mapToObj(i -> request("b", i).toBuilder().setData(large).build())
            .toList());
    stream(1).await(5);
    assertThat(stream(1).batches).containsExactly(2, 2, 1);
  }

  @Test
  void aBatchWithoutRoomIsRefusedAsAWhole() {
    Publisher publisher = publisher(new Bounds(10, 1 << 20, LIMIT));
    List<CompletableFuture<Verdict>> verdicts =
        publisher.publishInOrder(IntStream.range(0, 11).mapToObj(i -> request("b", i)).toList());
    assertThat(verdicts).hasSize(11).allSatisfy(PublisherTest::assertFull);
    assertThat(waiting()).isZero();
  }

  @Test
  void aThreadKeepsToItsChannelAndEachChannelHasAStream() {
    AtomicReference<Channel> own = new AtomicReference<>(channel);
    try (ServiceChannel other =
        ServiceChannel.open(
            List.of("127.0.0.1:" + server.getPort()), EventCoreGrpc.getServiceDescriptor())) {
      Publisher publisher = new Publisher(own::get, BOUNDS, new PublishMetrics(meters, NAME));
      publisher.publish(request("a", 0));
      stream(0).await(1);
      Publisher.Route route = publisher.route();

      own.set(other);
      publisher.publish(request("b", 0));
      stream(1).await(1);
      route.publish(request("a", 1));
      stream(0).await(2);
      assertThat(waiting()).isEqualTo(3);
    }
  }

  @Test
  void onALoopCallsAndVerdictsStayThere() {
    withLoop(
        (loop, ofLoop) -> {
          Publisher publisher = new Publisher(ofLoop, BOUNDS, new PublishMetrics(meters, NAME));
          CompletableFuture<Boolean> heardThere = new CompletableFuture<>();
          loop.execute(
              () ->
                  publisher
                      .publish(request("a", 0))
                      .thenAccept(verdict -> heardThere.complete(loop.inEventLoop())));
          stream(0).await(1);
          stream(0).judge(0, verdict(Outcome.STORED));
          assertThat(heardThere.orTimeout(20, TimeUnit.SECONDS).join()).isTrue();
        });
  }

  @Test
  void requestsOfOneTurnOfALoopShareAMessage() {
    withLoop(
        (loop, ofLoop) -> {
          Publisher publisher = new Publisher(ofLoop, BOUNDS, new PublishMetrics(meters, NAME));
          for (int turn = 0; turn < 3; turn++) {
            int first = 5 * turn;
            loop.execute(
                () ->
                    IntStream.range(first, first + 5)
                        .forEach(i -> publisher.publish(request("a", i))));
            stream(0).await(first + 5);
          }
          assertThat(stream(0).batches).containsExactly(5, 5, 5);
        });
  }

  @Test
  void aLaneOfALoopThatIsClosedInTheSameTurnSendsWhatItWasGiven() {
    withLoop(
        (loop, ofLoop) -> {
          Publisher publisher = new Publisher(ofLoop, BOUNDS, new PublishMetrics(meters, NAME));
          CompletableFuture<Verdict> coming = new CompletableFuture<>();
          loop.execute(
              () -> {
                try (Lane lane = publisher.open()) {
                  lane.publish(request("a", 0)).thenAccept(coming::complete);
                }
              });
          stream(0).await(1);
          stream(0).judge(0, verdict(Outcome.STORED));
          assertThat(coming.orTimeout(20, TimeUnit.SECONDS).join()).isInstanceOf(Stored.class);
          await().atMost(LIMIT).until(() -> stream(0).completed);
        });
  }

  @Test
  void onALoopThatHasEndedAVerdictComesNevertheless() {
    CompletableFuture<Verdict> coming = new CompletableFuture<>();
    Publisher[] publisher = new Publisher[1];
    withLoop(
        (loop, ofLoop) ->
            publisher[0] =
                new Publisher(
                    ofLoop,
                    new Bounds(1_000, 1 << 20, Duration.ofSeconds(1)),
                    new PublishMetrics(meters, NAME)));
    publisher[0].publish(request("a", 0)).thenAccept(coming::complete);
    assertThat(coming.orTimeout(20, TimeUnit.SECONDS).join()).isInstanceOf(Unknown.class);
  }

  private void withLoop(BiConsumer<EventLoop, ServiceChannel> test) {
    try (MultiThreadIoEventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory())) {
      EventLoop loop = loops.next();
      try (ServiceChannel ofLoop =
          ServiceChannel.onLoop(
              List.of("127.0.0.1:" + server.getPort()),
              EventCoreGrpc.getServiceDescriptor(),
              CallSecurity.NONE,
              loop,
              NioSocketChannel.class)) {
        test.accept(loop, ofLoop);
      }
    }
  }

  @Test
  void aLaneThatWasClosedSendsNothing() {
    Lane lane = publisher(BOUNDS).open();
    lane.close();
    assertThat(lane.retired()).isTrue();
    assertThat(lane.publish(request("a", 0)).join()).isInstanceOf(Unknown.class);
    assertThat(streams).isEmpty();
  }

  private Publisher publisher(Bounds bounds) {
    return new Publisher(channel, bounds, new PublishMetrics(meters, NAME));
  }

  private Verdict judged(Publisher publisher, PublishVerdict.Builder verdict) {
    CompletableFuture<Verdict> coming = publisher.publish(request("a", 0));
    await().atMost(LIMIT).until(() -> streams.stream().anyMatch(Published::owes));
    Published stream = streams.stream().filter(Published::owes).findFirst().orElseThrow();
    stream.judge(stream.judged, verdict);
    return coming.orTimeout(20, TimeUnit.SECONDS).join();
  }

  private Published stream(int index) {
    await().atMost(LIMIT).until(() -> streams.size() > index);
    return streams.get(index);
  }

  private double waiting() {
    return meters.get(NAME + ".waiting").gauge().value();
  }

  private long count(String outcome) {
    return meters.get(NAME).tag("outcome", outcome).timer().count();
  }

  private static void assertFull(CompletableFuture<Verdict> verdict) {
    assertThat(verdict)
        .isCompletedWithValueMatching(
            value -> value instanceof Refused(ErrorCode code, _) && code == ErrorCode.RATE_LIMITED);
  }

  private static PublishRequest request(String by, int key) {
    return PublishRequest.newBuilder()
        .setChannel("chat:lobby")
        .setBy(by)
        .setKey(Integer.toString(key))
        .build();
  }

  private static PublishVerdict.Builder verdict(Outcome outcome) {
    return PublishVerdict.newBuilder().setOutcome(outcome).setEpoch("k3Zq");
  }

  /** One stream as the server has it. */
  private static final class Published implements StreamObserver<PublishBatch> {
    final StreamObserver<PublishVerdicts> verdicts;
    final List<PublishRequest> requests = new CopyOnWriteArrayList<>(new ArrayList<>());
    final List<Integer> batches = new CopyOnWriteArrayList<>();
    volatile int judged;
    volatile boolean completed;
    private volatile boolean failed;

    Published(StreamObserver<PublishVerdicts> verdicts) {
      this.verdicts = verdicts;
    }

    void await(int count) {
      org.awaitility.Awaitility.await().atMost(LIMIT).until(() -> requests.size() == count);
    }

    boolean owes() {
      return judged < requests.size();
    }

    void judge(int index, PublishVerdict.Builder verdict) {
      judged++;
      verdicts.onNext(
          PublishVerdicts.newBuilder()
              .addVerdicts(verdict.setSeq(requests.get(index).getSeq()))
              .build());
    }

    boolean cancelled() {
      return failed || ((ServerCallStreamObserver<PublishVerdicts>) verdicts).isCancelled();
    }

    @Override
    public void onNext(PublishBatch batch) {
      batches.add(batch.getRequestsCount());
      requests.addAll(batch.getRequestsList());
    }

    @Override
    public void onError(Throwable failure) {
      failed = true;
    }

    @Override
    public void onCompleted() {
      completed = true;
      verdicts.onCompleted();
    }
  }
}
