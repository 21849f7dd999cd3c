package io.tailwater.edge.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventData;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Text;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.request.JsonInput;
import io.tailwater.edge.request.Once;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON object of a request, and refuses what it does not know, so that typing errors
 * show.
 */
public final class RequestBody {
  private static final JsonFactory JSON = new JsonFactory();

  private RequestBody() {}

  /**
   * @param fields the fields that it may have
   * @throws RequestException {@code invalid_json}, {@code invalid_request}
   */
  public static <T> T parse(ObjectMapper json, byte[] body, Class<T> type, List<String> fields) {
    requireFields(body, fields);
    try {
      return json.readValue(body, type);
    } catch (IOException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof StreamConstraintsException limit) {
          throw JsonInput.beyond("the body", limit);
        }
      }
      throw invalid("a field of the body has the wrong type; it has " + String.join(", ", fields));
    }
  }

  /**
   * Refuses a body that is not JSON. What {@code curl -d} sends counts as JSON, but never with a
   * cookie: a form of another page could send it.
   *
   * @throws RequestException {@code unsupported_media_type}
   */
  public static void requireJson(HttpRequest<?> request) {
    String type = Once.text(request, HttpHeaders.CONTENT_TYPE).split(";", 2)[0].trim();
    boolean guessed =
        type.isEmpty() || type.equalsIgnoreCase(MediaType.APPLICATION_FORM_URLENCODED);
    if (guessed ? Access.cookie(request) != null : !type.equalsIgnoreCase("application/json")) {
      throw new RequestException(
          ErrorCode.UNSUPPORTED_MEDIA_TYPE,
          "the body is JSON: Content-Type: application/json (curl --json)");
    }
  }

  /**
   * Moves past a value, whose texts have to be well-formed; JSON's escapes can name half a pair.
   */
  private static void requireWellFormed(JsonParser parser, String field) throws IOException {
    int depth = 0;
    while (true) {
      JsonToken token = parser.currentToken();
      switch (token) {
        case START_OBJECT, START_ARRAY -> depth++;
        case END_OBJECT, END_ARRAY -> depth--;
        case VALUE_STRING, FIELD_NAME ->
            Text.require("a text in '" + field + "'", parser.getText(), ErrorCode.INVALID_REQUEST);
        case null, default -> {}
      }
      if (depth == 0) {
        return;
      }
      if (parser.nextToken() == null) {
        throw new IOException("it ends too early");
      }
    }
  }

  private static void requireFields(byte[] body, List<String> fields) {
    Text.requireUtf8("the body", body, ErrorCode.INVALID_JSON);
    Text.requireNoByteOrderMark("the body", body, ErrorCode.INVALID_JSON);
    Set<String> seen = new HashSet<>();
    try (JsonParser parser = JSON.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new RequestException(
            ErrorCode.INVALID_JSON,
            "the body must be a JSON object with " + String.join(", ", fields));
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (!fields.contains(name)) {
          throw invalid(
              "unknown field '"
                  + Text.printable(shortened(name))
                  + "'; accepted: "
                  + String.join(", ", fields));
        }
        if (!seen.add(name)) {
          throw invalid("'" + name + "' stands twice in the body");
        }
        parser.nextToken();
        requireWellFormed(parser, name);
      }
      if (parser.nextToken() != null) {
        throw new RequestException(ErrorCode.INVALID_JSON, "something follows the JSON object");
      }
    } catch (IOException e) {
      throw JsonInput.refusal(body, "the body", "a JSON object");
    }
    if (!EventData.isJson(body)) {
      throw JsonInput.refusal(body, "the body", "a JSON object in UTF-8");
    }
  }

  /**
   * A field that is a text.
   *
   * @throws RequestException {@code invalid_request}
   */
  public static String text(String name, @Nullable Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw invalid("'" + name + "' is " + (value == null ? "missing: " : "") + "a text");
  }

  /**
   * A field that is a list of texts.
   *
   * @throws RequestException {@code invalid_request}
   */
  public static List<String> texts(String name, @Nullable Object value) {
    if (!(value instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
      throw invalid("'" + name + "' is a list of texts");
    }
    return list.stream().map(String.class::cast).toList();
  }

  /**
   * A field that is a whole number with bounds.
   *
   * @throws RequestException {@code invalid_request}
   */
  public static long whole(String name, @Nullable Object value, long min, long max) {
    if ((value instanceof Integer || value instanceof Long)
        && ((Number) value).longValue() >= min
        && ((Number) value).longValue() <= max) {
      return ((Number) value).longValue();
    }
    throw invalid("'" + name + "' is a whole number, " + min + " to " + max);
  }

  private static String shortened(String name) {
    return name.length() <= 64 ? name : name.substring(0, 64) + "…";
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
