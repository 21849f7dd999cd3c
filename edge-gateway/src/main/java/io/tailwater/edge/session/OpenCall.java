package io.tailwater.edge.session;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A call of a session that has no answer. Immutable.
 *
 * @param id of its frame
 * @param hasKey whether it can be repeated
 * @param leftMs milliseconds until its deadline, by Redis' clock; negative if that is over
 */
public record OpenCall(long id, boolean hasKey, long leftMs) {
  private static final String KEYED = "k";
  private static final Pattern NAME = Pattern.compile("(\\d{1,19})(k?)");

  /** How Redis knows a call. */
  static String name(long id, boolean hasKey) {
    return Long.toUnsignedString(id) + (hasKey ? KEYED : "");
  }

  /** The call that Redis knows by this name; empty if a gateway of another version has named it. */
  static Optional<OpenCall> of(String name, long leftMs) {
    Matcher parts = NAME.matcher(name);
    return parts.matches()
        ? Optional.of(
            new OpenCall(Long.parseUnsignedLong(parts.group(1)), !parts.group(2).isEmpty(), leftMs))
        : Optional.empty();
  }
}
