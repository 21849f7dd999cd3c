package io.tailwater.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tailwater.contract.v1.Partitioner;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HomePartitionTest {
  @Property
  void murmur2IsWhereKafkasJavaProducerPutsAKey(
      @ForAll @Size(min = 1, max = 255) byte[] key,
      @ForAll @IntRange(min = 1, max = 10_000) int partitions) {
    assertThat(HomePartition.of(Partitioner.MURMUR2, key, partitions))
        .isEqualTo(BuiltInPartitioner.partitionForKey(key, partitions));
  }

  /** The vectors of Kafka's own test of its murmur2, as partitions of the positive hash. */
  @ParameterizedTest
  @CsvSource({
    "21, -973932308",
    "foobar, -790332482",
    "a-little-bit-long-string, -985981536",
    "a-little-bit-longer-string, -1486304829",
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8, -58897971",
    "abc, 479470107"
  })
  void murmur2HasKafkasVectors(String key, int hash) {
    assertThat(of(Partitioner.MURMUR2, key, Integer.MAX_VALUE))
        .isEqualTo((hash & 0x7fffffff) % Integer.MAX_VALUE);
  }

  /**
   * The check value of CRC-32 (ISO-HDLC), and what librdkafka's consistent partitioner makes of it.
   */
  @ParameterizedTest
  @CsvSource({
    "123456789, 3421780262",
    "a, 3904355907",
    "abc, 891568578",
    "The quick brown fox jumps over the lazy dog, 1095738169"
  })
  void crc32HasTheStandardsVectorsAndIsUnsigned(String key, long hash) {
    for (int partitions : new int[] {1, 2, 3, 12, 50, 1_000, Integer.MAX_VALUE}) {
      assertThat(of(Partitioner.CRC32, key, partitions)).isEqualTo((int) (hash % partitions));
    }
  }

  @Property
  void everyKeyHasOneHomeWithinTheTopic(
      @ForAll @Size(min = 1, max = 255) byte[] key,
      @ForAll @IntRange(min = 1, max = 10_000) int partitions,
      @ForAll boolean crc) {
    Partitioner partitioner = crc ? Partitioner.CRC32 : Partitioner.MURMUR2;
    assertThat(HomePartition.of(partitioner, key, partitions))
        .isBetween(0, partitions - 1)
        .isEqualTo(HomePartition.of(partitioner, key.clone(), partitions));
  }

  @Test
  void anUnknownPartitionerIsNoPartitioner() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(Partitioner.PARTITIONER_UNSPECIFIED, "k", 1));
    assertThatIllegalArgumentException().isThrownBy(() -> of(Partitioner.UNRECOGNIZED, "k", 1));
  }

  private static int of(Partitioner partitioner, String key, int partitions) {
    return HomePartition.of(partitioner, key.getBytes(StandardCharsets.UTF_8), partitions);
  }
}
