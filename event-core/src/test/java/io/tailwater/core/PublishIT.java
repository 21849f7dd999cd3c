package io.tailwater.core;

import static io.tailwater.core.CoreClient.all;
import static io.tailwater.core.CoreClient.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.contract.v1.ReadPage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Publications and their verdicts, over a real broker. */
final class PublishIT {
  private static final int MAX_BATCH = 100;

  private final Servers servers = Servers.shared();

  @Test
  void aVerdictComesWithinMillisecondsAndInTheOrderOfTheChannel() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of()).ready();
        var stream = core.client().stream()) {
      List<CompletableFuture<PublishVerdict>> verdicts = new ArrayList<>();
      for (int i = 0; i < 2_000; i++) {
        verdicts.add(stream.publish(event(name + ":c" + i % 7, "{\"i\":" + i + "}")));
      }
      assertThat(verdicts)
          .allSatisfy(one -> assertThat(join(one).getOutcome()).isEqualTo(Outcome.STORED));
      for (int c = 0; c < 7; c++) {
        ReadPage page = core.client().read(all(name + ":c" + c));
        int channel = c;
        assertThat(page.getEventsList())
            .extracting(e -> e.getData().toString(StandardCharsets.UTF_8))
            .containsExactlyElementsOf(
                IntStream.range(0, 2_000)
                    .filter(i -> i % 7 == channel)
                    .mapToObj(i -> "{\"i\":" + i + "}")
                    .toList());
      }
      long best = Long.MAX_VALUE;
      for (int i = 0; i < 50; i++) {
        long begun = System.nanoTime();
        join(stream.publish(event(name + ":c0", "1")));
        best = Math.min(best, System.nanoTime() - begun);
      }
      assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(20));
    }
  }

  @Test
  void aBatchIsAppendedInItsOrderAndItsRefusalsLeaveTogether() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of()).ready();
        var stream = core.client().stream()) {
      List<CompletableFuture<PublishVerdict>> verdicts = new ArrayList<>();
      for (int batch = 0; batch < 30; batch++) {
        int first = batch * MAX_BATCH;
        verdicts.addAll(
            stream.publish(
                IntStream.range(first, first + MAX_BATCH)
                    .mapToObj(i -> event(name + ":c" + i % 7, Integer.toString(i)))
                    .toList()));
      }
      assertThat(verdicts)
          .allSatisfy(one -> assertThat(join(one).getOutcome()).isEqualTo(Outcome.STORED));
      ReadPage page = core.client().read(all(name + ":c3"));
      assertThat(page.getEventsList())
          .extracting(e -> e.getData().toString(StandardCharsets.UTF_8))
          .containsExactlyElementsOf(
              IntStream.range(0, verdicts.size())
                  .filter(i -> i % 7 == 3)
                  .mapToObj(Integer::toString)
                  .toList());

      int before = stream.messages();
      List<CompletableFuture<PublishVerdict>> refused =
          stream.publish(
              IntStream.range(0, MAX_BATCH).mapToObj(i -> event("nowhere:a", "1")).toList());
      refused.forEach(one -> assertThat(join(one).getOutcome()).isEqualTo(Outcome.REFUSED));
      assertThat(stream.messages()).isEqualTo(before + 1);
    }
  }

  @Test
  void aBatchThatIsTooLongEndsItsStream() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of()).ready();
        var stream = core.client().stream()) {
      var verdicts =
          stream.publish(
              IntStream.rangeClosed(0, MAX_BATCH).mapToObj(i -> event(name + ":a", "1")).toList());
      assertThatThrownBy(() -> join(verdicts.getFirst()))
          .hasMessageContaining("a batch has at most 100 requests, and this one has 101");
      assertThat(core.client().read(all(name + ":a")).getEventsList()).isEmpty();
    }
  }

  @Test
  void whatIsWrongIsRefusedWithTheContractsCode() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("max-event-bytes", 10)).ready()) {
      assertRefused(core, event("nowhere:a", "1"), "not_found");
      assertRefused(core, event("No:a", "1"), "invalid_channel");
      assertRefused(core, event(name + ":", "1"), "invalid_channel");
      assertRefused(core, event(name + ":a", "1").setType("tw.end"), "invalid_type");
      assertRefused(core, event(name + ":a", "12345678901"), "too_large");
      assertRefused(core, event(name + ":a", "1").setKey("k".repeat(256)), "invalid_request");
      assertThat(core.client().read(all(name + ":a")).getEventsList()).isEmpty();
    }
  }

  private static void assertRefused(
      Cores.Running core, io.tailwater.contract.v1.PublishRequest.Builder request, String code) {
    PublishVerdict verdict = core.client().publish(request);
    assertThat(verdict.getOutcome()).isEqualTo(Outcome.REFUSED);
    assertThat(verdict.getCode()).isEqualTo(code);
  }

  @Test
  void aRepeatGetsTheFirstOnesOffsetAlsoWhenTheChannelIsClosed() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of()).ready()) {
      var closing = event(name + ":a", "").setBy("alice").setKey("last").setClose(true);
      PublishVerdict first = core.client().publish(closing.clone());
      PublishVerdict again = core.client().publish(closing.clone());
      assertThat(first.getOutcome()).isEqualTo(Outcome.STORED);
      assertThat(again.getOutcome()).isEqualTo(Outcome.DUPLICATE);
      assertThat(again.getOffset()).isEqualTo(first.getOffset());
      PublishVerdict late = core.client().publish(event(name + ":a", "1"));
      assertThat(late.getOutcome()).isEqualTo(Outcome.CLOSED);
      PublishVerdict other = core.client().publish(closing.clone().setBy("bob"));
      assertThat(other.getOutcome()).isEqualTo(Outcome.CLOSED);
    }
  }

  @Test
  void theSameKeyOnTwoEventCoresAtOnceIsStoredOnce() {
    String name = servers.name();
    try (var cores = Cores.pair(servers, name, Map.of());
        var first = cores.one().client().stream();
        var second = cores.two().client().stream()) {
      for (int i = 0; i < 200; i++) {
        var request = event(name + ":a", Integer.toString(i)).setKey("k" + i);
        var left = first.publish(request.clone());
        var right = second.publish(request.clone());
        assertThat(List.of(join(left).getOutcome(), join(right).getOutcome()))
            .containsExactlyInAnyOrder(Outcome.STORED, Outcome.DUPLICATE);
        assertThat(join(left).getOffset()).isEqualTo(join(right).getOffset());
      }
      ReadPage here = cores.one().client().read(all(name + ":a"));
      assertThat(here.getEventsCount()).isEqualTo(200);
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(cores.two().client().read(all(name + ":a")).getEventsList())
                      .isEqualTo(here.getEventsList()));
    }
  }

  @Test
  void whenClosingRacesPublishingTheChannelEndsWithItsClosingEvent() {
    String name = servers.name();
    try (var cores = Cores.pair(servers, name, Map.of());
        var first = cores.one().client().stream();
        var second = cores.two().client().stream()) {
      for (int round = 0; round < 30; round++) {
        String channel = name + ":r" + round;
        List<CompletableFuture<PublishVerdict>> verdicts = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          verdicts.add(first.publish(event(channel, Integer.toString(i))));
        }
        PublishVerdict closed = join(second.publish(event(channel, "").setClose(true)));
        assertThat(closed.getOutcome()).isEqualTo(Outcome.STORED);
        List<Long> stored = new ArrayList<>();
        for (var verdict : verdicts) {
          PublishVerdict found = join(verdict);
          if (found.getOutcome() == Outcome.STORED) {
            assertThat(found.getOffset()).isLessThan(closed.getOffset());
            stored.add(found.getOffset());
          } else {
            assertThat(found.getOutcome()).isEqualTo(Outcome.CLOSED);
          }
        }
        stored.add(closed.getOffset());
        ReadPage page =
            cores
                .one()
                .client()
                .read(
                    all(channel).setAtLeast(closed.getOffset()).setAtLeastEpoch(closed.getEpoch()));
        assertThat(page.getEventsList()).extracting(Event::getOffset).isEqualTo(stored);
        assertThat(page.getClosed()).isTrue();
      }
    }
  }

  @Test
  void aSlowFoldMakesAPublicationUnavailableAndAllAfterItOnItsStreamAndChannel() {
    String name = servers.name();
    try (var core =
            Cores.start(servers, name, Map.of("tailwater.core.publish-timeout", "3s")).ready();
        var stream = core.client().stream();
        var other = core.client().stream()) {
      core.gate().pause();
      var first = stream.publish(event(name + ":a", "1").setKey("k1"));
      var second = stream.publish(event(name + ":a", "2").setKey("k2"));
      assertThat(join(first).getOutcome()).isEqualTo(Outcome.UNAVAILABLE);
      core.gate().open();
      assertThat(join(second).getOutcome()).isEqualTo(Outcome.UNAVAILABLE);
      var third = stream.publish(event(name + ":a", "3").setKey("k3"));
      assertThat(join(third).getOutcome()).isEqualTo(Outcome.UNAVAILABLE);
      assertThat(join(stream.publish(event(name + ":b", "1"))).getOutcome())
          .isEqualTo(Outcome.STORED);
      // It was unknown, not refused: the same keys on another stream find what was written.
      assertThat(join(other.publish(event(name + ":a", "1").setKey("k1"))).getOutcome())
          .isEqualTo(Outcome.DUPLICATE);
      assertThat(join(other.publish(event(name + ":a", "2").setKey("k2"))).getOutcome())
          .isEqualTo(Outcome.DUPLICATE);
      assertThat(join(other.publish(event(name + ":a", "3").setKey("k3"))).getOutcome())
          .isEqualTo(Outcome.STORED);
      assertThat(core.client().read(all(name + ":a")).getEventsList())
          .extracting(Event::getData)
          .containsExactly(
              ByteString.copyFromUtf8("1"),
              ByteString.copyFromUtf8("2"),
              ByteString.copyFromUtf8("3"));
    }
  }

  @Test
  void aTopicMadeAgainBeforeTheVerdictGivesNoFalseStored() throws Exception {
    for (int records : List.of(0, 20)) {
      String name = servers.name();
      Map<String, Object> rules = Map.of("partitions", 1, "tailwater.core.publish-timeout", "4s");
      try (var core = Cores.start(servers, name, rules).ready()) {
        String old = "";
        for (int i = 0; i < 5; i++) {
          // The same event that is published below, at the offset that it will get.
          old = core.client().publish(event(name + ":a", "1")).getEpoch();
        }
        core.gate().pause();
        servers.admin().deleteTopics(List.of(name)).all().get();
        servers.makeAgain(name, 1);
        try (var producer = servers.producer(Map.of());
            var stream = core.client().stream()) {
          for (int i = 0; i < records; i++) {
            Servers.write(producer, name, "a", "2");
          }
          var verdict = stream.publish(event(name + ":a", "1"));
          // Written before the fold knows of the new topic, or refused as the old one was missed.
          await()
              .atMost(Duration.ofSeconds(30))
              .until(() -> verdict.isDone() || servers.end(name, 0) == records + 1);
          core.gate().open();
          PublishVerdict found = join(verdict);
          assertThat(found.getOutcome()).isEqualTo(Outcome.UNAVAILABLE);
        }
        await()
            .atMost(Duration.ofSeconds(30))
            .ignoreExceptions()
            .until(
                () ->
                    core.client().read(all(name + ":a")).getEventsCount() == servers.end(name, 0));
        assertThat(core.client().read(all(name + ":a")).getEpoch()).isNotEqualTo(old);
      }
    }
  }

  static PublishVerdict join(CompletableFuture<PublishVerdict> verdict) {
    return verdict.orTimeout(20, TimeUnit.SECONDS).join();
  }
}
