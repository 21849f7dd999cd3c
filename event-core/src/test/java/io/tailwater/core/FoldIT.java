package io.tailwater.core;

import static io.tailwater.core.CoreClient.all;
import static io.tailwater.core.CoreClient.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.core.fold.LogRecords;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.Partitioner;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** The fold over a real broker: whatever may happen to a log. */
final class FoldIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private final Servers servers = Servers.shared();

  /** Partitions as librdkafka's {@code consistent} does. */
  public static final class Crc32Partitioner implements Partitioner {
    @Override
    public int partition(
        String topic, Object key, byte[] keyBytes, Object value, byte[] bytes, Cluster cluster) {
      CRC32 crc = new CRC32();
      crc.update(keyBytes);
      return (int) (crc.getValue() % cluster.partitionCountForTopic(topic));
    }

    @Override
    public void close() {}

    @Override
    public void configure(Map<String, ?> configs) {}
  }

  @Test
  void anyJavaProducerIsAPublisher() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 5)).ready();
        var producer = servers.producer(Map.of())) {
      List<String> keys = IntStream.range(0, 40).mapToObj(i -> "schlüssel-" + i).toList();
      keys.forEach(key -> Servers.write(producer, name, key, "{\"k\":\"" + key + "\"}"));
      for (String key : keys) {
        awaitEvents(core, name + ":" + key, 1);
      }
    }
  }

  @Test
  void aProducerWithCrc32IsAPublisherIfTheNamespaceSaysSo() {
    String name = servers.name();
    try (var core =
            Cores.start(servers, name, Map.of("partitions", 5, "partitioner", "crc32")).ready();
        var producer =
            servers.producer(Map.of("partitioner.class", Crc32Partitioner.class.getName()))) {
      List<String> keys = IntStream.range(0, 40).mapToObj(i -> "key-" + i).toList();
      keys.forEach(key -> Servers.write(producer, name, key, "1"));
      for (String key : keys) {
        awaitEvents(core, name + ":" + key, 1);
      }
    }
  }

  @Test
  void recordsThatBelongToNoChannelAreCountedAndPassedOver() throws Exception {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of()).ready();
        var producer = servers.producer(Map.of())) {
      byte[] key = LogRecords.bytes("a");
      int home = core.core().folds().namespace(name).namespace().home(key);
      byte[] value = LogRecords.bytes("1");
      producer.send(new ProducerRecord<>(name, 1 - home, key, value)).get();
      producer.send(new ProducerRecord<>(name, home, null, value)).get();
      producer.send(new ProducerRecord<>(name, home, new byte[] {10}, value)).get();
      producer.send(new ProducerRecord<>(name, home, key, null)).get();
      producer.send(new ProducerRecord<>(name, home, key, value)).get();
      assertThat(awaitEvents(core, name + ":a", 1))
          .extracting(Event::getOffset)
          .containsExactly(3L);
      assertThat(metric(core, name, "elsewhere")).isEqualTo(1);
      assertThat(metric(core, name, "no_key")).isEqualTo(1);
      assertThat(metric(core, name, "bad_key")).isEqualTo(1);
      assertThat(metric(core, name, "no_value")).isEqualTo(1);
    }
  }

  private static double metric(Cores.Running core, String namespace, String outcome) {
    return core.context()
        .getBean(io.micrometer.core.instrument.MeterRegistry.class)
        .get("tailwater.core.records")
        .tag("namespace", namespace)
        .tag("outcome", outcome)
        .counter()
        .count();
  }

  @Test
  void headersAreTheEventsPartsAndTypesOfThePlatformAreShownAsRefused() throws Exception {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of()).ready();
        var producer = servers.producer(Map.of())) {
      ProducerRecord<byte[], byte[]> full =
          new ProducerRecord<>(name, LogRecords.bytes("a"), LogRecords.bytes("no json"));
      full.headers().add("tw-type", LogRecords.bytes("note"));
      full.headers().add("tw-key", LogRecords.bytes("k1"));
      full.headers().add("tw-by", LogRecords.bytes("alice"));
      full.headers().add("content-type", LogRecords.bytes("text/plain"));
      full.headers().add("mine", LogRecords.bytes("x"));
      producer.send(full).get();
      ProducerRecord<byte[], byte[]> reserved =
          new ProducerRecord<>(name, LogRecords.bytes("a"), LogRecords.bytes("{}"));
      reserved.headers().add("tw-type", LogRecords.bytes("tw.end"));
      reserved.headers().add("tw-close", LogRecords.bytes("true"));
      producer.send(reserved).get();
      List<Event> events = awaitEvents(core, name + ":a", 2);
      assertThat(events.getFirst().getType()).isEqualTo("note");
      assertThat(events.getFirst().getKey()).isEqualTo("k1");
      assertThat(events.getFirst().getBy()).isEqualTo("alice");
      assertThat(events.getFirst().getContentType()).isEqualTo("text/plain");
      assertThat(events.getFirst().getKind()).isEqualTo(DataKind.BYTES);
      assertThat(events.getLast().getType()).isEqualTo("x.error");
      assertThat(events.getLast().getCloses()).isTrue();
      assertThat(core.client().read(all(name + ":a")).getClosed()).isTrue();
    }
  }

  @Test
  void whatATransactionAbortedIsNeverSeenAndItsMarkersArePassed() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready();
        var producer = servers.producer(Map.of("transactional.id", "tx-" + name))) {
      producer.initTransactions();
      for (int i = 0; i < 6; i++) {
        producer.beginTransaction();
        Servers.write(producer, name, "a", Integer.toString(i));
        if (i % 2 == 0) {
          producer.commitTransaction();
        } else {
          producer.abortTransaction();
        }
      }
      List<Event> events = awaitEvents(core, name + ":a", 3);
      assertThat(events)
          .extracting(e -> e.getData().toString(StandardCharsets.UTF_8))
          .containsExactly("0", "2", "4");
      // Twelve offsets: a record and a marker for each transaction, the last of them aborted.
      await().atMost(PATIENCE).until(() -> core.head(name, 0).getThrough() == 11);
      PublishVerdict verdict = core.client().publish(event(name + ":a", "6"));
      assertThat(verdict.getOutcome()).isEqualTo(Outcome.STORED);
      assertThat(verdict.getOffset()).isEqualTo(12);
    }
  }

  @Test
  void deletingRecordsBetweenTwoPagesIsAnnouncedAndNothingElseIsLost() throws Exception {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready()) {
      for (int i = 0; i < 10; i++) {
        core.client().publish(event(name + ":a", Integer.toString(i)));
      }
      ReadPage first = core.client().read(all(name + ":a").setLimit(3));
      assertThat(first.getThrough()).isEqualTo(2);
      servers
          .admin()
          .deleteRecords(Map.of(new TopicPartition(name, 0), RecordsToDelete.beforeOffset(6)))
          .all()
          .get();
      await().atMost(PATIENCE).until(() -> core.head(name, 0).getEarliest() == 5);
      ReadPage second = core.client().read(after(name + ":a", first.getEpoch(), 2));
      assertThat(second.getReset()).isEqualTo(ReadPage.Reset.EXPIRED);
      assertThat(second.getFrom()).isEqualTo(5);
      assertThat(second.getEventsList())
          .extracting(Event::getOffset)
          .containsExactly(6L, 7L, 8L, 9L);
      // The position right before what is left has lost nothing.
      ReadPage edge = core.client().read(after(name + ":a", first.getEpoch(), 5));
      assertThat(edge.getReset()).isEqualTo(ReadPage.Reset.NONE);
      assertThat(edge.getEventsCount()).isEqualTo(4);
    }
  }

  @Test
  void aQuietChannelBeyondRetentionIsEmptyAndItsPositionExpiresOnlyOnceSomethingIsGone()
      throws Exception {
    String name = servers.name();
    servers.createTopic(
        name,
        1,
        Map.of(
            "retention.ms",
            "1000",
            "segment.ms",
            "100",
            "message.timestamp.type",
            "LogAppendTime"));
    Map<String, Object> rules =
        Map.of("partitions", 1, "retention", "1s", "idempotency-window", "1s");
    try (var core = Cores.start(servers, name, rules).ready()) {
      PublishVerdict only =
          core.client().publish(event(name + ":quiet", "1").setKey("k").setClose(true));
      // Others go on, so that segments are rolled and removed.
      await()
          .atMost(Duration.ofSeconds(40))
          .pollInterval(Duration.ofMillis(200))
          .until(
              () -> {
                core.client().publish(event(name + ":busy", "1"));
                return core.head(name, 0).getEarliest() > only.getOffset();
              });
      ReadPage gone = core.client().read(all(name + ":quiet"));
      assertThat(gone.getEventsList()).isEmpty();
      assertThat(gone.getKnown()).isFalse();
      assertThat(gone.getClosed()).isFalse();
      ReadPage expired = core.client().read(after(name + ":quiet", only.getEpoch(), -1));
      assertThat(expired.getReset()).isEqualTo(ReadPage.Reset.EXPIRED);
      ReadPage kept =
          core.client().read(after(name + ":quiet", only.getEpoch(), gone.getEarliest()));
      assertThat(kept.getReset()).isEqualTo(ReadPage.Reset.NONE);
      // Its key and its end have gone with it.
      PublishVerdict again = core.client().publish(event(name + ":quiet", "2").setKey("k"));
      assertThat(again.getOutcome()).isEqualTo(Outcome.STORED);
    }
  }

  @Test
  void aTopicMadeAgainWithMoreRecordsThanBeforeIsFoldedAnewUnderAnotherEpoch() throws Exception {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready()) {
      PublishVerdict old = core.client().publish(event(name + ":a", "\"old\""));
      core.client().publish(event(name + ":a", "\"older\"").setClose(true));
      // Held, so that the consumer finds its position within the new log, and nothing out of range.
      core.gate().pause();
      servers.admin().deleteTopics(List.of(name)).all().get();
      servers.makeAgain(name, 1);
      try (var producer = servers.producer(Map.of())) {
        for (int i = 0; i < 20; i++) {
          Servers.write(producer, name, "a", Integer.toString(i));
        }
      }
      core.gate().open();
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() -> core.client().read(all(name + ":a")).getEventsCount() == 20);
      ReadPage anew = core.client().read(all(name + ":a"));
      assertThat(anew.getEpoch()).isNotEqualTo(old.getEpoch());
      assertThat(anew.getClosed()).isFalse();
      assertThat(anew.getEventsList())
          .extracting(e -> e.getData().toString(StandardCharsets.UTF_8))
          .containsExactlyElementsOf(IntStream.range(0, 20).mapToObj(Integer::toString).toList());
      ReadPage foreign = core.client().read(after(name + ":a", old.getEpoch(), 1));
      assertThat(foreign.getReset()).isEqualTo(ReadPage.Reset.FOREIGN);
      assertThat(foreign.getEventsCount()).isEqualTo(20);
      PublishVerdict next = core.client().publish(event(name + ":a", "20"));
      assertThat(next.getOutcome()).isEqualTo(Outcome.STORED);
      assertThat(next.getEpoch()).isEqualTo(anew.getEpoch());
      assertThat(next.getOffset()).isEqualTo(20);
    }
  }

  @Test
  void aTopicMadeAgainWhileTheServiceWasDownIsFoldedAnew() throws Exception {
    String name = servers.name();
    Path data = servers.directory("core");
    Map<String, Object> rules = Map.of("partitions", 1);
    try (var core = Cores.start(servers, name, rules, data, "event-core-1").ready()) {
      core.client().publish(event(name + ":a", "1"));
    }
    servers.admin().deleteTopics(List.of(name)).all().get();
    servers.makeAgain(name, 1);
    try (var core = Cores.start(servers, name, rules, data, "event-core-1").ready()) {
      assertThat(core.client().read(all(name + ":a")).getEventsList()).isEmpty();
    }
  }

  @Test
  void aRestartGoesOnWhereItWasAndADeletedDirectoryIsFoldedAgain() throws Exception {
    String name = servers.name();
    Path data = servers.directory("core");
    ReadPage before;
    try (var core = Cores.start(servers, name, Map.of(), data, "event-core-1").ready()) {
      for (int i = 0; i < 20; i++) {
        core.client().publish(event(name + ":a", Integer.toString(i)).setKey("k" + i % 15));
      }
      before = core.client().read(all(name + ":a"));
      assertThat(before.getEventsCount()).isEqualTo(15);
    }
    try (var core = Cores.start(servers, name, Map.of(), data, "event-core-1").ready()) {
      assertThat(core.client().read(all(name + ":a"))).isEqualTo(before);
      assertThat(metric(core, name, "stored")).isZero();
    }
    delete(data);
    try (var core = Cores.start(servers, name, Map.of(), data, "event-core-1").ready()) {
      assertThat(core.client().read(all(name + ":a"))).isEqualTo(before);
      assertThat(metric(core, name, "stored")).isEqualTo(15);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  private static List<Event> awaitEvents(Cores.Running core, String channel, int count) {
    await()
        .atMost(PATIENCE)
        .until(() -> core.client().read(all(channel)).getEventsCount() >= count);
    return core.client().read(all(channel)).getEventsList();
  }

  static ReadRequest.Builder after(String channel, String epoch, long offset) {
    return ReadRequest.newBuilder()
        .setChannel(channel)
        .setLimit(1000)
        .setAfter(Position.newBuilder().setEpoch(epoch).setOffset(offset));
  }
}
