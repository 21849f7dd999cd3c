package io.tailwater.ai.upstream;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.model.Prompt;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Writes the body of a request for a completion. What a client of OpenAI's protocol has sent stays
 * as it came, byte by byte, but for the fields that are ours to set.
 */
final class CompletionBody {
  private static final JsonFactory JSON = new JsonFactory();

  /** Of every request; that a client may not set them was checked before. */
  private static final Set<String> OURS = Set.of("model", "stream", "stream_options", "n");

  private CompletionBody() {}

  /**
   * The body for a prompt.
   *
   * @param model the server's name of the model
   */
  static byte[] of(Prompt prompt, String model, ObjectMapper json) {
    try {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      Map<String, Object> ours = new LinkedHashMap<>();
      ours.put("model", model);
      ours.put("stream", true);
      ours.put("stream_options", Map.of("include_usage", true));
      if (prompt.body().isEmpty()) {
        ours.putAll(fields(prompt));
      }
      byte[] head = json.writeValueAsBytes(ours);
      body.write(head, 0, head.length - 1);
      copyOthers(prompt.body().getBytes(StandardCharsets.UTF_8), body);
      body.write('}');
      return body.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("the body was read before", e);
    }
  }

  private static Map<String, Object> fields(Prompt prompt) {
    Map<String, Object> fields = new LinkedHashMap<>();
    List<Map<String, String>> messages = new ArrayList<>();
    for (Prompt.Message message : prompt.messages()) {
      messages.add(
          Map.of(
              "role",
              message.role().name().toLowerCase(Locale.ROOT),
              "content",
              message.content()));
    }
    fields.put("messages", messages);
    prompt.maxTokens().ifPresent(tokens -> fields.put("max_tokens", tokens));
    prompt.temperature().ifPresent(temperature -> fields.put("temperature", temperature));
    prompt.seed().ifPresent(seed -> fields.put("seed", seed));
    return fields;
  }

  private static void copyOthers(byte[] body, ByteArrayOutputStream to) throws IOException {
    if (body.length == 0) {
      return;
    }
    try (JsonParser parser = JSON.createParser(body)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        int name = (int) parser.currentTokenLocation().getByteOffset();
        boolean others = !OURS.contains(parser.currentName());
        parser.nextToken();
        parser.skipChildren();
        parser.finishToken();
        int end = (int) parser.currentLocation().getByteOffset();
        if (others) {
          to.write(',');
          to.write(body, name, end - name);
        }
      }
    }
  }
}
