package io.tailwater.ai.lease;

import io.tailwater.ai.stream.StreamId;
import java.time.Duration;

/** A stream that this instance writes, for those who keep its lease. Any thread. */
public interface RunningStream {
  /** Its name. */
  StreamId id();

  /** Subject of its creator. */
  String creator();

  /** Whether its creator wishes that it is cancelled once nobody watches it. */
  boolean cancelledUnwatched();

  /** After how long unwatched it is cancelled then; zero: after the usual time. */
  Duration unwatchedAfter();

  /** Ends it soon, with {@code finish} and the reason {@code cancelled}. */
  void cancel();
}
