package io.tailwater.core.fold;

/** Where records wait between their poll and their fold; in production {@link #OPEN}. */
public interface Gate {
  /** Lets every record pass at once. */
  Gate OPEN =
      new Gate() {
        @Override
        public void pass(long writtenMs) {}

        @Override
        public void release() {}
      };

  /**
   * Waits until polled records may be folded. Called by the fold thread.
   *
   * @param writtenMs timestamp of the newest of them, milliseconds since the epoch; 0 if the poll
   *     was empty
   */
  void pass(long writtenMs);

  /** Lets the fold thread pass from now on: the fold is closing. Called by any thread. */
  void release();
}
