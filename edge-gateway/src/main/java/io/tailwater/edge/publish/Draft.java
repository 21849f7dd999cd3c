package io.tailwater.edge.publish;

import io.tailwater.contract.Channel;

/**
 * What a client asks to publish, before anything of it was checked.
 *
 * @param body a JSON value, text or bytes, as {@code form} says
 * @param type empty means {@code message}
 * @param key its idempotency key, empty for none
 * @param close whether it closes the channel
 * @param contentType kept with bytes
 */
public record Draft(
    Channel channel,
    PublishBody.Form form,
    byte[] body,
    String type,
    String key,
    boolean close,
    String contentType,
    String traceparent) {
  /** A JSON value. */
  public static Draft json(Channel channel, byte[] json, String type, String key, boolean close) {
    return new Draft(channel, PublishBody.Form.JSON, json, type, key, close, "", "");
  }

  /** Bytes. */
  public static Draft bytes(Channel channel, byte[] bytes, String type, String key, boolean close) {
    return new Draft(channel, PublishBody.Form.BYTES, bytes, type, key, close, "", "");
  }
}
