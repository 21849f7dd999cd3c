package io.tailwater.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
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

  /** A screen of a laptop and one of a phone, in pixels. */
  private static final List<int[]> SCREENS = List.of(new int[] {1280, 800}, new int[] {390, 844});

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

  /** Asserts that it finds nothing on a page, on both screens, light and dark. */
  void findsNothing(Page page) {
    page.evaluate(script);
    findsNothingOnceLoaded(page);
  }

  /** The same for a page that has loaded the script. */
  void findsNothingOnceLoaded(Page page) {
    for (ColorScheme colors : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
      page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(colors));
      for (int[] screen : SCREENS) {
        page.setViewportSize(screen[0], screen[1]);
        @Nullable Object found = page.evaluate(RUN);
        assertThat((List<?>) found).as("%s, %d, %s", page.url(), screen[0], colors).isEmpty();
      }
    }
  }
}
