package io.tailwater.backend.method;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventData;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Text;
import io.tailwater.contract.WrittenJson;
import io.tailwater.contract.backend.v1.Detail;
import io.tailwater.contract.backend.v1.Encoding;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The data of one call: a JSON object. Confined to the thread that begins the call. What is wrong
 * with its fields is gathered, so that a caller sees all of it at once: {@link #check} refuses the
 * call. Until then, a field that is wrong is empty.
 */
public final class Arguments {
  private static final JsonFactory JSON = new JsonFactory();

  private final Map<String, byte[]> fields;
  private final List<Detail> problems = new ArrayList<>();

  private Arguments(Map<String, byte[]> fields) {
    this.fields = fields;
  }

  /**
   * Reads the data of a call.
   *
   * @throws CallFailure if it is not a JSON object
   */
  static Arguments parse(ByteString data, Encoding encoding) {
    byte[] json = data.toByteArray();
    try {
      if (encoding == Encoding.ENCODING_JSON && EventData.isJson(json)) {
        return new Arguments(WrittenJson.fields(json));
      }
    } catch (IOException e) {
      // It is JSON, but no object.
    }
    throw CallFailure.of(ErrorCode.INVALID_REQUEST, "the data of this method is a JSON object");
  }

  /** Refuses fields that the method does not have. */
  public Arguments only(String... names) {
    for (String field : fields.keySet()) {
      if (!Arrays.asList(names).contains(field)) {
        problem(
            field, "is not known; accepted: " + String.join(", ", new TreeSet<>(List.of(names))));
      }
    }
    return this;
  }

  /** Whether the field is there, and not null. */
  public boolean has(String field) {
    byte[] value = fields.get(field);
    return value != null && !(value.length == 4 && value[0] == 'n');
  }

  /**
   * A text that has to be there.
   *
   * @param min fewest characters
   * @param max most characters
   */
  public String text(String field, int min, int max) {
    if (!has(field)) {
      problem(field, "is missing");
      return "";
    }
    String text = string(field);
    if (text == null) {
      problem(field, "is not a text");
      return "";
    }
    int length = text.codePointCount(0, text.length());
    if (length < min || length > max) {
      problem(field, "has %d characters; accepted: %d to %d".formatted(length, min, max));
      return "";
    }
    return text;
  }

  /** A text that may be left out; empty then. */
  public String textOrEmpty(String field, int max) {
    return has(field) ? text(field, 0, max) : "";
  }

  /**
   * A text of some form, which has to be there.
   *
   * @param form parses the text; throws what {@code RequestException} says if it is wrong
   */
  public <T> @Nullable T parsed(String field, int max, Function<String, T> form) {
    String text = text(field, 1, max);
    if (text.isEmpty()) {
      return null;
    }
    try {
      return form.apply(text);
    } catch (RequestException e) {
      problem(field, "is wrong: " + e.text());
      return null;
    }
  }

  /** A value as it was written; null if it is not there. */
  public byte @Nullable [] written(String field) {
    return fields.get(field);
  }

  /** Notes that something is wrong with a field. */
  public void problem(String field, String problem) {
    problems.add(Detail.newBuilder().setField(field).setProblem(problem).build());
  }

  /** Notes a problem unless a condition holds. */
  public void require(boolean holds, String field, String problem) {
    if (!holds) {
      problem(field, problem);
    }
  }

  /**
   * Refuses the call if something is wrong with its fields.
   *
   * @throws CallFailure {@code invalid_request} with all details
   */
  public void check() {
    if (!problems.isEmpty()) {
      throw CallFailure.invalid(problems);
    }
  }

  private @Nullable String string(String field) {
    try (JsonParser parser = JSON.createParser(fields.get(field))) {
      String text = parser.nextToken() == JsonToken.VALUE_STRING ? parser.getText() : null;
      return text == null || Text.malformedAt(text) != Text.WELL_FORMED ? null : text;
    } catch (IOException e) {
      return null;
    }
  }
}
