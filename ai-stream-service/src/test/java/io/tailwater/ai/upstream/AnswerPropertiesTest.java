package io.tailwater.ai.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.micronaut.core.type.Argument;
import io.micronaut.json.tree.JsonNode;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.model.ModelException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Whatever a model's server sends is a piece of an answer, or the failure that is documented. */
final class AnswerPropertiesTest {
  private static final ObjectMapper JSON = ObjectMapper.getDefault();
  private static final List<String> NAMES =
      List.of(
          "choices",
          "delta",
          "content",
          "reasoning_content",
          "reasoning",
          "refusal",
          "tool_calls",
          "index",
          "function",
          "name",
          "arguments",
          "id",
          "finish_reason",
          "usage",
          "prompt_tokens",
          "completion_tokens",
          "error",
          "message",
          "code");
  private static final List<String> PARTS =
      List.of("data:", "data: ", "{}", "\n", "\r\n", "\r", "\n\n", ":", "event: x", "ä", "x", " ");

  @Property(tries = 3_000)
  void anyChunkGivesPiecesOrFails(@ForAll Random random) throws IOException {
    Completion completion = new Completion();
    for (int i = 0; i < 5; i++) {
      String chunk =
          switch (random.nextInt(3)) {
            case 0 -> value(random, 0);
            case 1 -> "{\"choices\":[{\"delta\":" + value(random, 1) + "}]}";
            default -> "{\"choices\":[{\"delta\":{\"tool_calls\":[" + value(random, 2) + "]}}]}";
          };
      JsonNode node = JSON.readValue(chunk, Argument.of(JsonNode.class));
      if (node == null) {
        continue;
      }
      try {
        completion.read(node).forEach(piece -> assertThat(piece.text()).as(chunk).isNotNull());
      } catch (UpstreamException e) {
        assertThat(e.asModelException().text()).as(chunk).isNotBlank();
      } catch (RuntimeException e) {
        throw new AssertionError(chunk, e);
      }
    }
  }

  @Property
  void anyRefusalIsAFailureWithAMessage(@ForAll Random random, @ForAll String retryAfter)
      throws IOException {
    JsonNode error = JSON.readValue(value(random, 0), Argument.of(JsonNode.class));
    ModelException failure =
        Refusals.of(random.nextInt(1_000), error, retryAfter).asModelException();
    assertThat(failure.text()).isNotBlank();
    if (error != null) {
      assertThat(Refusals.inMidStream(error)).isNotNull();
    }
  }

  private static String value(Random random, int depth) {
    return switch (random.nextInt(depth > 4 ? 7 : 12)) {
      case 0 -> "null";
      case 1 -> "true";
      case 2 -> Integer.toString(random.nextInt(-2, 5));
      case 3 -> "1.5e300";
      case 4 -> "\"" + NAMES.get(random.nextInt(NAMES.size())) + "\"";
      case 5 -> "\"\"";
      case 6 -> "99999999999999999999";
      case 7, 8 -> {
        List<String> elements = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          elements.add(value(random, depth + 1));
        }
        yield "[" + String.join(",", elements) + "]";
      }
      default -> {
        List<String> fields = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
          fields.add(
              "\"" + NAMES.get(random.nextInt(NAMES.size())) + "\":" + value(random, depth + 1));
        }
        yield "{" + String.join(",", fields) + "}";
      }
    };
  }

  @Property
  void theEventsOfAStreamDoNotDependOnThePiecesInWhichTheyArrive(@ForAll Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(30); i > 0; i--) {
      text.append(PARTS.get(random.nextInt(PARTS.size())));
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    if (random.nextInt(3) == 0 && bytes.length > 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    List<String> whole = events(new ByteArrayInputStream(bytes));
    List<String> pieces = events(new Pieces(bytes, random));
    assertThat(pieces).isEqualTo(whole);
  }

  /** The data of the events; what failed is the last of them. */
  private static List<String> events(InputStream stream) {
    List<String> events = new ArrayList<>();
    EventLines lines = new EventLines(stream, () -> {});
    try {
      for (String data = lines.next(); data != null; data = lines.next()) {
        events.add(data);
      }
    } catch (IOException e) {
      events.add("failed");
    }
    return events;
  }

  /** Gives at most a few bytes at once. */
  private static final class Pieces extends InputStream {
    private final ByteArrayInputStream bytes;
    private final Random random;

    Pieces(byte[] bytes, Random random) {
      this.bytes = new ByteArrayInputStream(bytes);
      this.random = random;
    }

    @Override
    public int read() {
      return bytes.read();
    }

    @Override
    public int read(byte[] into, int from, int length) {
      return bytes.read(into, from, Math.min(length, 1 + random.nextInt(4)));
    }
  }
}
