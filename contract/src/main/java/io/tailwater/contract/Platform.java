package io.tailwater.contract;

import java.util.regex.Pattern;

/**
 * The name of a platform: what tells it from others that use the same Redis. Every key and channel
 * of a platform in Redis begins with it. Immutable.
 *
 * @param name 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'; Kafka's cluster ids are such names
 */
public record Platform(String name) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** Refuses other names with an {@link IllegalArgumentException}. */
  public Platform {
    if (!isName(name)) {
      throw new IllegalArgumentException("not the name of a platform: " + name);
    }
  }

  /** Whether a platform can have this name. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /** The beginning of all its keys and channels. */
  public String prefix() {
    return "tw:" + name + ":";
  }
}
