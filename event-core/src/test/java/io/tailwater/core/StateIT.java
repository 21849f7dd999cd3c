package io.tailwater.core;

import static io.tailwater.core.CoreClient.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.contract.v1.StateEntry;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.StateRequest;
import io.tailwater.core.fold.LogRecords;
import io.tailwater.service.StartException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** State over a real broker: the same on every instance and after every rebuild. */
final class StateIT {
  private static final Map<String, Object> MAP = Map.of("state", "map", "retention", "forever");
  private final Servers servers = Servers.shared();

  @Test
  void everyInstanceAndARebuildHaveTheSameEntries() {
    String name = servers.name();
    Path first = servers.directory("core");
    String channel = name + ":board";
    StatePage before;
    try (var one = Cores.start(servers, name, MAP, first, "event-core-1").ready();
        var two =
            Cores.start(servers, name, MAP, servers.directory("core"), "event-core-2").ready()) {
      PublishVerdict last = null;
      for (int i = 0; i < 21; i++) {
        var client = (i % 2 == 0 ? one : two).client();
        EntryOp op = List.of(EntryOp.PUT, EntryOp.ADD, EntryOp.INCLUDE).get(i % 3);
        String data = op == EntryOp.INCLUDE ? "[" + i % 7 + "]" : Integer.toString(i);
        last = client.publish(event(channel, data).setEntry("e" + i % 3).setOp(op));
        assertThat(last.getOutcome()).isEqualTo(Outcome.STORED);
        assertThat(last.getVersion()).isEqualTo(last.getOffset());
      }
      before = state(one, channel, last);
      assertThat(values(before))
          .containsEntry("e0", "18")
          .containsEntry("e1", "70")
          .containsEntry("e2", "[0,1,2,3,4,5,6]");
      assertThat(state(two, channel, last)).isEqualTo(before);
    }
    try (var again =
        Cores.start(servers, name, MAP, servers.directory("core"), "event-core-1").ready()) {
      assertThat(state(again, channel, null)).isEqualTo(before);
    }
  }

  @Test
  void aNamespaceThatBeginsToKeepEntriesIsFoldedAgain() throws Exception {
    String name = servers.name();
    Path directory = servers.directory("core");
    try (var core = Cores.start(servers, name, Map.of(), directory, "event-core-1").ready();
        KafkaProducer<byte[], byte[]> producer = servers.producer(Map.of())) {
      ProducerRecord<byte[], byte[]> record =
          new ProducerRecord<>(name, LogRecords.bytes("a"), LogRecords.bytes("1"));
      record.headers().add("tw-entry", LogRecords.bytes("e"));
      producer.send(record).get();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> core.client().read(CoreClient.all(name + ":a")).getEventsCount() == 1);
      assertThatThrownBy(() -> state(core, name + ":a", null))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("no state");
    }
    Map<String, Object> map = Map.of("state", "map");
    try (var core = Cores.start(servers, name, map, directory, "event-core-1").ready()) {
      assertThat(values(state(core, name + ":a", null))).isEqualTo(Map.of("e", "1"));
    }
  }

  @Test
  void aTopicThatForgetsContradictsARetentionForEver() throws Exception {
    String name = servers.name();
    servers.createTopic(name, 2, Map.of("retention.ms", "60000"));
    assertThatThrownBy(() -> Cores.start(servers, name, MAP))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("retention.ms 60000")
        .hasMessageContaining("forever");
    Map<String, Object> applied = Map.of("state", "map", "retention", "forever", "apply", true);
    try (var core = Cores.start(servers, name, applied).ready()) {
      assertThat(core.client().publish(event(name + ":a", "1").setEntry("e")).getOutcome())
          .isEqualTo(Outcome.STORED);
    }
  }

  @Test
  void aStateHasAtMostTenThousandEntriesAndIsReadInPages() {
    String name = servers.name();
    String channel = name + ":full";
    try (var core = Cores.start(servers, name, MAP).ready();
        var stream = core.client().stream()) {
      List<CompletableFuture<PublishVerdict>> verdicts = new ArrayList<>();
      for (int i = 0; i < 10_000; i++) {
        verdicts.add(stream.publish(event(channel, "1").setEntry("e" + i)));
        if (i % 2_000 == 1_999) {
          verdicts.forEach(StateIT::join);
        }
      }
      PublishVerdict last = join(verdicts.getLast());
      assertThat(join(stream.publish(event(channel, "1").setEntry("more"))).getCode())
          .isEqualTo("too_large");
      assertThat(join(stream.publish(event(channel, "2").setEntry("e7"))).getOutcome())
          .isEqualTo(Outcome.STORED);
      StateRequest.Builder request = StateRequest.newBuilder().setChannel(channel);
      Map<String, String> read = new TreeMap<>();
      StatePage page;
      do {
        page = core.client().calls().state(request.build());
        assertThat(page.getEntriesCount()).isLessThanOrEqualTo(1_000);
        read.putAll(values(page));
        request.setAfter(page.getNext());
      } while (!page.getNext().isEmpty());
      assertThat(read).hasSize(10_000).containsEntry("e7", "2");
      assertThat(page.getPosition()).isEqualTo(last.getOffset() + 1);
    }
  }

  @Test
  void aReadWaitsForItsPositionAndNotForEver() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("state", "map")).ready()) {
      PublishVerdict verdict = core.client().publish(event(name + ":a", "1").setEntry("e"));
      assertThat(values(state(core, name + ":a", verdict))).isEqualTo(Map.of("e", "1"));
      PublishVerdict later = verdict.toBuilder().setOffset(verdict.getOffset() + 100).build();
      // An instance that lags behind Kafka lets others answer.
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> state(core, name + ":a", later))
                      .hasMessageContaining("has not reached the position"));
      PublishVerdict foreign = verdict.toBuilder().setEpoch(Epoch.of("other", 1).text()).build();
      assertThatThrownBy(() -> state(core, name + ":a", foreign))
          .hasMessageContaining("another incarnation");
    }
  }

  @Test
  void anInstanceThatLagsGoesOnWithTheStateOfTheOneThatDoesNot() {
    String name = servers.name();
    String channel = name + ":a";
    try (var one = Cores.start(servers, name, MAP, servers.directory("core"), "event-core-1");
        var two = Cores.start(servers, name, MAP, servers.directory("core"), "event-core-2")) {
      one.ready();
      two.ready();
      PublishVerdict last = null;
      for (int i = 0; i < 10; i++) {
        last = one.client().publish(event(channel, "1").setEntry("e" + i));
      }
      state(two, channel, last);
      two.gate().pause();
      PublishVerdict changed = one.client().publish(event(channel, "2").setEntry("e9"));
      StatePage first =
          one.client()
              .calls()
              .state(StateRequest.newBuilder().setChannel(channel).setLimit(5).build());
      assertThat(first.getPosition()).isEqualTo(changed.getOffset());
      CompletableFuture<StatePage> rest =
          CompletableFuture.supplyAsync(
              () ->
                  two.client()
                      .calls()
                      .state(
                          StateRequest.newBuilder()
                              .setChannel(channel)
                              .setAfter(first.getNext())
                              .build()));
      await().atMost(Duration.ofSeconds(30)).until(() -> two.gauge("tailwater.core.waiting") == 1);
      two.gate().open();
      StatePage second = rest.orTimeout(60, TimeUnit.SECONDS).join();
      Map<String, String> read = values(first);
      read.putAll(values(second));
      assertThat(read).isEqualTo(values(state(one, channel, changed))).containsEntry("e9", "2");
    }
  }

  private static PublishVerdict join(CompletableFuture<PublishVerdict> verdict) {
    return verdict.orTimeout(60, TimeUnit.SECONDS).join();
  }

  private static StatePage state(Cores.Running core, String channel, @Nullable PublishVerdict min) {
    StateRequest.Builder request = StateRequest.newBuilder().setChannel(channel);
    if (min != null) {
      request.setMin(Position.newBuilder().setEpoch(min.getEpoch()).setOffset(min.getOffset()));
    }
    return core.client().calls().state(request.build());
  }

  private static Map<String, String> values(StatePage page) {
    Map<String, String> values = new TreeMap<>();
    for (StateEntry entry : page.getEntriesList()) {
      values.put(entry.getEntry(), entry.getData().toStringUtf8());
    }
    return values;
  }
}
