package io.tailwater.contract;

import io.tailwater.contract.v1.Partitioner;
import java.util.zip.CRC32;

/**
 * The one partition that holds a channel: a hash of its key, as Kafka's producers compute it, over
 * a fixed number.
 */
public final class HomePartition {
  private HomePartition() {}

  /** The partition of this record key among {@code partitions}. */
  public static int of(Partitioner partitioner, byte[] key, int partitions) {
    return switch (partitioner) {
      case MURMUR2 -> (murmur2(key) & 0x7fffffff) % partitions;
      case CRC32 -> (int) (crc32(key) % partitions);
      case PARTITIONER_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("a partitioner is murmur2 or crc32");
    };
  }

  private static long crc32(byte[] key) {
    CRC32 crc = new CRC32();
    crc.update(key);
    return crc.getValue();
  }

  /**
   * MurmurHash 2 with the seed and byte order of Kafka's {@code Utils.murmur2}, which it must match
   * bit for bit.
   */
  private static int murmur2(byte[] data) {
    final int m = 0x5bd1e995;
    int h = 0x9747b28c ^ data.length;
    int i = 0;
    for (; i + 4 <= data.length; i += 4) {
      int k =
          (data[i] & 0xff)
              | (data[i + 1] & 0xff) << 8
              | (data[i + 2] & 0xff) << 16
              | data[i + 3] << 24;
      k *= m;
      k ^= k >>> 24;
      h = h * m ^ k * m;
    }
    int rest = data.length - i;
    if (rest == 3) {
      h ^= (data[i + 2] & 0xff) << 16;
    }
    if (rest >= 2) {
      h ^= (data[i + 1] & 0xff) << 8;
    }
    if (rest >= 1) {
      h = (h ^ (data[i] & 0xff)) * m;
    }
    h = (h ^ h >>> 13) * m;
    return h ^ h >>> 15;
  }
}
