package io.tailwater.edge.backend;

import com.google.protobuf.ByteString;
import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.WrittenJson;
import io.tailwater.edge.http.RequestBody;
import io.tailwater.edge.request.JsonInput;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/calls}.
 *
 * @param data only whether it is there; it is passed on as it was written
 */
@Serdeable
record CallBody(
    @Nullable Object method,
    @Nullable Object data,
    @Nullable Object key,
    @Nullable Object timeout_ms) {
  private static final List<String> FIELDS = List.of("method", "data", "key", "timeout_ms");

  /** Data, and the fields around it. */
  static final int MAX_BYTES = CallWish.MAX_DATA_BYTES + 4_096;

  private static final long MAX_MS = 30_000;

  /**
   * Reads a body.
   *
   * @param headerKey the key in the header; empty for none
   * @throws RequestException which says what is wrong with it, and what is accepted
   */
  static CallWish parse(ObjectMapper json, byte[] body, String headerKey, String traceparent) {
    CallBody fields = RequestBody.parse(json, body, CallBody.class, FIELDS);
    String key = fields.key() == null ? "" : RequestBody.text("key", fields.key());
    if (!key.isEmpty() && !headerKey.isEmpty() && !key.equals(headerKey)) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "'key' and the header Idempotency-Key differ: send one");
    }
    return new CallWish(
        RequestBody.text("method", fields.method()),
        data(body),
        false,
        key.isEmpty() ? headerKey : key,
        fields.timeout_ms() == null
            ? 0
            : RequestBody.whole("timeout_ms", fields.timeout_ms(), 1, MAX_MS),
        "",
        "",
        traceparent);
  }

  private static ByteString data(byte[] body) {
    try {
      byte[] data = WrittenJson.fields(body).get("data");
      return data == null ? ByteString.EMPTY : ByteString.copyFrom(data);
    } catch (IOException e) {
      throw JsonInput.refusal(body, "the body", "a JSON object");
    }
  }
}
