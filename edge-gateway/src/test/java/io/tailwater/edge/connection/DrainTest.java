package io.tailwater.edge.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micronaut.context.exceptions.ConfigurationException;
import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class DrainTest {
  private static final long TICK_NANOS = 50_000_000;

  @Property
  void sendsEveryoneAwayEvenly(
      @ForAll @IntRange(min = 1, max = 200_000) int connections,
      @ForAll @IntRange(min = 2, max = 1_200) int ticks) {
    int left = connections;
    double owed = 0;
    int most = 0;
    for (int tick = ticks; tick > 0; tick--) {
      owed += Drain.share(left, tick * TICK_NANOS);
      int now = (int) owed;
      owed -= now;
      left -= now;
      most = Math.max(most, now);
    }
    // What rounding leaves goes with the end of the window.
    assertThat(left).isBetween(0, 1);
    assertThat(most).isLessThanOrEqualTo(connections / ticks + 2);
  }

  @Test
  void whoComesMeanwhileIsSentAwayWithTheOthers() {
    assertThat(Drain.share(10, TICK_NANOS)).isEqualTo(10);
    assertThat(Drain.share(1_000, 100 * TICK_NANOS)).isEqualTo(10);
  }

  @Test
  void refusesTimesThatMakeNoSense() {
    assertThatThrownBy(() -> drain(Duration.ofSeconds(-1)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("tailwater.edge.drain.window is -1s; accepted: 0s to 30m");
    assertThatThrownBy(() -> drain(Duration.ofHours(1))).isInstanceOf(ConfigurationException.class);
  }

  private static DrainConfiguration drain(Duration window) {
    return new DrainConfiguration(Duration.ZERO, window, Duration.ZERO, Duration.ZERO);
  }
}
