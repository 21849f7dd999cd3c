package io.tailwater.edge.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.RequestException;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** What a client may send instead of what is expected, for tests of everything that reads it. */
public final class Garbage {
  private static final int MAX_PIECES = 10;

  private Garbage() {}

  /** Texts of these pieces in any order, with other characters between them. */
  public static Arbitrary<String> text(String... pieces) {
    return text(Arbitraries.strings().ofMaxLength(3), pieces);
  }

  /**
   * As {@link #text}, of what can be a header of HTTP: characters from U+0020 to U+00FF, without
   * white space around it.
   */
  public static Arbitrary<String> header(String... pieces) {
    return text(
            Arbitraries.strings()
                .withCharRange(' ', '~')
                .withCharRange('\u0080', '\u00ff')
                .ofMaxLength(3),
            pieces)
        .map(String::strip);
  }

  private static Arbitrary<String> text(Arbitrary<String> other, String... pieces) {
    return Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.of(pieces)),
            Tuple.of(2, Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(3)),
            Tuple.of(1, other))
        .list()
        .ofMaxSize(MAX_PIECES)
        .map(parts -> String.join("", parts));
  }

  /** JSON whose objects have fields with these names, at most a few levels deep. */
  public static String json(Random random, String... names) {
    return json(random, 0, names);
  }

  private static String json(Random random, int depth, String... names) {
    return switch (random.nextInt(depth > 3 ? 12 : 18)) {
      case 0 -> "null";
      case 1 -> random.nextBoolean() ? "true" : "false";
      case 2 -> Integer.toString(random.nextInt());
      case 3 -> Long.toString(random.nextLong());
      case 4 -> "9".repeat(1 + random.nextInt(1_200));
      case 5 -> "-1.5e" + random.nextInt(5_000);
      case 6 -> "\"\"";
      case 7 -> "\"\\ud800\"";
      case 8 -> "\"\\u0000\\n\"";
      case 9 -> random.nextInt(20) == 0 ? "[".repeat(1_500) + "]".repeat(1_500) : "1";
      case 10 -> "\"" + names[random.nextInt(names.length)] + "\"";
      case 11 -> "\"demo:a\"";
      case 12, 13 -> {
        StringBuilder list = new StringBuilder("[");
        for (int i = random.nextInt(3); i > 0; i--) {
          list.append(json(random, depth + 1, names)).append(i > 1 ? "," : "");
        }
        yield list + "]";
      }
      default -> object(random, depth, names);
    };
  }

  /** As {@link #json}, an object. */
  public static String object(Random random, String... names) {
    return object(random, 0, names);
  }

  private static String object(Random random, int depth, String... names) {
    StringBuilder object = new StringBuilder("{");
    for (int i = random.nextInt(5); i > 0; i--) {
      object
          .append('"')
          .append(random.nextInt(30) == 0 ? "other" : names[random.nextInt(names.length)])
          .append("\":")
          .append(json(random, depth + 1, names))
          .append(i > 1 ? "," : "");
    }
    return object.append('}').toString();
  }

  /** Bytes that were good, with up to three faults: cut, flipped, repeated or overwritten. */
  public static byte[] damaged(byte[] good, Random random) {
    byte[] bytes = good.clone();
    for (int faults = 1 + random.nextInt(3); faults > 0 && bytes.length > 0; faults--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes = Arrays.copyOf(bytes, at);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> {
          byte[] longer = Arrays.copyOf(bytes, 2 * bytes.length - at);
          System.arraycopy(bytes, at, longer, bytes.length, bytes.length - at);
          bytes = longer;
        }
        default -> bytes[at] = (byte) random.nextInt();
      }
    }
    return bytes;
  }

  /**
   * What reading gives; null if it is refused in words that a client understands. Anything else
   * that is thrown fails the test.
   */
  public static <T> @Nullable T readOrRefused(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (RequestException refusal) {
      assertThat(refusal.text()).isNotBlank().doesNotContain("java.", "Exception", "io.");
      return null;
    }
  }
}
