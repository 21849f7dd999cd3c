package io.tailwater.core.fold;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class PassageTest {
  private final List<String> happened = new ArrayList<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final Passage passage = new Passage(Runnable::run, waiting, 3, 9);

  private Passage.Waiter waiter(String name) {
    return new Passage.Waiter() {
      @Override
      public void passed() {
        happened.add(name + " passed");
      }

      @Override
      public void late() {
        happened.add(name + " late");
      }
    };
  }

  @Test
  void whatIsPassedAlreadyIsNotWaitedFor() {
    passage.await(9, 0, waiter("a"));
    assertThat(happened).containsExactly("a passed");
  }

  @Test
  void everyoneIsTakenOnceWhenItsOffsetIsPassedOrItsTimeIsOver() {
    passage.await(12, 100, waiter("a"));
    passage.await(11, 50, waiter("b"));
    passage.await(10, 10, waiter("c"));
    passage.advance(10);
    passage.expire(50);
    passage.advance(20);
    passage.expire(200);
    assertThat(happened).containsExactly("c passed", "b late", "a passed");
    assertThat(waiting).hasValue(0);
  }

  @Test
  void theFourthIsTurnedAwayWhenThreeMayWait() {
    for (String name : List.of("a", "b", "c", "d")) {
      passage.await(10, 100, waiter(name));
    }
    assertThat(happened).containsExactly("d late");
  }

  @Test
  void whoWaitsWhenThePartitionBeginsAnewIsLate() {
    passage.await(10, 100, waiter("a"));
    passage.restart(-1);
    passage.await(5, 100, waiter("b"));
    assertThat(happened).containsExactly("a late");
    passage.advance(5);
    assertThat(happened).containsExactly("a late", "b passed");
  }
}
