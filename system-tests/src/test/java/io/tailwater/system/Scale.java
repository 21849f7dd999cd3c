package io.tailwater.system;

/** How much a test does: the short form in {@code mvn verify}, the long one with {@code -Plong}. */
public final class Scale {
  private static final boolean LONG = Boolean.getBoolean("tailwater.long");

  private Scale() {}

  /** One of two sizes. */
  public static <T> T of(T inShort, T inLong) {
    return LONG ? inLong : inShort;
  }
}
