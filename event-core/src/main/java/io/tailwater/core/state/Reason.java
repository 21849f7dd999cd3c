package io.tailwater.core.state;

import java.util.Locale;

/** Why the fold refuses what a record asks to do to an entry. */
public enum Reason {
  /** The entry does not have the expected version. */
  IF,
  /** The op does not fit the entry, or the namespace. */
  OP,
  /** The writer's clock is too far ahead of the record's time. */
  AHEAD,
  /** The writer's clock is older than keys are remembered. */
  TOO_OLD,
  /** The record's headers or data cannot be applied. */
  INVALID,
  /** The state would outgrow the fold's own limits. */
  TOO_LARGE;

  private final String wire = name().toLowerCase(Locale.ROOT);

  /** The reason as it stands on the wire. */
  public String wire() {
    return wire;
  }
}
