package io.tailwater.system.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.system.Json;
import java.util.Base64;
import java.util.Set;

/** An event as JSON: the same in an envelope of SSE, in an answer to polling and on a WebSocket. */
final class EventJson {
  private static final Set<String> FIELDS =
      Set.of(
          "id", "channel", "type", "by", "key", "ts_ms", "encoding", "data", "ephemeral", "closed");

  private EventJson() {}

  /**
   * Reads an event.
   *
   * @throws IllegalStateException if it has not the shape that the contract gives it
   */
  static ChannelEvent read(JsonNode json) {
    Json.requireOnly(json, FIELDS);
    if (!json.has("data") || !json.path("ts_ms").isIntegralNumber()) {
      throw new IllegalStateException("an event has data and ts_ms: " + json);
    }
    ChannelEvent.Builder event =
        ChannelEvent.newBuilder()
            .setId(Json.text(json, "id"))
            .setChannel(Json.text(json, "channel"))
            .setType(Json.text(json, "type"))
            .setBy(Json.textOrEmpty(json, "by"))
            .setKey(Json.textOrEmpty(json, "key"))
            .setTsMs(json.path("ts_ms").asLong())
            .setClosed(json.path("closed").asBoolean());
    if (json.has("encoding")) {
      if (!json.path("encoding").asText().equals("base64")) {
        throw new IllegalStateException("an encoding that nobody knows: " + json);
      }
      event.setEncoding(Encoding.ENCODING_BASE64);
      event.setData(ByteString.copyFrom(Base64.getDecoder().decode(Json.text(json, "data"))));
    } else {
      event.setData(ByteString.copyFromUtf8(json.path("data").toString()));
    }
    return event.build();
  }
}
