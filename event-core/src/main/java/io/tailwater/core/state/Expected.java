package io.tailwater.core.state;

import io.tailwater.contract.EntryText;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;

/** Immutable: what an entry must be for a publication to be stored. */
public sealed interface Expected {
  /** Anything. */
  record Any() implements Expected {}

  /** Not there. */
  record Absent() implements Expected {}

  /** There, in whatever version. */
  record Exists() implements Expected {}

  /** Written last by the event with this id. */
  record Version(Position id) implements Expected {}

  /**
   * Reads a precondition.
   *
   * @param text a version, {@code absent} or {@code *}; empty for anything
   * @throws RequestException {@code invalid_request}
   */
  static Expected parse(String text) {
    return switch (text) {
      case "" -> new Any();
      case EntryText.ABSENT -> new Absent();
      case EntryText.EXISTS -> new Exists();
      default -> {
        try {
          yield new Version(Position.parse(text));
        } catch (RequestException e) {
          throw new RequestException(
              ErrorCode.INVALID_REQUEST,
              "'if' is a version as it was given, for instance k3Zq-1042, or absent, or *");
        }
      }
    };
  }
}
