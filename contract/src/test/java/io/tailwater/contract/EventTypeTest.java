package io.tailwater.contract;

import static io.tailwater.contract.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EventTypeTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"message", "a", "order.created", "A_b-9", "errors", "opened", "tw", "twx."})
  void aTypeIsPublishedAndShownAsItIs(String type) {
    assertThat(EventType.publishable(type)).isEqualTo(type);
    assertThat(EventType.shown(type)).isEqualTo(type);
  }

  @ParameterizedTest
  @ValueSource(strings = {"error", "open", "tw.", "tw.open", "tw.live", "tw.anything"})
  void whatBelongsToBrowsersAndThePlatformIsRefusedAndShownAsXError(String type) {
    assertRefused(ErrorCode.INVALID_TYPE, () -> EventType.publishable(type));
    assertThat(EventType.shown(type)).isEqualTo("x.error");
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "a b", "a\nb", "a\n", "é", "a:b", "a/b", "\u0000", "\u2028"})
  void otherCharactersAreRefusedAndShownAsXError(String type) {
    assertRefused(ErrorCode.INVALID_TYPE, () -> EventType.publishable(type));
    assertThat(EventType.shown(type)).isEqualTo("x.error");
  }

  @Example
  void aTypeHasAtMost64Characters() {
    assertThat(EventType.publishable("t".repeat(64))).hasSize(64);
    assertRefused(ErrorCode.INVALID_TYPE, () -> EventType.publishable("t".repeat(65)));
  }

  @Example
  void noneIsMessage() {
    assertThat(EventType.publishable("")).isEqualTo("message");
    assertThat(EventType.shown("")).isEqualTo("message");
  }

  @Property
  void whateverAProducerWroteIsShownAsATypeThatMayBePublished(
      @ForAll @StringLength(max = 80) String type) {
    assertThat(EventType.publishable(EventType.shown(type))).isEqualTo(EventType.shown(type));
  }
}
