package io.tailwater.edge.publish;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Channel;

/**
 * What a client asks to be added to a channel.
 *
 * @param type empty means {@code message}
 * @param by the publisher's subject
 * @param key its idempotency key, empty for none
 * @param close whether it closes the channel
 */
record Publication(
    Channel channel,
    String type,
    String by,
    String key,
    ByteString data,
    boolean close,
    String contentType,
    String traceparent) {}
