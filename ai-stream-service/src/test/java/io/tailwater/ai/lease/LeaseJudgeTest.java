package io.tailwater.ai.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.ai.lease.LeaseJudge.Sight;
import io.tailwater.ai.stream.StreamId;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class LeaseJudgeTest {
  private static final StreamId A = new StreamId("A".repeat(22));
  private static final StreamId B = new StreamId("B".repeat(22));
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final LeaseJudge judge = new LeaseJudge(Duration.ofSeconds(5));

  @Test
  void aStreamWithoutALeaseIsLost() {
    judge.see(0, sight("one", Set.of(A, B), Set.of(A, B)));
    assertThat(judge.see(6 * SECOND, sight("one", Set.of(A, B), Set.of(B)))).containsExactly(A);
  }

  @Test
  void nobodyIsLostBeforeAFullLeaseHasPassedSinceTheFirstSight() {
    assertThat(judge.see(0, sight("one", Set.of(A), Set.of()))).isEmpty();
    assertThat(judge.see(5 * SECOND, sight("one", Set.of(A), Set.of()))).isEmpty();
    assertThat(judge.see(5 * SECOND + 1, sight("one", Set.of(A), Set.of()))).containsExactly(A);
  }

  @Test
  void nobodyIsLostBeforeAFullLeaseHasPassedSinceTheStoreWasAway() {
    judge.see(0, sight("one", Set.of(A), Set.of(A)));
    judge.blind();
    assertThat(judge.see(20 * SECOND, sight("one", Set.of(A), Set.of()))).isEmpty();
    assertThat(judge.see(24 * SECOND, sight("one", Set.of(A), Set.of(A)))).isEmpty();
    assertThat(judge.see(26 * SECOND, sight("one", Set.of(A), Set.of(A)))).isEmpty();
  }

  @Test
  void nobodyIsLostBeforeAFullLeaseHasPassedSinceTheStoreCameBackAnother() {
    judge.see(0, sight("one", Set.of(A), Set.of(A)));
    assertThat(judge.see(20 * SECOND, sight("two", Set.of(A), Set.of()))).isEmpty();
    assertThat(judge.see(25 * SECOND, sight("two", Set.of(A), Set.of()))).isEmpty();
  }

  @Test
  void whatAnEmptiedStoreForgotIsKeptInMind() {
    judge.see(0, sight("one", Set.of(A, B), Set.of(A, B)));
    assertThat(judge.see(20 * SECOND, sight("two", Set.of(), Set.of()))).isEmpty();
    assertThat(judge.see(22 * SECOND, sight("two", Set.of(B), Set.of(B)))).isEmpty();
    assertThat(judge.see(26 * SECOND, sight("two", Set.of(B), Set.of(B)))).containsExactly(A);
    assertThat(judge.see(28 * SECOND, sight("two", Set.of(B), Set.of(B)))).isEmpty();
  }

  @Test
  void whatEndedAsItShouldIsForgotten() {
    judge.see(0, sight("one", Set.of(A), Set.of(A)));
    judge.see(6 * SECOND, sight("one", Set.of(A), Set.of(A)));
    assertThat(judge.see(8 * SECOND, sight("one", Set.of(), Set.of()))).isEmpty();
  }

  private static Sight sight(String incarnation, Set<StreamId> registered, Set<StreamId> held) {
    return new Sight(incarnation, registered, held);
  }
}
