package io.tailwater.edge.log;

/**
 * How a transport writes the events of a run. Stateless: what it makes is the same for every
 * reader, and shared by them.
 *
 * @param <E> what it makes of a run
 */
public interface WireFormat<E extends WireFormat.Encoding> {
  /** How many formats there may be. */
  int SLOTS = 8;

  /**
   * Which of the {@link #SLOTS} encodings of a run is this format's; no two formats have the same.
   */
  int slot();

  /** Encodes all events of a run. */
  E encode(Run run);

  /** An encoded run; it holds direct memory until its run lets it go. */
  interface Encoding {
    /** Frees its memory; called once. */
    void release();
  }
}
