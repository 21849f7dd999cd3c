package io.tailwater.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NearestTest {
  @ParameterizedTest
  @CsvSource({"edge, edge, 0", "egde, edge, 1", "edg, edge, 1", "core, cares, 2", "'', ai, 2"})
  void distancesCountTypingErrors(String one, String other, int distance) {
    assertThat(Nearest.distance(one, other)).isEqualTo(distance);
    assertThat(Nearest.distance(other, one)).isEqualTo(distance);
  }

  @Test
  void aNameThatIsFarFromAllIsNotGuessed() {
    assertThat(Nearest.to("heartbeat", List.of("origins", "dev"))).isEmpty();
    assertThat(Nearest.to("orgins", List.of("origins", "dev"))).contains("origins");
  }
}
