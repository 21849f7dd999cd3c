package io.tailwater.core.store;

import io.tailwater.contract.Epoch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Immutable: how far one partition was folded, stored in the same batch as its events.
 *
 * @param topicId Kafka's id of the topic's incarnation
 * @param partitions how many partitions the topic had
 * @param next the consumer's position: the first offset that was not folded
 * @param leaderEpoch the leader epoch of that position, or -1
 * @param earliest Kafka's first retained offset, as last seen
 */
public record Progress(String topicId, int partitions, long next, int leaderEpoch, long earliest) {
  /** Stands for an unknown leader epoch. */
  public static final int NO_LEADER_EPOCH = -1;

  private static final int FIXED_BYTES = 2 * Long.BYTES + 2 * Integer.BYTES;

  /** A partition of which nothing was folded. */
  public static Progress begin(String topicId, int partitions, long earliest) {
    return new Progress(topicId, partitions, earliest, NO_LEADER_EPOCH, earliest);
  }

  /** Reads what {@link #encode} wrote. */
  public static Progress decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    long next = in.getLong();
    long earliest = in.getLong();
    int leaderEpoch = in.getInt();
    int partitions = in.getInt();
    String topicId = new String(bytes, FIXED_BYTES, in.remaining(), StandardCharsets.US_ASCII);
    return new Progress(topicId, partitions, next, leaderEpoch, earliest);
  }

  byte[] encode() {
    byte[] id = topicId.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(FIXED_BYTES + id.length)
        .putLong(next)
        .putLong(earliest)
        .putInt(leaderEpoch)
        .putInt(partitions)
        .put(id)
        .array();
  }

  /** The offset through which every record is folded. */
  public long through() {
    return next - 1;
  }

  /** The earliest position: the offset before the first retained one. */
  public long earliestPosition() {
    return earliest - 1;
  }

  /** The epoch of the topic. */
  public Epoch epoch() {
    return Epoch.of(topicId, partitions);
  }

  /** The same partition, folded to this position. */
  public Progress at(long newNext, int newLeaderEpoch) {
    return new Progress(topicId, partitions, newNext, newLeaderEpoch, earliest);
  }

  /** The same partition, of which Kafka retains less. */
  public Progress retaining(long newEarliest) {
    return new Progress(topicId, partitions, next, leaderEpoch, newEarliest);
  }
}
