package io.tailwater.edge.backend;

import com.google.protobuf.ByteString;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.IdempotencyKey;
import io.tailwater.contract.MethodName;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.request.JsonInput;
import java.util.List;

/**
 * What a client asks of the backend. Immutable.
 *
 * @param data a JSON value as text, or bytes
 * @param bytes whether the data is bytes
 * @param key the client's idempotency key; empty for none
 * @param timeoutMs how long the client waits, milliseconds; 0 for the default
 * @param connection the connection that it came over; empty for none
 * @param session the id of this connection's session; empty for none
 * @param traceparent as in W3C Trace Context; empty for none
 * @param bytesAt JSON Pointers to texts of base64 in the data that the client has sent as bytes
 */
public record CallWish(
    String method,
    ByteString data,
    boolean bytes,
    String key,
    long timeoutMs,
    String connection,
    String session,
    String traceparent,
    List<String> bytesAt) {
  /** Largest data of a call: 256 KiB as base64, and room for the fields around it. */
  public static final int MAX_DATA_BYTES = 352 << 10;

  /** The longest that a client can wait, milliseconds. */
  public static final long MAX_TIMEOUT_MS = 30_000;

  private static final long DEFAULT_TIMEOUT_MS = 5_000;
  private static final ByteString NULL = ByteString.copyFromUtf8("null");

  /**
   * Refuses what no backend could take; no data stands for {@code null}.
   *
   * @throws RequestException which says what is wrong with it, and what is accepted
   */
  public CallWish {
    MethodName.require(method);
    IdempotencyKey.require(key);
    if (data.isEmpty() && !bytes) {
      data = NULL;
    }
    if (data.size() > MAX_DATA_BYTES) {
      throw new RequestException(
          ErrorCode.TOO_LARGE,
          "the data of a call is at most %d bytes, and this one has %d"
              .formatted(MAX_DATA_BYTES, data.size()));
    }
    if (!bytes) {
      JsonInput.require(data.toByteArray(), "the data of the call");
    }
    if (timeoutMs < 0 || timeoutMs > MAX_TIMEOUT_MS) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "'timeout_ms' is 1 to " + MAX_TIMEOUT_MS + "; without it, it is " + DEFAULT_TIMEOUT_MS);
    }
    if (timeoutMs == 0) {
      timeoutMs = DEFAULT_TIMEOUT_MS;
    }
  }

  /** Data that is JSON or bytes as a whole. */
  public CallWish(
      String method,
      ByteString data,
      boolean bytes,
      String key,
      long timeoutMs,
      String connection,
      String session,
      String traceparent) {
    this(method, data, bytes, key, timeoutMs, connection, session, traceparent, List.of());
  }

  boolean hasKey() {
    return !key.isEmpty();
  }
}
