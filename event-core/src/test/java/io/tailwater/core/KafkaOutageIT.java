package io.tailwater.core;

import static io.tailwater.core.CoreClient.all;
import static io.tailwater.core.CoreClient.event;
import static io.tailwater.core.PublishIT.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.contract.v1.ReadPage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A Kafka that is killed with -9 and comes back, under one event-core. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KafkaOutageIT {
  private final KafkaProcess kafka;
  private final Cores.Running core;

  KafkaOutageIT(@TempDir Path directory) throws Exception {
    kafka = new KafkaProcess(directory.resolve("kafka")).start();
    core =
        Cores.start(
                Cores.properties(
                    "event-core-1",
                    kafka.bootstrap(),
                    Servers.shared().redis(),
                    directory.resolve("core"),
                    Map.of(
                        "tailwater.namespaces.demo.partitions",
                        1,
                        "tailwater.core.publish-timeout",
                        "4s")))
            .ready();
  }

  @AfterAll
  void stop() throws Exception {
    core.close();
    kafka.close();
  }

  @Test
  void withoutKafkaPublishingIsUnavailableInTimeReadingGoesOnAndBothComeBack() throws Exception {
    PublishVerdict before = core.client().publish(event("demo:away", "1"));
    assertThat(before.getOutcome()).isEqualTo(Outcome.STORED);
    kafka.kill();
    long begun = System.nanoTime();
    PublishVerdict during = core.client().publish(event("demo:away", "2").setKey("k2"));
    assertThat(during.getOutcome()).isEqualTo(Outcome.UNAVAILABLE);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
    assertThat(core.client().read(all("demo:away")).getEventsCount()).isEqualTo(1);
    assertThat(core.core().readiness().isReady()).isTrue();
    kafka.start();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                core.client().publish(event("demo:away", "2").setKey("k2")).getOutcome()
                    != Outcome.UNAVAILABLE);
    assertThat(core.client().read(all("demo:away")).getEventsList())
        .extracting(Event::getData)
        .containsExactly(ByteString.copyFromUtf8("1"), ByteString.copyFromUtf8("2"));
  }

  @Test
  void whenKafkaFailsAndComesBackWhatIsPublishedAgainKeepsItsOrder() throws Exception {
    AtomicInteger published = new AtomicInteger();
    AtomicBoolean enough = new AtomicBoolean();
    CompletableFuture<Void> sender =
        CompletableFuture.runAsync(() -> sendInOrder(published, enough));
    await().atMost(Duration.ofSeconds(60)).until(() -> published.get() > 200);
    // Killed when some are about to expire and others are not: the trap for their order.
    kafka.kill();
    await().pollDelay(Duration.ofMillis(1_500)).until(() -> true);
    kafka.start();
    int after = published.get();
    await().atMost(Duration.ofSeconds(60)).until(() -> published.get() > after + 500);
    enough.set(true);
    sender.get(60, TimeUnit.SECONDS);
    assertThat(numbers())
        .containsExactlyElementsOf(IntStream.range(0, published.get()).boxed().toList());
  }

  /** Keeps some under way, and after a failure begins again with the first that has no verdict. */
  private void sendInOrder(AtomicInteger published, AtomicBoolean enough) {
    while (!enough.get()) {
      try (var stream = core.client().stream()) {
        ArrayDeque<CompletableFuture<PublishVerdict>> underWay = new ArrayDeque<>();
        int next = published.get();
        boolean good = true;
        while (good && (!enough.get() || !underWay.isEmpty())) {
          while (!enough.get() && underWay.size() < 20) {
            String number = Integer.toString(next++);
            underWay.add(stream.publish(event("demo:order", number).setKey("k" + number)));
          }
          good = join(underWay.remove()).getOutcome() != Outcome.UNAVAILABLE;
          if (good) {
            published.incrementAndGet();
          }
        }
      }
    }
  }

  private List<Integer> numbers() {
    List<Integer> numbers = new ArrayList<>();
    ReadPage page = core.client().read(all("demo:order"));
    while (true) {
      page.getEventsList()
          .forEach(e -> numbers.add(Integer.valueOf(e.getData().toString(StandardCharsets.UTF_8))));
      if (page.getThrough() == page.getHead()) {
        return numbers;
      }
      page = core.client().read(FoldIT.after("demo:order", page.getEpoch(), page.getThrough()));
    }
  }
}
