package io.tailwater.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class FreePortTest {
  private static final int EACH = 200;

  /** Says which ports it chose, and keeps them until it ends. */
  public static void main(String[] args) throws InterruptedException {
    System.out.println("ports: " + choose());
    Thread.currentThread().join();
  }

  private static String choose() {
    return String.join(
        " ", IntStream.range(0, EACH).mapToObj(i -> "" + FreePort.choose()).toList());
  }

  @Test
  void noTwoProcessesChooseOnePort() throws Exception {
    try (var one = new JavaChild(FreePortTest.class);
        var other = new JavaChild(FreePortTest.class)) {
      List<String> all = new ArrayList<>();
      Stream.of(choose(), one.awaitLine("ports: "), other.awaitLine("ports: "))
          .forEach(ports -> all.addAll(List.of(ports.split(" "))));
      assertThat(all).hasSize(3 * EACH).doesNotHaveDuplicates();
    }
  }

  @Test
  void noPortOfARowIsChosenAgain() {
    List<Integer> all =
        IntStream.range(0, 10)
            .map(i -> FreePort.chooseRow(20))
            .flatMap(first -> IntStream.range(first, first + 20))
            .boxed()
            .toList();
    assertThat(all).doesNotHaveDuplicates();
  }
}
