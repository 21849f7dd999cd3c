package io.tailwater.system.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.core.faults.FoldGate;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.ledger.Seen;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.KafkaTopics;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The moments in which systems of this kind lose an event, each made to happen. */
@OnPlatforms
final class SharpCasesIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int INSTANTS = Scale.of(160, 10_000);
  private static final int LANES = 4;
  private static final long FIRST_STEP_NANOS = 3_200_000;
  private static final long STEP_NANOS = 200_000;

  /**
   * Once a channel's last event is out, nothing will ever point at a reader that missed it. Each
   * lane moves its publication towards the instant at which a subscription just has it or just
   * begins behind it.
   */
  @ParameterizedTest
  @EnumSource
  void aReaderThatSubscribesAtTheInstantOfTheLastEventHasItOrBeginsBehindIt(
      Transport transport, InProcessPlatform platform) throws Exception {
    List<Future<Integer>> lanes = new ArrayList<>();
    int inStream = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int lane = 0; lane < LANES; lane++) {
        int number = lane;
        lanes.add(threads.submit(() -> instants(transport, platform, number, threads)));
      }
      for (Future<Integer> lane : lanes) {
        inStream += lane.get();
      }
    }
    System.out.printf("%s: %d instants, %d in the stream%n", transport, INSTANTS, inStream);
    assertThat(inStream)
        .as("both happened often, or the instant was never met")
        .isBetween(INSTANTS / 10, INSTANTS - INSTANTS / 10);
  }

  /** How many of the last events came in the stream. */
  private static int instants(
      Transport transport, InProcessPlatform platform, int lane, ExecutorService threads)
      throws Exception {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(lane);
    long publishLaterNanos = 1_000_000;
    int inStream = 0;
    for (int i = 0; i < INSTANTS / LANES; i++) {
      Channel channel = new Channel(Namespaces.DEMO, "instant-" + transport + "-" + lane + "-" + i);
      // Large ones at first, to find the instant from afar.
      long step = Math.max(STEP_NANOS, FIRST_STEP_NANOS >> (i / 4));
      URI there = platform.gateways().get(random.nextInt(2));
      URI here = platform.gateways().get(i % 2);
      if (i % 4 == 0) {
        // A channel with a history: its newest event is known to the fold before.
        Http.publish(here, channel, "0");
      }
      long later = publishLaterNanos + random.nextLong(-step, step);
      Future<String> id =
          threads.submit(
              () -> {
                TimeUnit.NANOSECONDS.sleep(Math.max(0, later));
                return Http.publish(there, channel, "\"last\"");
              });
      TimeUnit.NANOSECONDS.sleep(Math.max(0, -later));
      try (Reader reader = open(transport, Wanted.of("instant", channel), here)) {
        Position published = Position.parse(id.get());
        await(channel + " through " + published)
            .pollInterval(Duration.ofMillis(1))
            .atMost(LIMIT)
            .until(() -> isThrough(reader.seen(), channel, published));
        boolean came = published.equals(reader.seen().newest(channel));
        inStream += came ? 1 : 0;
        publishLaterNanos += came ? -step : step;
        // An event-core that is milliseconds behind may begin `latest` before the history's end.
        assertThat(reader.seen().data(channel))
            .isIn(List.of(), List.of("\"last\""), List.of("0", "\"last\""), List.of("0"));
        assertThat(reader.seen().violations()).isEmpty();
      }
    }
    return inStream;
  }

  private static boolean isThrough(Seen seen, Channel channel, Position position) {
    Position start = seen.start(channel);
    Position newest = seen.newest(channel);
    return (start != null && start.offset() >= position.offset()) || position.equals(newest);
  }

  @ParameterizedTest
  @EnumSource
  void anEmptyChannelThatIsCutAndGetsTwoEventsHasBothWhenItsReaderIsBackOverAnyTransport(
      Transport transport, InProcessPlatform platform) {
    Channel channel = new Channel(Namespaces.DEMO, "empty, cut, two " + transport);
    URI first = platform.gateways().get(0);
    URI second = platform.gateways().get(1);
    String position;
    try (Reader reader = open(transport, Wanted.of("before", channel), first)) {
      await().atMost(LIMIT).until(() -> reader.seen().liveOn(channel) > 0);
      position = Objects.requireNonNull(reader.seen().start(channel)).toString();
      reader.cut(Cut.RESET);
    }
    Http.publish(first, channel, "1");
    Http.publish(second, channel, "2");
    for (Transport other : Transport.values()) {
      for (URI gateway : platform.gateways()) {
        try (Reader reader = open(other, Wanted.of("back", channel).after(position), gateway)) {
          await().atMost(LIMIT).until(() -> reader.seen().liveOn(channel) > 0);
          assertThat(reader.seen().data(channel)).as("over " + other).containsExactly("1", "2");
          assertThat(reader.seen().resets()).isEmpty();
          assertThat(reader.seen().violations()).isEmpty();
        }
      }
    }
  }

  /** The position of a channel in which nothing happens has to move with the partition. */
  @Test
  void aReaderOfAQuietChannelIsNotResetWhenRetentionPassesWhatItNeverNeeded(
      InProcessPlatform platform) throws Exception {
    Channel quiet = new Channel(Namespaces.BRIEF, "quiet");
    Channel busy = new Channel(Namespaces.BRIEF, "busy");
    URI gateway = platform.gateways().getFirst();
    Http.publish(gateway, quiet, "\"old\"");
    try (KafkaTopics topics = new KafkaTopics(platform.bootstrapServers());
        Reader live = open(platform, Wanted.of("live", quiet), gateway)) {
      await().atMost(LIMIT).until(() -> live.seen().liveOn(quiet) > 0);
      String before = Objects.requireNonNull(live.seen().start(quiet)).toString();
      for (int i = 0; i < 20; i++) {
        Http.publish(gateway, busy, Integer.toString(i));
      }
      String left = Http.publish(gateway, busy, "\"left\"");
      topics.deleteBefore(Namespaces.BRIEF, 0, Position.parse(left).offset());
      awaitEarliest(platform, quiet, Position.parse(left).offset() - 1);
      Http.publish(gateway, quiet, "\"new\"");
      // The old one, too, if the gateway had not heard of it yet.
      await().atMost(LIMIT).until(() -> live.seen().data(quiet).contains("\"new\""));
      assertThat(live.seen().resets()).as("a live reader has missed nothing").isEmpty();
      for (URI each : platform.gateways()) {
        // What retention took can't be known to be of another channel: this reset is due. A gateway
        // that still holds all since then may go without it, for 30 s.
        await()
            .atMost(Duration.ofSeconds(40))
            .until(() -> resetsOf(platform, Wanted.of("late", quiet).after(before), each, left));
        Wanted atEarliest =
            Wanted.of("at earliest", quiet)
                .after(
                    new Position(Position.parse(left).epoch(), Position.parse(left).offset() - 1)
                        .toString());
        try (Reader just = open(platform, atEarliest, each)) {
          await().atMost(LIMIT).until(() -> just.seen().liveOn(quiet) > 0);
          assertThat(just.seen().resets()).as("position + 1 is the earliest offset left").isEmpty();
          assertThat(just.seen().data(quiet)).containsExactly("\"new\"");
        }
      }
    }
  }

  /** Whether there was the reset that is due; the reader gets what is left in any case. */
  private static boolean resetsOf(
      InProcessPlatform platform, Wanted wanted, URI gateway, String left) {
    try (Reader late = open(platform, wanted, gateway)) {
      Channel channel = wanted.channels().getFirst();
      await().atMost(LIMIT).until(() -> late.seen().liveOn(channel) > 0);
      assertThat(late.seen().data(channel)).containsExactly("\"new\"");
      for (Seen.Reset reset : late.seen().resets()) {
        assertThat(reset.reason()).isEqualTo("expired");
        assertThat(reset.earliest().offset()).isEqualTo(Position.parse(left).offset() - 1);
      }
      return !late.seen().resets().isEmpty();
    }
  }

  @Test
  void recordsDeletedBetweenTwoPagesAreAnnouncedAndNothingElseIsMissing(InProcessPlatform platform)
      throws Exception {
    Channel channel = new Channel(Namespaces.BRIEF, "pages");
    URI gateway = platform.gateways().get(1);
    String padding = "x".repeat(20_000);
    List<Position> ids = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      String data = "{\"n\":" + i + ",\"pad\":\"" + padding + "\"}";
      ids.add(Position.parse(Http.publish(platform.gateways().get(i % 2), channel, data)));
    }
    Wanted slow = Wanted.of("slow", channel).from("earliest").withReceiveBytes(16_384);
    try (KafkaTopics topics = new KafkaTopics(platform.bootstrapServers());
        Reader reader = open(platform, slow, gateway)) {
      await().atMost(LIMIT).until(() -> reader.seen().count() > 5);
      reader.pause();
      long kept = ids.get(560).offset();
      topics.deleteBefore(Namespaces.BRIEF, 0, kept);
      awaitEarliest(platform, channel, kept - 1);
      reader.resume();
      await().atMost(LIMIT).until(() -> ids.getLast().equals(reader.seen().newest(channel)));
      List<Long> seen =
          reader.seen().events(channel).stream().map(event -> event.id().offset()).toList();
      assertThat(seen).as("in order, once each").isSorted().doesNotHaveDuplicates();
      List<Seen.Reset> resets = reader.seen().resets();
      assertThat(resets).as("what is gone is announced, once").hasSize(1);
      assertThat(resets.getFirst().reason()).isEqualTo("expired");
      assertThat(resets.getFirst().earliest().offset()).isEqualTo(kept - 1);
      long firstMissing =
          ids.stream()
              .mapToLong(Position::offset)
              .filter(offset -> !seen.contains(offset))
              .min()
              .orElse(kept);
      assertThat(seen.stream().filter(offset -> offset > firstMissing && offset < kept))
          .as("before the reset: an unbroken beginning")
          .isEmpty();
      assertThat(seen.stream().filter(offset -> offset >= kept)).as("after it: all").hasSize(40);
      assertThat(firstMissing).as("some were really gone").isLessThan(kept);
      assertThat(reader.seen().violations()).isEmpty();
    }
  }

  @Test
  void theSameKeyAtTwoEventCoresAtOnceAddsOneEvent(InProcessPlatform platform) throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, "same key");
    int keys = Scale.of(50, 500);
    try (Reader reader = open(platform, Wanted.of("keys", channel), platform.gateways().get(0));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      await().atMost(LIMIT).until(() -> reader.seen().liveOn(channel) > 0);
      Set<String> ids = new HashSet<>();
      for (int i = 0; i < keys; i++) {
        String key = "key-" + i;
        // Four at once over two gateways, each of which goes round robin over both event-cores.
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Http.Answer>> answers = new ArrayList<>();
        for (int j = 0; j < 4; j++) {
          HttpRequest.Builder request =
              Http.publication(platform.gateways().get(j % 2), channel, "\"" + key + "\"")
                  .header("Idempotency-Key", key);
          answers.add(
              threads.submit(
                  () -> {
                    start.await();
                    return Http.send(request);
                  }));
        }
        start.countDown();
        Set<String> same = new HashSet<>();
        int first = 0;
        for (Future<Http.Answer> each : answers) {
          Http.Answer answer = each.get();
          assertThat(answer.status()).as(answer.body()).isEqualTo(201);
          same.add(answer.json().path("id").asText());
          first += answer.json().path("duplicate").asBoolean() ? 0 : 1;
        }
        assertThat(same).as("one id for " + key).hasSize(1);
        assertThat(first).as("one of them is no duplicate").isEqualTo(1);
        ids.addAll(same);
      }
      assertThat(ids).hasSize(keys);
      await().atMost(LIMIT).until(() -> reader.seen().count() >= keys);
      assertThat(reader.seen().data(channel))
          .containsExactlyElementsOf(
              IntStream.range(0, keys).mapToObj(i -> "\"key-" + i + "\"").toList());
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsPublishedWhileItsChannelIsClosedIsSeenByAllOrRefused(
      Transport transport, InProcessPlatform platform) throws Exception {
    int rounds = Scale.of(4, 50);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < rounds; round++) {
        Channel channel = new Channel(Namespaces.DEMO, "closing " + transport + " " + round);
        try (Reader reader =
            open(transport, Wanted.of("closing", channel), platform.gateways().get(round % 2))) {
          await().atMost(LIMIT).until(() -> reader.seen().liveOn(channel) > 0);
          CountDownLatch start = new CountDownLatch(1);
          Map<String, Future<Http.Answer>> answers = new HashMap<>();
          for (int i = 0; i < 12; i++) {
            String data = Integer.toString(i);
            String close = i == 6 ? "&close=true" : "";
            HttpRequest.Builder request =
                HttpRequest.newBuilder(
                        platform
                            .gateways()
                            .get(i % 2)
                            .resolve(
                                "/v1/events?channel=" + Wanted.encoded(channel.toString()) + close))
                    .header("Content-Type", "application/json")
                    .header("Idempotency-Key", "k" + i)
                    .POST(HttpRequest.BodyPublishers.ofString(data));
            answers.put(
                data,
                threads.submit(
                    () -> {
                      start.await();
                      return Http.send(request);
                    }));
          }
          start.countDown();
          Set<String> accepted = new HashSet<>();
          for (Map.Entry<String, Future<Http.Answer>> each : answers.entrySet()) {
            Http.Answer answer = each.getValue().get();
            if (answer.status() == 201) {
              accepted.add(each.getKey());
            } else {
              assertThat(answer.status()).as(answer.body()).isEqualTo(409);
              assertThat(answer.json().path("code").asText()).isEqualTo("closed");
            }
          }
          await().atMost(LIMIT).until(reader::finished);
          assertThat(reader.seen().hasEnded(channel)).isTrue();
          assertThat(reader.seen().data(channel))
              .containsExactlyInAnyOrderElementsOf(accepted)
              .last()
              .isEqualTo("6");
          Http.Answer again =
              Http.send(
                  Http.publication(platform.gateways().getFirst(), channel, "6")
                      .header("Idempotency-Key", "k6"));
          assertThat(again.status()).as("the closing one, sent again").isEqualTo(201);
          assertThat(again.json().path("duplicate").asBoolean()).isTrue();
          assertThat(Http.send(Http.publication(platform.gateways().get(1), channel, "9")).status())
              .isEqualTo(409);
        }
      }
    }
  }

  @Test
  void aTopicThatIsMadeAgainWithMoreRecordsIsForeignToItsOldReaders(InProcessPlatform platform)
      throws Exception {
    Channel channel = new Channel(Namespaces.AGAIN, "again");
    URI gateway = platform.gateways().getFirst();
    for (int i = 0; i < 5; i++) {
      Http.publish(gateway, channel, "\"old " + i + "\"");
    }
    try (KafkaTopics topics = new KafkaTopics(platform.bootstrapServers());
        Reader staying = open(platform, Wanted.of("staying", channel).from("earliest"), gateway)) {
      await().atMost(LIMIT).until(() -> staying.seen().count() == 5);
      Position before = Objects.requireNonNull(staying.seen().newest(channel));
      // The folds don't look while it happens: they go on at an offset that the new topic has too.
      platform.foldGates().forEach(FoldGate::pause);
      try (KafkaProducer<byte[], byte[]> producer = topics.producer(Map.of())) {
        producer.send(KafkaTopics.record(Namespaces.AGAIN, "again", "\"old 5\"")).get();
      }
      topics.delete(Namespaces.AGAIN);
      await().atMost(LIMIT).until(() -> !topics.exists(Namespaces.AGAIN));
      await()
          .atMost(LIMIT)
          .ignoreExceptions()
          .untilAsserted(() -> topics.createOnce(Namespaces.AGAIN, 1));
      try (KafkaProducer<byte[], byte[]> producer = topics.producer(Map.of())) {
        for (int i = 0; i < 10; i++) {
          producer.send(KafkaTopics.record(Namespaces.AGAIN, "again", "\"new " + i + "\"")).get();
        }
      }
      platform.foldGates().forEach(FoldGate::open);
      List<String> all = IntStream.range(0, 10).mapToObj(i -> "\"new " + i + "\"").toList();
      // A reader that stays, and one that comes back, are told; each then has the new topic whole.
      await().atMost(LIMIT).until(() -> !staying.seen().resets().isEmpty());
      await().atMost(LIMIT).until(() -> endsWith(staying.seen().data(channel), all));
      assertThat(staying.seen().resets()).extracting(Seen.Reset::reason).containsExactly("foreign");
      // Until the topic's id is compared again, in seconds, the new log may pass for the old one's
      // end.
      List<String> between = staying.seen().data(channel);
      assertThat(between.subList(5, between.size() - 10))
          .isSubsetOf("\"old 5\"", "\"new 6\"", "\"new 7\"", "\"new 8\"", "\"new 9\"");
      for (URI each : platform.gateways()) {
        Wanted back = Wanted.of("back", channel).after(before.toString());
        try (Reader reader = open(platform, back, each)) {
          await().atMost(LIMIT).until(() -> reader.seen().liveOn(channel) > 0);
          assertThat(reader.seen().resets())
              .extracting(Seen.Reset::reason)
              .containsExactly("foreign");
          assertThat(reader.seen().data(channel)).isEqualTo(all);
        }
      }
    }
  }

  private static boolean endsWith(List<String> list, List<String> end) {
    return list.size() >= end.size()
        && list.subList(list.size() - end.size(), list.size()).equals(end);
  }

  @Test
  void onlyWhatATransactionCommitsIsSeenAndPositionsPassItsMarkers(InProcessPlatform platform)
      throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, "transactions");
    int transactions = Scale.of(20, 200);
    List<String> committed = new ArrayList<>();
    try (KafkaTopics topics = new KafkaTopics(platform.bootstrapServers());
        Reader reader = open(platform, Wanted.of("tx", channel), platform.gateways().get(0));
        KafkaProducer<byte[], byte[]> producer =
            topics.producer(Map.of("transactional.id", "sharp"))) {
      await().atMost(LIMIT).until(() -> reader.seen().liveOn(channel) > 0);
      producer.initTransactions();
      for (int i = 0; i < transactions; i++) {
        producer.beginTransaction();
        for (int j = 0; j < 3; j++) {
          producer
              .send(KafkaTopics.record(Namespaces.DEMO, channel.key(), "[" + i + "," + j + "]"))
              .get();
        }
        if (i % 3 == 0) {
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
          for (int j = 0; j < 3; j++) {
            committed.add("[" + i + "," + j + "]");
          }
        }
      }
      // The log ends in markers of an abort: what is acknowledged after them still comes.
      producer.beginTransaction();
      producer.send(KafkaTopics.record(Namespaces.DEMO, channel.key(), "\"never\"")).get();
      producer.abortTransaction();
      await().atMost(LIMIT).until(() -> reader.seen().count() >= committed.size());
      assertThat(reader.seen().data(channel)).isEqualTo(committed);
      Http.publish(platform.gateways().get(1), channel, "\"after\"");
      committed.add("\"after\"");
      await().atMost(LIMIT).until(() -> reader.seen().count() >= committed.size());
      assertThat(reader.seen().data(channel)).isEqualTo(committed);
      for (URI gateway : platform.gateways()) {
        try (Reader late =
            open(platform, Wanted.of("late tx", channel).from("earliest"), gateway)) {
          await().atMost(LIMIT).until(() -> late.seen().liveOn(channel) > 0);
          assertThat(late.seen().data(channel)).isEqualTo(committed);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aChannelListThatChangesBetweenConnectsKeepsThePositionsOfThoseThatStay(
      Transport transport, InProcessPlatform platform) {
    Channel a = new Channel(Namespaces.DEMO, "list a " + transport);
    Channel b = new Channel(Namespaces.DEMO, "list b " + transport);
    URI gateway = platform.gateways().getFirst();
    List<String> positions = List.of(ofStream(gateway, a, b), ofPoll(gateway, a, b));
    Http.publish(gateway, a, "\"a1\"");
    Http.publish(gateway, b, "\"b1\"");
    for (String position : positions) {
      Channel c = new Channel(Namespaces.BRIEF, "list c " + transport + " " + position);
      // b goes, c comes and begins at `from`; the order is another one.
      Wanted second = Wanted.of("second", c, a).from("latest").after(position);
      try (Reader reader = open(transport, second, platform.gateways().get(1))) {
        await()
            .atMost(LIMIT)
            .until(() -> reader.seen().liveOn(a) > 0 && reader.seen().liveOn(c) > 0);
        assertThat(reader.seen().data(a)).containsExactly("\"a1\"");
        Http.publish(gateway, c, "\"c1\"");
        await().atMost(LIMIT).until(() -> reader.seen().count() == 2);
        assertThat(reader.seen().data(c)).containsExactly("\"c1\"");
        assertThat(reader.seen().resets()).isEmpty();
        assertThat(reader.seen().violations()).isEmpty();
      }
      // One that is left alone: a position of several is good for one, too.
      try (Reader reader = open(transport, Wanted.of("third", b).after(position), gateway)) {
        await().atMost(LIMIT).until(() -> reader.seen().liveOn(b) > 0);
        assertThat(reader.seen().data(b)).containsExactly("\"b1\"");
        assertThat(reader.seen().resets()).isEmpty();
        assertThat(reader.seen().violations()).isEmpty();
      }
    }
  }

  /** A position of several channels, as an event stream gives it. */
  private static String ofStream(URI gateway, Channel... channels) {
    try (StreamPeek peek = StreamPeek.open(gateway, Wanted.of("first", channels))) {
      return peek.untilLive(channels.length);
    }
  }

  /** A position of several channels, as an answer to a poll gives it. */
  private static String ofPoll(URI gateway, Channel... channels) {
    return Http.send(
            HttpRequest.newBuilder(gateway.resolve(Wanted.of("first", channels).path()))
                .header("Accept", "application/json"))
        .json()
        .path("next")
        .asText();
  }

  /** Waits until every gateway knows what retention has removed. */
  private static void awaitEarliest(InProcessPlatform platform, Channel channel, long earliest) {
    for (URI gateway : platform.gateways()) {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  Position.parse(Http.channel(gateway, channel).path("earliest").asText()).offset()
                      >= earliest);
    }
  }

  /** Over event streams: what happens beneath is the same for every transport. */
  private static Reader open(InProcessPlatform platform, Wanted wanted, URI gateway) {
    assertThat(platform.gateways()).contains(gateway);
    return open(Transport.SSE, wanted, gateway);
  }

  private static Reader open(Transport transport, Wanted wanted, URI gateway) {
    return transport.open(wanted, List.of(gateway));
  }
}
