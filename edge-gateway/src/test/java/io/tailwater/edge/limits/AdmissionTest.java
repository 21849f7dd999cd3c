package io.tailwater.edge.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Grant;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Issue;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

final class AdmissionTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Admission admission =
      new Admission(
          new EdgeLimits(1, 2, 0, 0, 0, 0, 0, 64L << 20, 0, 1_000, List.of()),
          System::nanoTime,
          meters);

  @Test
  void aSeatThatIsLeftTwiceIsCountedOutOnce() {
    Admission.Seat first = admission.connect(of("alice"));
    first.leave();
    first.leave();
    admission.connect(of("alice"));
    assertRefused("alice");
  }

  @Test
  void aSeatThatChangesFreesTheSubjectThatItHad() {
    Admission.Seat seat = admission.connect(of("alice"));
    seat.change(of("bob"));
    admission.connect(of("alice"));
    assertThatThrownBy(() -> seat.change(of("alice"))).isInstanceOf(RequestException.class);
    assertRefused("bob");
  }

  @Test
  void nobodyIsCountedAfterwardsWhoeverChangesAndLeavesAtTheSameTime() throws InterruptedException {
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int i = 0; i < 2_000; i++) {
        Admission.Seat seat = admission.connect(of("alice"));
        CountDownLatch done = new CountDownLatch(2);
        threads.execute(
            () -> {
              seat.change(of("bob"));
              done.countDown();
            });
        threads.execute(
            () -> {
              seat.leave();
              done.countDown();
            });
        done.await();
        assertThat(meters.get("tailwater.edge.limits.tracked").gauge().value()).isZero();
      }
    }
  }

  private void assertRefused(String subject) {
    assertThatThrownBy(() -> admission.connect(of(subject)))
        .isInstanceOf(RequestException.class)
        .hasMessageContaining("at most 1");
  }

  private static Identity of(String subject) {
    return new Identity(
        subject,
        new Grant(List.of(), List.of(), List.of()),
        Long.MAX_VALUE,
        false,
        Issue.UNKNOWN,
        null,
        "192.0.2.1");
  }
}
