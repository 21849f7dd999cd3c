package io.tailwater.edge.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class PageTurnsTest {
  @Test
  void theThirdOfTwoWaitsForItsTurn() {
    PageTurns turns = new PageTurns(2);
    List<String> ran = new ArrayList<>();
    for (String name : List.of("a", "b", "c", "d")) {
      turns.take(() -> ran.add(name));
    }
    assertThat(ran).containsExactly("a", "b");
    assertThat(turns.waiting()).isEqualTo(2);
    turns.done();
    assertThat(ran).containsExactly("a", "b", "c");
    turns.done();
    turns.done();
    assertThat(ran).containsExactly("a", "b", "c", "d");
    assertThat(turns.waiting()).isZero();
  }

  @Test
  void aTurnThatEndsWithNobodyWaitingIsFreeAgain() {
    PageTurns turns = new PageTurns(1);
    List<Integer> ran = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int number = i;
      turns.take(() -> ran.add(number));
      turns.done();
    }
    assertThat(ran).containsExactly(0, 1, 2);
  }

  @Test
  void neverMoreThanItsNumberAtOnceFromAnyThread() throws InterruptedException {
    PageTurns turns = new PageTurns(3);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger all = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 2_000; i++) {
        threads.execute(
            () ->
                turns.take(
                    () -> {
                      most.accumulateAndGet(now.incrementAndGet(), Math::max);
                      threads.execute(
                          () -> {
                            now.decrementAndGet();
                            all.incrementAndGet();
                            turns.done();
                          });
                    }));
      }
      await().atMost(30, TimeUnit.SECONDS).until(() -> all.get() == 2_000);
    }
    assertThat(most.get()).isBetween(1, 3);
    assertThat(turns.waiting()).isZero();
  }
}
