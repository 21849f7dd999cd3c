package io.tailwater.system.browser;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.util.Locale;

/** What a page is looked at with: the screen of a laptop or of a phone, light or dark. */
enum Look {
  LAPTOP_LIGHT(1280, 800, ColorScheme.LIGHT),
  LAPTOP_DARK(1280, 800, ColorScheme.DARK),
  PHONE_LIGHT(390, 844, ColorScheme.LIGHT),
  PHONE_DARK(390, 844, ColorScheme.DARK);

  private final int width;
  private final int height;
  private final ColorScheme colors;

  Look(int width, int height, ColorScheme colors) {
    this.width = width;
    this.height = height;
    this.colors = colors;
  }

  /** Shows a page so. */
  void at(Page page) {
    page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(colors));
    page.setViewportSize(width, height);
  }

  /** For the name of a picture. */
  @Override
  public String toString() {
    return width + "-" + colors.name().toLowerCase(Locale.ROOT);
  }
}
