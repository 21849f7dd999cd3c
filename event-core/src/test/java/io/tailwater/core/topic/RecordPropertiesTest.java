package io.tailwater.core.topic;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.Channel;
import io.tailwater.contract.EventData;
import io.tailwater.contract.EventType;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.core.topic.RecordCodec.Decoded;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** Whatever a foreign producer writes to a topic is an event that can be delivered, or skipped. */
final class RecordPropertiesTest {
  private static final List<String> HEADERS =
      List.of(
          "tw-type",
          "tw-key",
          "tw-by",
          "tw-close",
          "tw-data",
          "content-type",
          "traceparent",
          "x",
          "");
  private static final List<String> TEXTS =
      List.of(
          "true", "1", "bytes", "tw.end", "message", "", "ä😀", "\u0000", "a:b*", "\r\ndata: x");

  @Property(tries = 2_000)
  void anyRecordIsAnEventOrSkipped(@ForAll Random random) throws Exception {
    Namespace namespace =
        namespace(List.of("json", "text", "bytes").get(random.nextInt(3)), 1 + random.nextInt(3));
    byte[] key = random.nextInt(20) == 0 ? null : bytes(random, 300);
    byte[] value = random.nextInt(20) == 0 ? null : bytes(random, 2_000);
    RecordHeaders headers = new RecordHeaders();
    for (int i = random.nextInt(6); i > 0; i--) {
      headers.add(
          HEADERS.get(random.nextInt(HEADERS.size())),
          random.nextInt(10) == 0 ? null : bytes(random, 1_200));
    }
    Decoded decoded = RecordCodec.decode(namespace, record(key, value, headers, random.nextLong()));
    if (decoded instanceof Decoded.Kept kept) {
      assertDeliverable(namespace, kept, key, value);
    } else if (key != null) {
      RecordCodec.cause(namespace, record(key, value, headers, 0));
    }
  }

  private static void assertDeliverable(
      Namespace namespace, Decoded.Kept kept, byte @Nullable [] key, byte @Nullable [] value)
      throws InvalidProtocolBufferException {
    Event event = kept.event();
    assertThat(kept.channel()).isEqualTo(key);
    assertThat(event.getChannelKey().getBytes(StandardCharsets.UTF_8)).isEqualTo(key);
    assertThat(Channel.isKey(event.getChannelKey())).isTrue();
    assertThat(event.getData().toByteArray()).isEqualTo(value);
    assertThat(event.getType()).isNotEmpty().isEqualTo(EventType.shown(event.getType()));
    if (event.getKind() == DataKind.JSON) {
      assertThat(EventData.isJson(event.getData().toByteArray())).isTrue();
    }
    assertThat(event.getKind()).isIn(namespace.kind(), DataKind.BYTES);
    // A text that is not UTF-8 could not be read by gateways and clients.
    assertThat(Event.parseFrom(event.toByteArray())).isEqualTo(event);
  }

  private static byte[] bytes(Random random, int max) {
    if (random.nextInt(3) > 0) {
      byte[] text = TEXTS.get(random.nextInt(TEXTS.size())).getBytes(StandardCharsets.UTF_8);
      return random.nextInt(4) == 0 ? Arrays.copyOf(text, text.length / 2) : text;
    }
    byte[] bytes = new byte[random.nextInt(random.nextInt(10) == 0 ? max : 12)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static ConsumerRecord<byte[], byte[]> record(
      byte @Nullable [] key, byte @Nullable [] value, RecordHeaders headers, long timestampMs) {
    return new ConsumerRecord<>(
        "t",
        0,
        7,
        timestampMs,
        TimestampType.CREATE_TIME,
        key == null ? -1 : key.length,
        value == null ? -1 : value.length,
        key,
        value,
        headers,
        Optional.empty());
  }

  private static Namespace namespace(String data, int partitions) {
    return Rules.USUAL.data(data).partitions(partitions).namespace();
  }
}
