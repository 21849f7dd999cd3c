package io.tailwater.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

final class WishTest {
  @Test
  void isAutoIfNothingIsSaid() {
    assertThat(Wish.of(null, null)).isEqualTo(Wish.AUTO);
    assertThat(Wish.of(null, "")).isEqualTo(Wish.AUTO);
  }

  @Test
  void thePropertyWins() {
    assertThat(Wish.of("never", "always")).isEqualTo(Wish.NEVER);
    assertThat(Wish.of(null, "always")).isEqualTo(Wish.ALWAYS);
  }

  @Test
  void anythingElseIsRefusedWithWhatIsAccepted() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Wish.of("yes", null))
        .withMessage("tailwater.test.containers: 'yes' is none of auto, never, always");
  }
}
