package io.tailwater.core.fold;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** Kafka records as a test writes them down. */
public final class LogRecords {
  private LogRecords() {}

  /** A record before it has an offset. */
  record Written(
      byte @Nullable [] key,
      @Nullable String value,
      String by,
      String idempotency,
      boolean closes,
      long timestampMs,
      String type,
      String of) {

    /** A record of the usual type, about no other. */
    Written(
        byte @Nullable [] key,
        @Nullable String value,
        String by,
        String idempotency,
        boolean closes,
        long timestampMs) {
      this(key, value, by, idempotency, closes, timestampMs, "message", "");
    }

    static Written of(String key, String value) {
      return new Written(bytes(key), value, "", "", false, 0);
    }

    Written keyed(String publisher, String idempotencyKey) {
      return new Written(key, value, publisher, idempotencyKey, closes, timestampMs);
    }

    Written at(long newTimestampMs) {
      return new Written(key, value, by, idempotency, closes, newTimestampMs);
    }

    Written closing() {
      return new Written(key, value, by, idempotency, true, timestampMs);
    }

    Written typed(String newType) {
      return new Written(key, value, by, idempotency, closes, timestampMs, newType, of);
    }

    Written about(String id) {
      return new Written(key, value, by, idempotency, closes, timestampMs, type, id);
    }

    ConsumerRecord<byte[], byte[]> at(String topic, int partition, long offset) {
      RecordHeaders headers = new RecordHeaders();
      if (!by.isEmpty()) {
        headers.add("tw-by", bytes(by));
      }
      if (!idempotency.isEmpty()) {
        headers.add("tw-key", bytes(idempotency));
      }
      if (closes) {
        headers.add("tw-close", bytes("true"));
      }
      if (!type.equals("message")) {
        headers.add("tw-type", bytes(type));
      }
      if (!of.isEmpty()) {
        headers.add("tw-of", bytes(of));
      }
      byte[] data = value == null ? null : bytes(value);
      return new ConsumerRecord<>(
          topic,
          partition,
          offset,
          timestampMs,
          TimestampType.LOG_APPEND_TIME,
          key == null ? -1 : key.length,
          data == null ? -1 : data.length,
          key,
          data,
          headers,
          Optional.of(0));
    }
  }

  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
