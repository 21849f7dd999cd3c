package io.tailwater.edge.request;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventData;
import io.tailwater.contract.RequestException;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells JSON that is wrong from JSON that is right and too much for the parsers here: the latter is
 * refused with the limit that it exceeds.
 */
public final class JsonInput {
  private static final StreamReadConstraints LIMITS = StreamReadConstraints.defaults();
  private static final JsonFactory JSON = new JsonFactory();

  private JsonInput() {}

  /**
   * Requires one JSON value.
   *
   * @param what the text in the message, such as "the body"
   * @throws RequestException {@code invalid_json}
   */
  public static void require(byte[] text, String what) {
    if (!EventData.isJson(text)) {
      throw refusal(text, what, "a JSON value");
    }
  }

  /**
   * Why a text that could not be read is refused.
   *
   * @param expected what it should be, such as "a JSON object"
   */
  public static RequestException refusal(byte[] text, String what, String expected) {
    RequestException beyond = limit(text, what);
    return beyond == null
        ? new RequestException(ErrorCode.INVALID_JSON, what + " is not " + expected)
        : beyond;
  }

  /** Why a text is refused that may be JSON, but exceeds a limit; null if it exceeds none. */
  public static @Nullable RequestException limit(byte[] text, String what) {
    try (JsonParser parser = JSON.createParser(text)) {
      while (parser.nextToken() != null) {
        parser.finishToken();
      }
      return null;
    } catch (StreamConstraintsException e) {
      return beyond(what, e);
    } catch (IOException e) {
      return null;
    }
  }

  /** Why a text is refused whose parser reached a limit. */
  public static RequestException beyond(String what, StreamConstraintsException limit) {
    return new RequestException(
        ErrorCode.INVALID_JSON,
        what + " is beyond a limit for JSON: " + limit(String.valueOf(limit.getMessage())));
  }

  private static String limit(String message) {
    String text = message.toLowerCase(Locale.ROOT);
    if (text.contains("nesting depth")) {
      return "at most " + LIMITS.getMaxNestingDepth() + " levels of nesting";
    }
    if (text.contains("number")) {
      return "at most " + LIMITS.getMaxNumberLength() + " characters a number";
    }
    if (text.contains("name")) {
      return "at most " + LIMITS.getMaxNameLength() + " characters a field name";
    }
    return "at most " + LIMITS.getMaxStringLength() + " characters a string";
  }
}
