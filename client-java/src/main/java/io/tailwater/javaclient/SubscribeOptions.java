package io.tailwater.javaclient;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscription begins, and what it reads. Immutable.
 *
 * @param from where to begin without a position, as the protocol's parameter {@code from}
 * @param after the position to continue from, null for none
 * @param types only events of these types; empty for all
 * @param notices what is told beside the events
 */
public record SubscribeOptions(
    String from, @Nullable String after, Set<String> types, Notices notices) {
  private static final Notices NONE = new Notices() {};

  public SubscribeOptions {
    types = Set.copyOf(types);
  }

  private static SubscribeOptions of(String from, @Nullable String after) {
    return new SubscribeOptions(from, after, Set.of(), NONE);
  }

  /** Begins after the newest event. */
  public static SubscribeOptions latest() {
    return of("latest", null);
  }

  /** Begins at the first event that is still stored. */
  public static SubscribeOptions earliest() {
    return of("earliest", null);
  }

  /** Begins at the newest events, 1 to 1,000, of whatever type. */
  public static SubscribeOptions last(int events) {
    return of("last:" + events, null);
  }

  /** Begins at the first event of this time or later. */
  public static SubscribeOptions since(Instant time) {
    return of("time:" + time.toEpochMilli(), null);
  }

  /** Begins after what the token's subject has read. */
  public static SubscribeOptions unread() {
    return of("ack", null);
  }

  /** Continues after a position of an earlier subscription. */
  public static SubscribeOptions after(String position) {
    return of("latest", position);
  }

  /** Begins as the protocol's parameter {@code from} says. */
  public static SubscribeOptions from(String from) {
    return of(from, null);
  }

  /** Reads only events of these types; the position moves past the others. */
  public SubscribeOptions types(String... only) {
    return new SubscribeOptions(from, after, Set.of(only), notices);
  }

  /** Reports resets, the end and the like. */
  public SubscribeOptions notices(Notices told) {
    return new SubscribeOptions(from, after, types, told);
  }
}
