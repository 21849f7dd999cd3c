package io.tailwater.contract;

/** Stateless: reads what a client names to subscribe to. */
public final class ScopeText {
  private ScopeText() {}

  /**
   * Reads {@code namespace:key}, or {@code namespace:prefix*} as a pattern.
   *
   * @throws RequestException {@code invalid_channel}
   */
  public static Scope parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0 || !text.endsWith(Channel.WILDCARD)) {
      return Channel.parse(text);
    }
    return new ChannelPattern(
        text.substring(0, colon),
        text.substring(colon + 1, text.length() - Channel.WILDCARD.length()));
  }
}
