package io.tailwater.contract;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Stateless: how read positions stand in the log. Each subject has a channel of the namespace
 * {@code acks}, whose events have the channels that moved: {@code {"chat:lobby":"k3Zq-17"}}.
 */
public final class Acks {
  /** The platform's own namespace of read positions. */
  public static final String NAMESPACE = "acks";

  /** The type of its events. */
  public static final String TYPE = "ack";

  /** Most channels of an event, and of a request for read positions. */
  public static final int MAX_CHANNELS = 200;

  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  private Acks() {}

  /**
   * The channel of a subject.
   *
   * @throws RequestException {@code forbidden} if the subject is too long to have one
   */
  public static Channel channel(String subject) {
    if (!Channel.isKey(subject)) {
      throw new RequestException(
          ErrorCode.FORBIDDEN,
          "the subject of this token is longer than 255 bytes of UTF-8, so it has no read positions");
    }
    return new Channel(NAMESPACE, subject);
  }

  /** The data of an event, from the positions by channel. */
  public static ByteString encode(Map<Channel, Position> moved) {
    ByteString.Output out = ByteString.newOutput();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      for (Map.Entry<Channel, Position> one : moved.entrySet()) {
        json.writeStringField(one.getKey().toString(), one.getValue().toString());
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteString();
  }

  /**
   * The positions of an event by channel, in its order. What the platform would not have written is
   * left out, whoever wrote it.
   */
  public static Map<String, Position> decode(ByteString data) {
    Map<String, Position> moved = new LinkedHashMap<>();
    try (JsonParser json = JSON.createParser(data.toByteArray())) {
      boolean object = json.nextToken() == JsonToken.START_OBJECT;
      while (object && json.nextToken() == JsonToken.FIELD_NAME) {
        String channel = json.currentName();
        if (json.nextToken() == JsonToken.VALUE_STRING && moved.size() < MAX_CHANNELS) {
          put(moved, channel, json.getText());
        } else {
          json.skipChildren();
        }
      }
    } catch (IOException e) {
      return moved;
    }
    return moved;
  }

  private static void put(Map<String, Position> moved, String channel, String position) {
    try {
      moved.put(Channel.parse(channel).toString(), Position.parse(position));
    } catch (RequestException e) {
      // Not of the platform.
    }
  }
}
