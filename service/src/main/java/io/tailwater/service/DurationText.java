package io.tailwater.service;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Durations as settings write them. */
public final class DurationText {
  /** What a setting that is a duration accepts. */
  public static final String ACCEPTED = "a duration, for instance 500ms, 10s, 5m, 12h or 7d";

  private DurationText() {}

  /** The duration in its largest whole unit, for instance {@code 90s} or {@code 7d}. */
  public static String of(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0) {
      return "0s";
    }
    if (millis % TimeUnit.DAYS.toMillis(1) == 0) {
      return duration.toDays() + "d";
    }
    if (millis % TimeUnit.HOURS.toMillis(1) == 0) {
      return duration.toHours() + "h";
    }
    if (millis % TimeUnit.MINUTES.toMillis(1) == 0) {
      return duration.toMinutes() + "m";
    }
    return millis % 1000 == 0 ? duration.toSeconds() + "s" : millis + "ms";
  }
}
