package io.tailwater.edge.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.io.IOException;
import java.util.List;

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
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "a field of the body has the wrong type; it has " + String.join(", ", fields));
    }
  }

  private static void requireFields(byte[] body, List<String> fields) {
    try (JsonParser parser = JSON.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new RequestException(
            ErrorCode.INVALID_JSON,
            "the body is to be a JSON object with " + String.join(", ", fields));
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (!fields.contains(name)) {
          throw new RequestException(
              ErrorCode.INVALID_REQUEST,
              "there is no field '" + name + "': " + String.join(", ", fields));
        }
        parser.nextToken();
        parser.skipChildren();
      }
      if (parser.nextToken() != null) {
        throw new RequestException(ErrorCode.INVALID_JSON, "something follows the JSON object");
      }
    } catch (IOException e) {
      throw new RequestException(ErrorCode.INVALID_JSON, "the body is no JSON object");
    }
  }
}
