package io.tailwater.edge.log;

/**
 * How a protocol writes the events of a run. Stateless, for any thread: all readers of a run share
 * its encoding.
 *
 * @param <E> the encoding of a run
 */
public interface WireFormat<E extends EncodedRun> {
  /** The slot that this format took when it was constructed; always the same. */
  FormatSlot slot();

  /** Encodes all events of a run. */
  E encode(Run run);

  /** A run in this format, encoded for the first reader that wants it and kept by the run. */
  @SuppressWarnings("unchecked") // only this format writes to its slot
  default E of(Run run) {
    int slot = slot().index();
    EncodedRun known = run.encoding(slot);
    return (E) (known != null ? known : run.keep(slot, encode(run)));
  }
}
