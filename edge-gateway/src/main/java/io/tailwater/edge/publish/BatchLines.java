package io.tailwater.edge.publish;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tailwater.contract.Channel;
import io.tailwater.contract.EntryText;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventType;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Text;
import io.tailwater.contract.WrittenJson;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.edge.request.JsonInput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a batch: {@code {"channel":…,"data":…,"type":…,"key":…}}, or {@code data_base64} for
 * {@code data}, and what they do to an entry: {@code entry}, {@code op}, {@code if}, {@code at},
 * {@code seen}.
 */
final class BatchLines {
  static final int MAX_LINES = 1_000;
  static final int MAX_BYTES = 4 << 20;

  /** Of text that is known to be UTF-8; names are compared, not kept. */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private BatchLines() {}

  /**
   * A line as it was written.
   *
   * @param entry what it does to an entry; empty if it names none
   * @param data the JSON value as it stands in the line; null if it has {@code data_base64}
   */
  record Line(
      Channel channel,
      String type,
      String key,
      PublishRequest entry,
      byte @Nullable [] data,
      byte[] bytes) {}

  /**
   * Cuts a body into lines; blank ones don't count.
   *
   * @throws RequestException {@code too_large}
   */
  static List<byte[]> split(byte[] body) {
    if (body.length > MAX_BYTES) {
      throw new RequestException(
          ErrorCode.TOO_LARGE,
          "a batch is at most 4 MiB, and this one has " + body.length + " bytes");
    }
    List<byte[]> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= body.length; i++) {
      if (i == body.length || body[i] == '\n') {
        byte[] line = Arrays.copyOfRange(body, start, i);
        if (!new String(line, StandardCharsets.ISO_8859_1).isBlank()) {
          lines.add(line);
        }
        start = i + 1;
      }
    }
    if (lines.size() > MAX_LINES) {
      throw new RequestException(
          ErrorCode.TOO_LARGE, "a batch is at most 1,000 lines, and this one has " + lines.size());
    }
    return lines;
  }

  /**
   * Reads a line.
   *
   * @throws RequestException {@code invalid_json}, {@code invalid_request}, {@code
   *     invalid_channel}, {@code invalid_type}
   */
  static Line parse(byte[] line) {
    Text.requireUtf8("a line", line, ErrorCode.INVALID_JSON);
    Text.requireNoByteOrderMark("a line", line, ErrorCode.INVALID_JSON);
    try {
      return read(line);
    } catch (RequestException refusal) {
      // A line that is not JSON is refused for that, whatever else is wrong with it.
      JsonInput.require(line, "this line");
      throw refusal;
    } catch (IOException e) {
      throw JsonInput.refusal(line, "this line", "a JSON value");
    }
  }

  private static Line read(byte[] line) throws IOException {
    String channel = null;
    String type = "";
    String key = "";
    byte[] data = null;
    byte[] bytes = null;
    PublishRequest.Builder entry = PublishRequest.newBuilder();
    Set<String> seen = new HashSet<>();
    try (JsonParser parser = JSON.createParser(line)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw invalid("a line is an object: {\"channel\":…,\"data\":…}");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (!seen.add(name)) {
          throw invalid("'" + name + "' stands twice in this line");
        }
        parser.nextToken();
        switch (name) {
          case "channel" -> channel = string(parser, name);
          case "type" -> type = string(parser, name);
          case "key" -> key = string(parser, name);
          case "entry" -> entry.setEntry(EntryText.requireName(string(parser, name)));
          case "op" -> entry.setOp(EntryText.op(string(parser, name)));
          case "if" -> entry.setIf(string(parser, name));
          case "at" -> entry.setAtMs(millis(parser));
          case "seen" -> entry.setSeen(string(parser, name));
          case "event" -> entry.setEvent(string(parser, name));
          case "data" -> data = WrittenJson.value(parser, line);
          case "data_base64" -> bytes = base64(string(parser, name));
          default ->
              throw invalid(
                  "a line has channel, data or data_base64, type, key, entry, op, if, at, seen and"
                      + " event, not '"
                      + name
                      + "'");
        }
      }
      if (parser.nextToken() != null) {
        throw new IOException("something follows the object");
      }
    }
    if (channel == null) {
      throw new RequestException(
          ErrorCode.INVALID_CHANNEL,
          "a line names its channel: {\"channel\":\"chat:lobby\",\"data\":…}");
    }
    if (entry.getOp() == EntryOp.DELETE) {
      if (data != null || bytes != null) {
        throw invalid("a line whose op is delete has no data");
      }
    } else if ((data == null) == (bytes == null)) {
      throw invalid("a line has either data or data_base64");
    }
    return new Line(
        Channel.parse(channel),
        EventType.publishable(type),
        key,
        entry.build(),
        data,
        bytes == null ? new byte[0] : bytes);
  }

  private static String string(JsonParser parser, String name) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw invalid("'" + name + "' is a string");
    }
    return Text.require("'" + name + "'", parser.getText(), ErrorCode.INVALID_REQUEST);
  }

  private static long millis(JsonParser parser) throws IOException {
    boolean whole =
        parser.currentToken() == JsonToken.VALUE_NUMBER_INT
            && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    if (!whole || parser.getLongValue() <= 0) {
      throw invalid("'at' is milliseconds since 1970");
    }
    return parser.getLongValue();
  }

  private static byte[] base64(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw invalid("'data_base64' is not base64");
    }
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
