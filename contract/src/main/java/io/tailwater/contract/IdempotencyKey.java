package io.tailwater.contract;

import java.nio.charset.StandardCharsets;

/** The rule for idempotency keys. Stateless. */
public final class IdempotencyKey {
  private static final int MAX_BYTES = 255;

  private IdempotencyKey() {}

  /**
   * Requires a key that can be remembered; an empty text stands for none.
   *
   * @throws RequestException {@code invalid_request}
   */
  public static void require(String key) {
    if (key.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES
        || key.chars().anyMatch(Character::isISOControl)) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "an idempotency key is at most 255 bytes of UTF-8 without control characters");
    }
  }
}
