package io.tailwater.edge.frames;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.netty.buffer.ByteBuf;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.edge.connection.MessageJson;
import io.tailwater.edge.request.JsonInput;
import java.io.IOException;

/**
 * Reads and writes frames as JSON. Whatever else is wrong with a frame of a client, its id is found
 * if it has one.
 */
final class FrameJson {
  /** Of bytes, a parser would take UTF-16 for JSON, too. */
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();

  /** For finding a frame's id, wherever the limits of the other are exceeded. */
  private static final JsonFactory WITHOUT_LIMITS =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  /** The id of a frame that has one, but none that could be answered. */
  private static final long UNUSABLE = -1;

  private FrameJson() {}

  /** Reads a frame of a client, which is UTF-8. */
  static ClientMessage read(byte[] json) {
    long id;
    try {
      id = id(json);
    } catch (IOException e) {
      return ClientMessage.unreadable("the message is not a JSON object");
    }
    if (id == UNUSABLE) {
      return ClientMessage.badId();
    }
    if (id < 1) {
      return ClientMessage.of(ClientFrame.getDefaultInstance());
    }
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      ClientFrame.Builder frame = ClientFrame.newBuilder();
      MessageJson.read(parser, json, frame, "a frame");
      return ClientMessage.of(frame.build());
    } catch (RequestException e) {
      return ClientMessage.refused(id, e);
    } catch (StreamConstraintsException e) {
      return ClientMessage.refused(id, JsonInput.beyond("the frame", e));
    } catch (IOException e) {
      return ClientMessage.unreadable("the message is not a JSON object");
    }
  }

  /**
   * The frame's id, so that whatever else is wrong with it can be answered; 0 if it has none, and
   * {@link #UNUSABLE} if it is not a whole number of 1 or more.
   *
   * @throws IOException if it is not a JSON object, or something follows it
   */
  private static long id(byte[] json) throws IOException {
    long id = 0;
    try (JsonParser parser = WITHOUT_LIMITS.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("not an object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean isId = id == 0 && parser.currentName().equals("id");
        parser.nextToken();
        if (isId) {
          id = id(parser);
        }
        parser.skipChildren();
        parser.finishToken();
      }
      if (parser.nextToken() != null) {
        throw new IOException("something follows");
      }
    }
    return id;
  }

  private static long id(JsonParser parser) throws IOException {
    // Longer ones do not fit, and would take long to read.
    boolean whole =
        parser.currentToken() == JsonToken.VALUE_NUMBER_INT && parser.getTextLength() < 20;
    if (!whole || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      return UNUSABLE;
    }
    long id = parser.getLongValue();
    return id < 0 ? UNUSABLE : id;
  }

  /**
   * Writes a frame of the server; not events, which {@link FramesFormat} writes. A field that has
   * its default is left out, unless it says yes or no.
   */
  static void write(ServerFrame frame, ByteBuf out) {
    MessageJson.write(frame, out);
  }
}
