package io.tailwater.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import io.tailwater.system.Scale;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The checks of axe-core: what keeps people who see little, or use no mouse, from using a page.
 * Immutable.
 */
final class Axe {
  private static final String RUN =
      "async () => (await axe.run()).violations.flatMap(({id, nodes}) =>"
          + " nodes.map(({target, failureSummary}) => `${id} ${target}: ${failureSummary}`))";

  /** What a page is looked at with; by default each screen and each of the colours once. */
  static final List<Look> LOOKS =
      Scale.of(List.of(Look.LAPTOP_LIGHT, Look.PHONE_DARK), List.of(Look.values()));

  private final String script;

  private Axe(String script) {
    this.script = script;
  }

  static Axe load() throws IOException {
    try (InputStream script = Axe.class.getResourceAsStream("/axe/axe.min.js")) {
      return new Axe(
          new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** For pages that load it with their own script. */
  String script() {
    return script;
  }

  /** Asserts that it finds nothing on a page, whatever it is looked at with. */
  void findsNothing(Page page) {
    page.evaluate(script);
    findsNothingOnceLoaded(page);
  }

  /** The same for a page that has loaded the script. */
  void findsNothingOnceLoaded(Page page) {
    for (Look look : LOOKS) {
      look.at(page);
      @Nullable Object found = page.evaluate(RUN);
      assertThat((List<?>) found).as("%s, %s", page.url(), look).isEmpty();
    }
  }
}
