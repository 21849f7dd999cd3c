package io.tailwater.core.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.HomePartition;
import io.tailwater.contract.v1.Partitioner;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

/** The contract's home partition against Kafka's own code, which the contract does not have. */
final class HomePartitionTest {
  @Property
  void murmur2IsKafkasOwn(
      @ForAll @Size(max = 255) byte[] key, @ForAll @IntRange(min = 1, max = 1000) int partitions) {
    int home = HomePartition.of(Partitioner.MURMUR2, key, partitions);
    assertThat(home).isEqualTo(BuiltInPartitioner.partitionForKey(key, partitions));
    assertThat(home).isEqualTo(Utils.toPositive(Utils.murmur2(key)) % partitions);
  }
}
