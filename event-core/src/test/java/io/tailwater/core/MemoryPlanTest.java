package io.tailwater.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MemoryPlanTest {
  private static final long MIB = 1 << 20;

  @Test
  void aSumAboveTheLimitIsNamedWithItsParts() {
    MemoryPlan fits = new MemoryPlan(1024 * MIB, 410 * MIB, 128 * MIB, 128 * MIB);
    assertThat(fits.tooMuch()).isNull();
    assertThat(new MemoryPlan(768 * MIB, 345 * MIB, 345 * MIB, 128 * MIB).tooMuch())
        .contains("1010 MiB", "heap 345", "direct buffers 345", "store 128", "it has 768 MiB");
  }

  @Test
  void thisProcessHasAPlan() {
    MemoryPlan plan = MemoryPlan.ofThisProcess(MIB);
    assertThat(plan.limit()).isPositive();
    assertThat(plan.heap()).isPositive();
    assertThat(plan.direct()).isPositive();
  }
}
