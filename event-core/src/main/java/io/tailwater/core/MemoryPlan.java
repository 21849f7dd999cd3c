package io.tailwater.core;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/**
 * The memory that this process may come to use, against the memory that it has. Immutable; all in
 * bytes.
 *
 * @param limit of the container, or of the machine
 * @param heap most that Java's heap may take
 * @param direct most that buffers outside the heap may take
 * @param store budget of the store
 */
record MemoryPlan(long limit, long heap, long direct, long store) {
  /** Code, classes, threads, compactions of the store, and what the allocator keeps. */
  static final long REST = 192L << 20;

  private static final int MIB_SHIFT = 20;

  /** The plan of this process with a store of this budget. */
  static MemoryPlan ofThisProcess(long store) {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    long heap = Runtime.getRuntime().maxMemory();
    long direct =
        Long.parseLong(
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
    // 0 is as much as the heap.
    return new MemoryPlan(system.getTotalMemorySize(), heap, direct == 0 ? heap : direct, store);
  }

  /** A sentence for the operator if the sum is above the limit, or null. */
  @Nullable String tooMuch() {
    long sum = heap + direct + store + REST;
    if (sum <= limit) {
      return null;
    }
    return "this process may come to use %d MiB (heap %d, direct buffers %d, store %d, the rest %d), and it has %d MiB: lower -Xmx, -XX:MaxDirectMemorySize or tailwater.core.store-bytes, or give it more"
        .formatted(mib(sum), mib(heap), mib(direct), mib(store), mib(REST), mib(limit));
  }

  private static long mib(long bytes) {
    return bytes >> MIB_SHIFT;
  }
}
