package io.tailwater.contract;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.DataKind;
import org.jspecify.annotations.Nullable;

/**
 * Why a publication does not fit the entry that it is about.
 *
 * @param reason {@code if}: the entry does not have the expected version; {@code op}: the op does
 *     not fit the entry; {@code ahead}: the publication's {@code at} lies too far in the future;
 *     {@code too_old}: its {@code at} is older than keys are remembered; {@code invalid}: a record
 *     of another Kafka producer whose headers or data cannot be applied
 * @param current the entry as it is now; null if there is none
 */
public record Conflict(String reason, @Nullable Current current) {
  /**
   * An entry as it is now.
   *
   * @param version the id of the event that last wrote it
   * @param data its value
   */
  public record Current(String version, ByteString data, DataKind kind) {}
}
