package io.tailwater.core;

import static io.tailwater.core.CoreClient.all;
import static io.tailwater.core.CoreClient.event;
import static io.tailwater.core.FoldIT.after;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Latest;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a page may say, and when. */
final class ReadIT {
  private final Servers servers = Servers.shared();

  @Test
  void aLaggingInstanceWaitsForWhatItIsAskedAndThenSaysUnavailable() {
    String name = servers.name();
    Map<String, Object> rules = Map.of("partitions", 1, "tailwater.core.read-timeout", "500ms");
    try (var cores = Cores.pair(servers, name, rules)) {
      var quick = cores.one();
      var slow = cores.two();
      quick.client().publish(event(name + ":a", "0"));
      await().atMost(Duration.ofSeconds(30)).until(() -> slow.head(name, 0).getThrough() == 0);
      slow.gate().pause();
      PublishVerdict verdict = quick.client().publish(event(name + ":a", "1"));
      ReadRequest.Builder read =
          after(name + ":a", verdict.getEpoch(), 0)
              .setAtLeast(verdict.getOffset())
              .setAtLeastEpoch(verdict.getEpoch());
      assertThat(quick.client().read(read.clone()).getEventsCount()).isEqualTo(1);
      assertUnavailable(() -> slow.client().read(read.clone()));
      // A position that it does not know yet is not foreign.
      assertUnavailable(() -> slow.client().read(after(name + ":a", verdict.getEpoch(), 1)));
      // Without a bound it says what it knows, and through where that is true.
      ReadPage old = slow.client().read(all(name + ":a"));
      assertThat(old.getThrough()).isZero();
      slow.gate().open();
      await()
          .ignoreExceptions()
          .until(() -> slow.client().read(read.clone()).getEventsCount() == 1);
    }
  }

  private static void assertUnavailable(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
  }

  @Test
  void aPositionOfAnotherLogOrBeyondTheEndIsForeign() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready()) {
      PublishVerdict verdict = core.client().publish(event(name + ":a", "0"));
      ReadPage future = core.client().read(after(name + ":a", verdict.getEpoch(), 1));
      assertThat(future.getReset()).isEqualTo(ReadPage.Reset.FOREIGN);
      assertThat(future.getFrom()).isEqualTo(-1);
      assertThat(future.getEventsCount()).isEqualTo(1);
      ReadPage foreign = core.client().read(after(name + ":a", "zzzzzz", 0));
      assertThat(foreign.getReset()).isEqualTo(ReadPage.Reset.FOREIGN);
      assertThat(foreign.getEarliest()).isEqualTo(-1);
      ReadPage end = core.client().read(after(name + ":a", verdict.getEpoch(), 0));
      assertThat(end.getReset()).isEqualTo(ReadPage.Reset.NONE);
      assertThat(end.getFrom()).isZero();
      assertThat(end.getThrough()).isZero();
      ReadPage before =
          core.client()
              .read(
                  ReadRequest.newBuilder()
                      .setChannel(name + ":a")
                      .setLimit(5)
                      .setBefore(Position.newBuilder().setEpoch("zzzzzz").setOffset(3)));
      assertThat(before.getReset()).isEqualTo(ReadPage.Reset.FOREIGN);
    }
  }

  @Test
  void absenceIsSaidOfAPlatformsChannelOnlyAfterKafkasEndWasReached() {
    String name = servers.name();
    Map<String, Object> rules =
        Map.of("partitions", 1, "platform-only", true, "tailwater.core.read-timeout", "500ms");
    try (var cores = Cores.pair(servers, name, rules)) {
      var quick = cores.one();
      var slow = cores.two();
      assertThat(quick.client().read(all(name + ":new")).getKnown()).isFalse();
      slow.gate().pause();
      quick.client().publish(event(name + ":new", "1"));
      assertUnavailable(() -> slow.client().read(all(name + ":new").setLimit(0)));
      slow.gate().open();
      await()
          .ignoreExceptions()
          .until(() -> slow.client().read(all(name + ":new").setLimit(0)).getKnown());
    }
  }

  @Test
  void aReadOfNothingSaysWhetherTheChannelIsClosedAsOfTheHead() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready()) {
      core.client().publish(event(name + ":a", "0"));
      PublishVerdict end = core.client().publish(event(name + ":a", "1").setClose(true));
      PublishVerdict other = core.client().publish(event(name + ":b", "1"));
      ReadPage page =
          core.client()
              .read(
                  after(name + ":a", end.getEpoch(), -1)
                      .setLimit(0)
                      .setAtLeast(other.getOffset())
                      .setAtLeastEpoch(end.getEpoch()));
      assertThat(page.getThrough()).isEqualTo(-1);
      assertThat(page.getHead()).isEqualTo(2);
      assertThat(page.getClosed()).isTrue();
      assertThat(page.getKnown()).isTrue();
      ReadPage half = core.client().read(all(name + ":a").setLimit(1));
      assertThat(half.getThrough()).isZero();
      assertThat(half.getClosed()).isFalse();
      ReadPage latest =
          core.client()
              .read(
                  ReadRequest.newBuilder()
                      .setChannel(name + ":b")
                      .setLimit(10)
                      .setLatest(Latest.getDefaultInstance()));
      assertThat(latest.getFrom()).isEqualTo(2);
      assertThat(latest.getEventsList()).isEmpty();
    }
  }

  @Test
  void aTimeIsFoundByKafkasIndex() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready()) {
      for (int i = 0; i < 5; i++) {
        core.client().publish(event(name + ":a", Integer.toString(i)));
        await().pollDelay(Duration.ofMillis(5)).until(() -> true);
      }
      Event third = core.client().read(all(name + ":a")).getEvents(2);
      assertThat(since(core, name, third.getTsMs()).getEventsList())
          .extracting(Event::getOffset)
          .containsExactly(2L, 3L, 4L);
      assertThat(since(core, name, third.getTsMs()).getFrom()).isEqualTo(1);
      assertThat(since(core, name, 0).getEventsCount()).isEqualTo(5);
      ReadPage later = since(core, name, third.getTsMs() + 3_600_000);
      assertThat(later.getEventsList()).isEmpty();
      assertThat(later.getFrom()).isEqualTo(4);
    }
  }

  private static ReadPage since(Cores.Running core, String name, long timeMs) {
    return core.client()
        .read(ReadRequest.newBuilder().setChannel(name + ":a").setLimit(10).setTimeMs(timeMs));
  }

  @Test
  void pagesAreBoundedByBytesThoughNeverLessThanOneEvent() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready()) {
      String large = "\"" + "x".repeat(5_000) + "\"";
      for (int i = 0; i < 4; i++) {
        core.client().publish(event(name + ":a", large));
      }
      ReadPage one = core.client().read(all(name + ":a").setMaxBytes(100));
      assertThat(one.getEventsCount()).isEqualTo(1);
      assertThat(one.getThrough()).isZero();
      ReadPage two = core.client().read(all(name + ":a").setMaxBytes(11_000));
      assertThat(two.getEventsCount()).isEqualTo(2);
      assertThat(two.getHead()).isEqualTo(3);
    }
  }

  @Test
  void whatCannotBeReadIsRefusedWithTheContractsCode() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of()).ready()) {
      assertRefused(() -> core.client().read(all("nowhere:a")), Status.Code.NOT_FOUND);
      assertRefused(() -> core.client().read(all("x")), Status.Code.INVALID_ARGUMENT);
      assertRefused(
          () -> core.client().read(all(name + ":a").setLimit(1001)), Status.Code.INVALID_ARGUMENT);
      assertRefused(
          () -> core.client().read(all(name + ":a").clearStart()), Status.Code.INVALID_ARGUMENT);
    }
  }

  private static void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Status.Code code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
  }
}
