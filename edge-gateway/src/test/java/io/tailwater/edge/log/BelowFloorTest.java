package io.tailwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tailwater.contract.v1.SlowReaders;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BelowFloorTest {
  @ParameterizedTest
  @EnumSource
  void aReaderThatWasNotLiveOrKeptUpReadsAPageWhateverThePolicy(SlowReaders policy) {
    for (boolean holdsRuns : new boolean[] {true, false}) {
      assertThat(BelowFloor.of(CursorState.REPLAYING, policy, holdsRuns))
          .isEqualTo(BelowFloor.READ_PAGE);
      assertThat(BelowFloor.of(CursorState.EXPECTING, policy, holdsRuns))
          .isEqualTo(BelowFloor.READ_PAGE);
      assertThat(BelowFloor.of(CursorState.LIVE, policy, holdsRuns))
          .isEqualTo(BelowFloor.READ_PAGE);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BEHIND", "SLOW", "SKIPPED"})
  void aReaderThatFellBehindIsTreatedAsItsNamespaceSays(CursorState state) {
    assertThat(BelowFloor.of(state, SlowReaders.LAG, true)).isEqualTo(BelowFloor.READ_PAGE);
    assertThat(BelowFloor.of(state, SlowReaders.LATEST, true)).isEqualTo(BelowFloor.SKIP_TO_NEWEST);
    assertThat(BelowFloor.of(state, SlowReaders.DISCONNECT, true)).isEqualTo(BelowFloor.STOP);
  }

  @ParameterizedTest
  @EnumSource(names = {"BEHIND", "SLOW", "SKIPPED"})
  void whereNothingIsLeftToSkipToAPageIsRead(CursorState state) {
    assertThat(BelowFloor.of(state, SlowReaders.LATEST, false)).isEqualTo(BelowFloor.READ_PAGE);
  }

  @ParameterizedTest
  @EnumSource
  void aPolicyOfALaterVersionIsToLag(CursorState state) {
    Set<CursorState> deliverNothing =
        Set.of(CursorState.AWAITING_PAGE, CursorState.PAUSED, CursorState.SNAPSHOT);
    if (state.reads() && !deliverNothing.contains(state)) {
      assertThat(BelowFloor.of(state, SlowReaders.UNRECOGNIZED, true))
          .isEqualTo(BelowFloor.READ_PAGE);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SNAPSHOT", "OPENING", "AWAITING_PAGE", "PAUSED", "ENDED", "LEFT"})
  void aCursorThatDeliversNothingHasNothingToDecide(CursorState state) {
    assertThatThrownBy(() -> BelowFloor.of(state, SlowReaders.LAG, true))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
