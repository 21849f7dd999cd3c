package io.tailwater.edge.publish;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventData;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Text;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.request.JsonInput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Turns the body of a publish request into the data of an event, by its Content-Type and the
 * namespace's kind of data.
 */
final class PublishBody {
  private static final JsonFactory JSON = new JsonFactory();

  /** Of any body, as the server is configured. */
  private static final long MAX_BYTES = 5L << 20;

  private static final ByteString NULL = ByteString.copyFromUtf8("null");

  /** The names of JSON in lines, none of which is a standard; the first is in our answers. */
  static final List<String> LINES =
      List.of(
          "application/x-ndjson",
          "application/ndjson",
          "application/jsonl",
          "application/x-jsonl",
          "application/jsonlines",
          "application/x-jsonlines",
          "application/json-lines");

  private PublishBody() {}

  /** How a body is meant. */
  enum Form {
    JSON,
    /** A value that was read as a part of other JSON. */
    PARSED_JSON,
    TEXT,
    /** What {@code curl -d} sends: JSON, though it does not say so. */
    GUESSED_JSON,
    BATCH,
    BYTES;

    static Form of(@Nullable String contentType) {
      if (contentType == null || contentType.isBlank()) {
        return GUESSED_JSON;
      }
      String type = contentType.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
      return switch (type) {
        case "application/json" -> JSON;
        case "application/x-www-form-urlencoded" -> GUESSED_JSON;
        default -> LINES.contains(type) ? BATCH : type.startsWith("text/") ? TEXT : BYTES;
      };
    }
  }

  /** The maximum bytes of a body whose data may have a namespace's maximum. */
  static int maxBytes(Form form, Namespace namespace) {
    int most = namespace.getMaxEventBytes();
    boolean unquoted =
        namespace.getData() == DataKind.TEXT && (form == Form.JSON || form == Form.GUESSED_JSON);
    // A JSON string becomes text, which may have six times fewer bytes.
    return (int) Math.min(MAX_BYTES, unquoted ? 6L * most + 2 : most);
  }

  /**
   * @throws RequestException {@code invalid_json}, {@code unsupported_media_type}, {@code
   *     invalid_request}
   */
  static ByteString data(Form form, byte[] body, Namespace namespace, boolean close) {
    if (body.length == 0 && close && form != Form.BYTES) {
      return namespace.getData() == DataKind.JSON ? NULL : ByteString.EMPTY;
    }
    return switch (form) {
      case JSON -> json(body, namespace);
      case PARSED_JSON -> parsed(body, namespace);
      case GUESSED_JSON -> {
        if (!EventData.isJson(body)) {
          RequestException beyond = JsonInput.limit(body, "the body");
          if (beyond != null) {
            throw beyond;
          }
          throw new RequestException(
              ErrorCode.UNSUPPORTED_MEDIA_TYPE,
              "without a Content-Type the body is to be JSON: use curl --json '{\"text\":\"hi\"}', or name the type with -H 'Content-Type: text/plain'");
        }
        yield json(body, namespace);
      }
      case TEXT -> {
        Text.requireUtf8("a text body", body, ErrorCode.INVALID_REQUEST);
        yield text(body, namespace);
      }
      case BYTES, BATCH -> ByteString.copyFrom(body);
    };
  }

  private static ByteString json(byte[] body, Namespace namespace) {
    Text.requireUtf8("JSON", body, ErrorCode.INVALID_JSON);
    Text.requireNoByteOrderMark("the body", body, ErrorCode.INVALID_JSON);
    JsonInput.require(body, "the body");
    return parsed(body, namespace);
  }

  private static ByteString parsed(byte[] body, Namespace namespace) {
    if (namespace.getData() != DataKind.TEXT) {
      return ByteString.copyFrom(body);
    }
    try (JsonParser parser = JSON.createParser(body)) {
      if (parser.nextToken() == JsonToken.VALUE_STRING) {
        return ByteString.copyFromUtf8(
            Text.require("the text", parser.getText(), ErrorCode.INVALID_REQUEST));
      }
    } catch (IOException e) {
      throw new RequestException(ErrorCode.INVALID_JSON, "the body is not a JSON value");
    }
    throw new RequestException(
        ErrorCode.INVALID_REQUEST,
        "the events of " + namespace.getName() + " are text: send text/plain, or a JSON string");
  }

  private static ByteString text(byte[] utf8, Namespace namespace) {
    return namespace.getData() == DataKind.JSON
        ? ByteString.copyFromUtf8(EventJson.quoted(new String(utf8, StandardCharsets.UTF_8)))
        : ByteString.copyFrom(utf8);
  }
}
