package io.tailwater.system.javaclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.javaclient.Channel;
import io.tailwater.javaclient.ClientListener;
import io.tailwater.javaclient.Event;
import io.tailwater.javaclient.Events;
import io.tailwater.javaclient.Notices;
import io.tailwater.javaclient.PublishOptions;
import io.tailwater.javaclient.SubscribeOptions;
import io.tailwater.javaclient.Subscription;
import io.tailwater.javaclient.TailwaterClient;
import io.tailwater.javaclient.TailwaterException;
import io.tailwater.javaclient.Tokens.Reason;
import io.tailwater.javaclient.Transport;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Http;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Relay;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What programs do with the Java client. */
@OnPlatforms
final class JavaClientIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final List<String> CHANNELS = List.of("demo:*", "chat:*", "orders:*", "board:*");

  private final InProcessPlatform platform;
  private final URI gateway;

  JavaClientIT(InProcessPlatform platform) {
    this.platform = platform;
    this.gateway = platform.gateways().getFirst();
  }

  /** Short polls mostly wait, so they are only tried with {@code -Plong}. */
  static Set<Transport> transports() {
    return Scale.of(
        EnumSet.complementOf(EnumSet.of(Transport.SHORT_POLL)), EnumSet.allOf(Transport.class));
  }

  private TailwaterClient.Builder client(Transport transport) {
    return TailwaterClient.builder(gateway.toString())
        .transport(transport)
        .token(Tokens.token("java", CHANNELS, CHANNELS));
  }

  private static TailwaterException failure(CompletableFuture<?> of) throws Exception {
    try {
      of.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      throw new AssertionError("it has not failed");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TailwaterException failure) {
        return failure;
      }
      throw e;
    }
  }

  /** What a subscription was told, in order. */
  private static final class Told implements Notices {
    private final List<String> notices = new CopyOnWriteArrayList<>();

    @Override
    public void live(String position) {
      notices.add("live");
    }

    @Override
    public void reset(Reset reset) {
      notices.add("reset " + reset.reason());
    }

    @Override
    public void end() {
      notices.add("end");
    }

    private void await(String notice) {
      org.awaitility.Awaitility.await().atMost(LIMIT).until(() -> notices.contains(notice));
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void aProgramPublishesAndReadsOverEachTransport(Transport transport) throws Exception {
    try (TailwaterClient client = client(transport).build()) {
      Channel channel = client.channel("demo:java ü " + transport);
      List<Event> got = new CopyOnWriteArrayList<>();
      Told told = new Told();
      channel.subscribe(got::add, SubscribeOptions.latest().notices(told));
      told.await("live");

      List<Object> sent =
          List.of(
              Map.of("n", List.of(1.5, 7), "s", "ü–😀"),
              "text",
              12345678901234567L,
              new byte[] {0, 1, -1},
              "x".repeat(100_000));
      List<String> ids = new ArrayList<>();
      for (Object data : sent) {
        PublishOptions options = PublishOptions.usual().type("made").key("ü" + ids.size());
        PublishOptions.Published published = channel.publish(data, options);
        assertThat(published.duplicate()).isFalse();
        ids.add(String.valueOf(published.id()));
      }
      await().atMost(LIMIT).until(() -> got.size() == sent.size());
      assertThat(got).extracting(Event::id).isEqualTo(ids);
      assertThat(got.get(0).data().toString()).contains("ü–😀", "[1.5,7]");
      assertThat(got.get(1).data(String.class)).isEqualTo("text");
      assertThat(got.get(2).data().asLong()).isEqualTo(12345678901234567L);
      assertThat(got.get(3).bytes()).containsExactly(0, 1, -1);
      assertThat(got.get(4).data().asText()).hasSize(100_000);
      assertThat(got.get(0).key()).isEqualTo("ü0");
      assertThat(got.get(0).by()).isEqualTo("java");
      assertThat(channel.publish("again", PublishOptions.usual().key("ü1")))
          .isEqualTo(new PublishOptions.Published(ids.get(1), true));

      readsFromAPosition(channel, ids);
      readsHistory(channel, ids);
      isRefused(client);
    }
  }

  private static void readsFromAPosition(Channel channel, List<String> ids) throws Exception {
    List<String> after = new ArrayList<>();
    try (Events events = channel.events(SubscribeOptions.after(ids.get(1)).types("made"))) {
      for (Event event : events) {
        after.add(String.valueOf(event.id()));
        if (after.size() == 3) {
          break;
        }
      }
      assertThat(events.position()).isEqualTo(ids.get(3));
      assertThat(events.next(Duration.ZERO)).isNull();
      // It may have moved past events of other channels, too.
      assertThat(events.position()).isNotEqualTo(ids.get(3));
    }
    assertThat(after).isEqualTo(ids.subList(2, 5));
  }

  private static void readsHistory(Channel channel, List<String> ids) {
    Channel.Page newest = channel.history(2);
    Channel.Page older = channel.history(String.valueOf(newest.previous()), 10);
    assertThat(newest.events()).extracting(Event::id).isEqualTo(ids.subList(3, 5));
    assertThat(older.events()).extracting(Event::id).isEqualTo(ids.subList(0, 3));
    assertThat(older.previous()).isNull();
  }

  private static void isRefused(TailwaterClient client) throws Exception {
    Subscription refused = client.channel("nowhere:a").subscribe(event -> {});
    assertThat(failure(refused.done()).code()).isEqualTo("not_found");
    assertThatExceptionOfType(TailwaterException.class)
        .isThrownBy(() -> client.channel("nowhere:a").publish(1))
        .satisfies(error -> assertThat(error.code()).isEqualTo("not_found"))
        .satisfies(error -> assertThat(error.retry()).isFalse());
    assertThatExceptionOfType(TailwaterException.class)
        .isThrownBy(() -> client.call("none.none", Map.of()));
    assertThatExceptionOfType(TailwaterException.class).isThrownBy(() -> client.channel("lobby"));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void aCallIsAnsweredByTheBackendAndARepeatedOneIsExecutedOnce(Transport transport)
      throws Exception {
    String room = "chat:java calls " + transport;
    try (TailwaterClient client =
        client(transport).token(Tokens.member("java", CHANNELS, List.of("chat.*"))).build()) {
      JsonNode said = client.call("chat.send", Map.of("room", room, "text", "hello"));
      assertThat(said.path("id").asText()).isNotEmpty();
      assertThat(said.path("duplicate").asBoolean()).isFalse();
      Map<String, String> message = Map.of("room", room, "text", "again");
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        JsonNode answer =
            client
                .callAsync("chat.send", message, "java call", LIMIT)
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(answer.path("duplicate").asBoolean()).isEqualTo(i == 1);
        ids.add(answer.path("id").asText());
      }
      assertThat(ids.getFirst()).isEqualTo(ids.getLast());
      assertThat(client.channel(room).history(10).events())
          .extracting(event -> event.data().path("text").asText())
          .containsExactly("hello", "again");
      TailwaterException invalid =
          failure(client.callAsync("chat.send", Map.of("room", room), null, LIMIT));
      assertThat(invalid.code()).isEqualTo("invalid_request");
      assertThat(invalid.retry()).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void aPatternIsReadWithItsTypesAndContinuesAtItsPosition(Transport transport) throws Exception {
    String prefix = "orders:java-" + transport;
    try (ExecutorService thread = Executors.newSingleThreadExecutor();
        TailwaterClient client = client(transport).executor(thread).build()) {
      Told told = new Told();
      List<String> got = new CopyOnWriteArrayList<>();
      Subscription subscription =
          client
              .channel(prefix + "-*")
              .subscribe(
                  event -> got.add(event.channel() + " " + event.data()),
                  SubscribeOptions.latest().types("placed").notices(told));
      told.await("live");
      PublishOptions placed = PublishOptions.usual().type("placed");
      client.channel(prefix + "-a").publish(1, placed);
      client.channel(prefix + "-b").publish(2, PublishOptions.usual().type("shipped"));
      client.channel(prefix + "-b").publish(3, placed);
      await().atMost(LIMIT).until(() -> got.size() == 2);
      assertThat(got).containsExactlyInAnyOrder(prefix + "-a 1", prefix + "-b 3");
      // Behind the handler.
      thread.submit(() -> {}).get();
      CompletableFuture<Void> second = client.channel(prefix + "-*").subscribe(event -> {}).done();
      assertThat(failure(second).code()).isEqualTo("invalid_request");

      subscription.close();
      client.channel(prefix + "-a").publish(4, placed);
      String position = String.valueOf(subscription.position());
      try (Events events = client.channel(prefix + "-*").events(SubscribeOptions.after(position))) {
        List<String> rest = new ArrayList<>();
        for (Event event : events) {
          rest.add(event.data().toString());
          if (event.data().asInt() == 4) {
            break;
          }
        }
        // The event of the other type may have come before the position or after it.
        assertThat(rest).endsWith("4").doesNotContain("1", "3");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void aClosedChannelEndsEverySubscription(Transport transport) throws Exception {
    try (TailwaterClient client = client(transport).build()) {
      Channel channel = client.channel("demo:java end " + transport);
      Told told = new Told();
      List<Event> got = new CopyOnWriteArrayList<>();
      Subscription subscription =
          channel.subscribe(got::add, SubscribeOptions.earliest().notices(told));
      channel.publish("first");
      channel.publish("last", PublishOptions.usual().type("done").closing());
      subscription.done().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(got).extracting(event -> event.data().asText()).containsExactly("first", "last");
      assertThat(got.get(1).isClosing()).isTrue();
      assertThat(got.get(1).type()).isEqualTo("done");
      assertThat(told.notices).endsWith("end");
      List<String> again = new ArrayList<>();
      try (Events events = channel.events(SubscribeOptions.earliest())) {
        events.forEach(event -> again.add(event.data().asText()));
      }
      assertThat(again).containsExactly("first", "last");
      assertThatExceptionOfType(TailwaterException.class)
          .isThrownBy(() -> channel.publish("late"))
          .satisfies(error -> assertThat(error.code()).isEqualTo("closed"));
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void aPositionThatIsNotOfThisLogIsResetAndEverythingStoredFollows(Transport transport) {
    try (TailwaterClient client = client(transport).build()) {
      Channel channel = client.channel("demo:java reset " + transport);
      channel.publish("a");
      channel.publish("b");
      Told told = new Told();
      List<String> got = new CopyOnWriteArrayList<>();
      channel.subscribe(
          event -> got.add(event.data().asText()), SubscribeOptions.after("zzzz-5").notices(told));
      told.await("live");
      assertThat(told.notices).containsExactly("reset foreign", "live");
      assertThat(got).containsExactly("a", "b");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"WEBSOCKET", "SSE"})
  void aSlowHandlerMissesNothingAndMeanwhileTheLogIsTheBuffer(Transport transport)
      throws Exception {
    int events = 2_500;
    try (TailwaterClient client = client(transport).build()) {
      Channel channel = client.channel("demo:java slow " + transport);
      CountDownLatch release = new CountDownLatch(1);
      List<Integer> quick = new CopyOnWriteArrayList<>();
      List<Integer> slow = new CopyOnWriteArrayList<>();
      Told told = new Told();
      SubscribeOptions options = SubscribeOptions.earliest().notices(told);
      channel.subscribe(
          event -> {
            awaitQuietly(release);
            slow.add(event.data().asInt());
          },
          options);
      channel.subscribe(event -> quick.add(event.data().asInt()), SubscribeOptions.earliest());
      publishMany(channel.name(), events);
      // The slow one does not hold up the other, which shares its place on the connection.
      await().atMost(LIMIT).until(() -> quick.size() == events);
      release.countDown();
      await().atMost(LIMIT).until(() -> slow.size() == events);
      assertThat(slow).isEqualTo(quick).doesNotHaveDuplicates();
      assertThat(told.notices).doesNotContain("end").allMatch(notice -> notice.equals("live"));
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      assertThat(latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Publishes numbers from 0 on. Repeats what a busy machine has not answered. */
  private void publishMany(String channel, int events) {
    int batch = 250;
    for (int from = 0; from < events; from += batch) {
      StringBuilder lines = new StringBuilder();
      for (int i = from; i < from + batch; i++) {
        lines.append(
            "{\"channel\":\"%s\",\"data\":%d,\"key\":\"k-%d\"}\n".formatted(channel, i, i));
      }
      await().atMost(LIMIT).until(() -> !publish(lines.toString()).contains("error"));
    }
  }

  private String publish(String lines) {
    return Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/events"))
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(lines)))
        .body();
  }

  @Test
  void aHandlerThatThrowsEndsItsSubscriptionBeforeThatEvent() {
    try (TailwaterClient client = client(Transport.SSE).build()) {
      Channel channel = client.channel("demo:java throws");
      String first = String.valueOf(channel.publish(1).id());
      channel.publish(2);
      channel.publish(3);
      Subscription subscription =
          channel.subscribe(
              event -> {
                if (event.data().asInt() == 2) {
                  throw new IllegalStateException("two");
                }
              },
              SubscribeOptions.earliest());
      await().atMost(LIMIT).until(() -> subscription.done().isCompletedExceptionally());
      assertThat(subscription.position()).isEqualTo(first);
      assertThat(subscription.done().handle((nothing, error) -> error).join())
          .hasRootCauseMessage("two");
    }
  }

  /** Takes what it has requested, and no more. */
  private static final class Subscriber implements Flow.Subscriber<Event> {
    private final List<Integer> got = new CopyOnWriteArrayList<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile @Nullable Throwable failure;
    private volatile boolean complete;

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
    }

    private void request(long events) {
      Flow.Subscription given = subscription;
      assertThat(given).isNotNull();
      if (given != null) {
        given.request(events);
      }
    }

    @Override
    public void onNext(Event event) {
      got.add(event.data().asInt());
    }

    @Override
    public void onError(Throwable thrown) {
      failure = thrown;
    }

    @Override
    public void onComplete() {
      complete = true;
    }
  }

  @Test
  void aReactiveSubscriberGetsWhatItRequests() {
    int events = 2_000;
    try (TailwaterClient client = client(Transport.WEBSOCKET).build()) {
      Channel channel = client.channel("demo:java flow");
      publishMany(channel.name(), events);
      Flow.Publisher<Event> publisher = channel.publisher(SubscribeOptions.earliest());
      Subscriber one = new Subscriber();
      publisher.subscribe(one);
      Subscriber other = new Subscriber();
      publisher.subscribe(other);
      await().atMost(LIMIT).until(() -> one.subscription != null && other.subscription != null);
      other.request(Long.MAX_VALUE);
      one.request(1);
      one.request(2);
      await().atMost(LIMIT).until(() -> other.got.size() == events);
      assertThat(one.got).isEqualTo(other.got.subList(0, 3));
      one.request(events);
      await().atMost(LIMIT).until(() -> one.got.size() == events);
      assertThat(one.got).isEqualTo(other.got).doesNotHaveDuplicates();
      channel.publish(events, PublishOptions.usual().closing());
      await().atMost(LIMIT).until(() -> one.complete && other.complete);
      assertThat(one.got).hasSize(events + 1);
      assertThat(one.failure).isNull();
    }
  }

  @Test
  void aRequestForNothingIsAnErrorOfTheSubscriber() {
    try (TailwaterClient client = client(Transport.SSE).build()) {
      Subscriber subscriber = new Subscriber();
      client.channel("demo:java none").publisher(SubscribeOptions.latest()).subscribe(subscriber);
      await().atMost(LIMIT).until(() -> subscriber.subscription != null);
      subscriber.request(0);
      await().atMost(LIMIT).until(() -> subscriber.failure != null);
      assertThat(subscriber.failure).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void readPositionsAndStateAreRead() {
    try (TailwaterClient client = client(Transport.AUTO).build()) {
      Channel chat = client.channel("chat:java acks");
      String first =
          String.valueOf(
              Http.send(
                      Http.publication(
                              gateway, new io.tailwater.contract.Channel("chat", "java acks"), "1")
                          .header(
                              "Authorization",
                              "Bearer " + Tokens.token("other", List.of(), CHANNELS)))
                  .json()
                  .path("id")
                  .asText());
      assertThat(chat.ack(first)).isEqualTo(first);
      chat.publish("mine");
      assertThat(chat.unread()).isZero();
      try (Events events = chat.events(SubscribeOptions.unread())) {
        assertThat(events.iterator().next().data().asText()).isEqualTo("mine");
      }
      Channel board = client.channel("board:java");
      for (String entry : List.of("a", "b")) {
        Http.send(
            HttpRequest.newBuilder(
                    gateway.resolve(
                        "/v1/events?entry=" + entry + "&channel=" + Wanted.encoded(board.name())))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("\"" + entry + "\"")));
      }
      Channel.Snapshot state = board.state();
      assertThat(state.entries()).extracting(Channel.Entry::name).containsExactly("a", "b");
      assertThat(state.position()).isEqualTo(state.entries().get(1).version());
    }
  }

  @Test
  void anEphemeralEventHasNoId() {
    try (TailwaterClient client = client(Transport.AUTO).build()) {
      Channel channel = client.channel("typing:java");
      Told told = new Told();
      List<Event> got = new CopyOnWriteArrayList<>();
      channel.subscribe(got::add, SubscribeOptions.latest().notices(told));
      told.await("live");
      await()
          .atMost(LIMIT)
          .until(
              () -> {
                assertThat(channel.publish(Map.of()).id()).isNull();
                return !got.isEmpty();
              });
      assertThat(got.getFirst().id()).isNull();
      assertThat(got.getFirst().isEphemeral()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"WEBSOCKET", "SSE"})
  void aTokenIsReplacedBeforeItExpires(Transport transport) {
    List<Reason> asked = new CopyOnWriteArrayList<>();
    try (TailwaterClient client =
        client(transport)
            .tokens(
                reason -> {
                  asked.add(reason);
                  Instant expires = Instant.now().plusSeconds(asked.size() == 1 ? 45 : 3_600);
                  return Tokens.token("java", CHANNELS, CHANNELS, expires);
                })
            .build()) {
      Channel channel = client.channel("chat:java expiring " + transport);
      Told told = new Told();
      List<String> got = new CopyOnWriteArrayList<>();
      channel.subscribe(
          event -> got.add(event.data().asText()), SubscribeOptions.latest().notices(told));
      told.await("live");
      await().atMost(LIMIT).until(() -> asked.size() == 2);
      channel.publish("after");
      await().atMost(LIMIT).until(() -> got.contains("after"));
      assertThat(asked).containsExactly(Reason.CONNECT, Reason.EXPIRING);
    }
  }

  @Test
  void anExpiredTokenIsReplaced() {
    List<Reason> asked = new CopyOnWriteArrayList<>();
    try (TailwaterClient client =
        client(Transport.SSE)
            .tokens(
                reason -> {
                  asked.add(reason);
                  Instant expires = Instant.now().plusSeconds(asked.size() == 1 ? -60 : 3_600);
                  return Tokens.token("java", CHANNELS, CHANNELS, expires);
                })
            .build()) {
      client.channel("chat:java expired").publish("a");
      assertThat(asked).containsExactly(Reason.CONNECT, Reason.EXPIRED);
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void aTokenThatIsRefusedForGoodClosesTheClient(Transport transport) throws Exception {
    List<TailwaterException> failures = new CopyOnWriteArrayList<>();
    try (TailwaterClient client =
        client(transport)
            .token("no token")
            .listener(
                new ClientListener() {
                  @Override
                  public void failed(TailwaterException error) {
                    failures.add(error);
                  }
                })
            .build()) {
      Subscription subscription = client.channel("chat:java refused").subscribe(event -> {});
      assertThat(failure(subscription.done()).code()).isEqualTo("unauthorized");
      await().atMost(LIMIT).until(() -> client.state() == ClientListener.State.CLOSED);
      await().atMost(LIMIT).until(() -> failures.size() == 1);
      assertThatExceptionOfType(TailwaterException.class)
          .isThrownBy(() -> client.channel("demo:a").publish(1))
          .satisfies(error -> assertThat(error.code()).isEqualTo("closed"));
    }
  }

  @Test
  void whatIsPublishedWhileThePlatformIsAwayIsStoredOnceAndInOrderWhenItIsBack() throws Exception {
    try (Relay relay = new Relay(platform.gateways());
        TailwaterClient client =
            TailwaterClient.builder(relay.address().toString())
                .token(Tokens.token("java", CHANNELS, CHANNELS))
                .backoff(Duration.ofMillis(25), Duration.ofMillis(250))
                .outbox(10)
                .build()) {
      Channel channel = client.channel("demo:java away");
      channel.publish("before");
      relay.cut();
      List<CompletableFuture<PublishOptions.Published>> waiting = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        waiting.add(channel.publishAsync("" + i, PublishOptions.usual()));
      }
      CompletableFuture<?> tooMany = channel.publishAsync("more", PublishOptions.usual());
      assertThat(failure(tooMany).code()).isEqualTo("outbox_full");
      relay.up();
      for (CompletableFuture<PublishOptions.Published> one : waiting) {
        one.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      }
      assertThat(channel.history(100).events())
          .extracting(event -> event.data().asText())
          .containsExactly("before", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    }
  }

  @Test
  void autoStepsDownWhereWebSocketsDoNotGetThroughWithEveryEventInOrder() throws Exception {
    List<Transport> used = new CopyOnWriteArrayList<>();
    try (Relay relay = new Relay(platform.gateways());
        TailwaterClient client =
            TailwaterClient.builder(relay.address().toString())
                .backoff(Duration.ofMillis(25), Duration.ofMillis(250))
                .listener(
                    new ClientListener() {
                      @Override
                      public void transport(Transport transport, String why) {
                        used.add(transport);
                      }
                    })
                .build()) {
      Channel channel = client.channel("demo:java steps");
      Told told = new Told();
      List<Integer> got = new CopyOnWriteArrayList<>();
      channel.subscribe(
          event -> got.add(event.data().asInt()), SubscribeOptions.latest().notices(told));
      told.await("live");
      int published = 0;
      assertThat(used).containsExactly(Transport.SSE);
      channel.publish(published++);
      becomes(client, Transport.WEBSOCKET);
      relay.withoutWebSockets(true);
      becomes(client, Transport.SSE);
      channel.publish(published++);
      List<Transport> steps = new ArrayList<>(List.of(Transport.SSE));
      if (Scale.of(false, true)) {
        // Each stream that is held back is waited for.
        relay.withoutStreams(true);
        becomes(client, Transport.LONG_POLL);
        channel.publish(published++);
        steps.add(Transport.LONG_POLL);
      }
      int all = published;
      await().atMost(LIMIT).until(() -> got.size() == all);
      assertThat(got).isEqualTo(IntStream.range(0, all).boxed().toList());
      steps.addAll(0, List.of(Transport.SSE, Transport.WEBSOCKET));
      assertThat(used).isEqualTo(steps);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"WEBSOCKET", "SSE", "LONG_POLL"})
  void aSubscriptionIsLiveAfterTheClientEachTime(Transport transport) throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    try (ExecutorService thread = Executors.newSingleThreadExecutor();
        Relay relay = new Relay(platform.gateways());
        TailwaterClient client =
            TailwaterClient.builder(relay.address().toString())
                .transport(transport)
                .backoff(Duration.ofMillis(25), Duration.ofMillis(250))
                .executor(thread)
                .listener(
                    new ClientListener() {
                      @Override
                      public void state(State state) {
                        told.add(state.name());
                      }
                    })
                .build()) {
      Notices notices =
          new Notices() {
            @Override
            public void live(String position) {
              told.add("live");
            }
          };
      client
          .channel("demo:java live")
          .subscribe(event -> {}, SubscribeOptions.latest().notices(notices));
      await().atMost(LIMIT).until(() -> told.contains("live"));
      assertThat(told).containsExactly("LIVE", "live");
      await()
          .atMost(LIMIT)
          .pollInterval(Duration.ofSeconds(1))
          .until(
              () -> {
                if (told.size() == 2) {
                  // Between two requests there is nothing to cut.
                  relay.drop(Cut.RESET);
                }
                return told.size() > 2 && told.getLast().equals("live");
              });
      assertThat(told.subList(told.size() - 2, told.size())).containsExactly("LIVE", "live");
    }
  }

  private static void becomes(TailwaterClient client, Transport transport) {
    await().atMost(LIMIT).until(() -> client.transport() == transport);
  }

  @Test
  void aClosedClientEndsWhatItWasAsked() throws Exception {
    TailwaterClient client = client(Transport.AUTO).build();
    Channel channel = client.channel("demo:java close");
    Told told = new Told();
    Subscription subscription =
        channel.subscribe(event -> {}, SubscribeOptions.latest().notices(told));
    told.await("live");
    Events events = channel.events(SubscribeOptions.latest());
    CompletableFuture<Boolean> next =
        CompletableFuture.supplyAsync(() -> events.iterator().hasNext());
    client.close();
    subscription.done().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(next.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isFalse();
    assertThat(client.state()).isEqualTo(ClientListener.State.CLOSED);
    assertThat(failure(channel.publishAsync(1, PublishOptions.usual())).code()).isEqualTo("closed");
    assertThat(failure(channel.subscribe(event -> {}).done()).code()).isEqualTo("closed");
  }
}
