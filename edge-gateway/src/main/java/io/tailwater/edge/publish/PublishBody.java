package io.tailwater.edge.publish;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventData;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.connection.EventJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Turns the body of a publish request into the data of an event, by its Content-Type and the
 * namespace's kind of data.
 */
final class PublishBody {
  private static final JsonFactory JSON = new JsonFactory();
  private static final ByteString NULL = ByteString.copyFromUtf8("null");

  private PublishBody() {}

  /** How a body is meant. */
  enum Form {
    JSON,
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
        case "application/x-ndjson" -> BATCH;
        case "application/x-www-form-urlencoded" -> GUESSED_JSON;
        default -> type.startsWith("text/") ? TEXT : BYTES;
      };
    }
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
      case GUESSED_JSON -> {
        if (!EventData.isJson(body)) {
          throw new RequestException(
              ErrorCode.UNSUPPORTED_MEDIA_TYPE,
              "without a Content-Type the body is to be JSON: use curl --json '{\"text\":\"hi\"}', or name the type with -H 'Content-Type: text/plain'");
        }
        yield json(body, namespace);
      }
      case TEXT -> text(utf8(body), namespace);
      case BYTES, BATCH -> ByteString.copyFrom(body);
    };
  }

  private static ByteString json(byte[] body, Namespace namespace) {
    if (!EventData.isJson(body)) {
      throw new RequestException(ErrorCode.INVALID_JSON, "the body is no JSON value");
    }
    if (namespace.getData() != DataKind.TEXT) {
      return ByteString.copyFrom(body);
    }
    try (JsonParser parser = JSON.createParser(body)) {
      if (parser.nextToken() == JsonToken.VALUE_STRING) {
        return ByteString.copyFromUtf8(parser.getText());
      }
    } catch (IOException e) {
      throw new RequestException(ErrorCode.INVALID_JSON, "the body is no JSON value");
    }
    throw new RequestException(
        ErrorCode.INVALID_REQUEST,
        "the events of " + namespace.getName() + " are text: send text/plain, or a JSON string");
  }

  private static ByteString text(String text, Namespace namespace) {
    return namespace.getData() == DataKind.JSON
        ? ByteString.copyFromUtf8(EventJson.quoted(text))
        : ByteString.copyFromUtf8(text);
  }

  private static String utf8(byte[] body) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "a text body is to be UTF-8, and this one is not");
    }
  }
}
