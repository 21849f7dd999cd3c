package io.tailwater.ai.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the mocks do with demands of clients, which may be of any form and any size. */
final class DemandsTest {
  private static final List<String> NAMES =
      List.of(
          "tools",
          "tool_choice",
          "function",
          "name",
          "parameters",
          "response_format",
          "type",
          "json_schema",
          "schema",
          "properties",
          "required",
          "items",
          "minItems",
          "minLength",
          "$ref",
          "#/",
          "#/schema",
          "anyOf",
          "enum",
          "const",
          "object",
          "array",
          "string",
          "modalities",
          "n");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"array\",\"minItems\":100,\"items\":{\"$ref\":\"#/a\"},\"a\":{\"type\":\"array\",\"minItems\":100,\"items\":{\"$ref\":\"#/a\"}}}",
        "{\"type\":\"array\",\"minItems\":99,\"items\":{\"type\":\"array\",\"minItems\":99,\"items\":{\"type\":\"array\",\"minItems\":99}}}",
        "{\"type\":\"object\",\"required\":[\"a\",\"b\"],\"properties\":{\"a\":{\"$ref\":\"#/properties/c\"},\"b\":{\"$ref\":\"#/properties/c\"},\"c\":{\"type\":\"array\",\"minItems\":50,\"items\":{\"$ref\":\"#/properties/c\"}}}}",
        "{\"type\":\"array\",\"minItems\":100,\"items\":{\"type\":\"array\",\"minItems\":90,\"items\":{\"type\":\"string\",\"minLength\":1000}}}"
      })
  void aSchemaThatUnfoldsWithoutEndIsRefused(String schema) {
    assertThatExceptionOfType(ModelException.class)
        .isThrownBy(() -> Demands.of(body(schema)))
        .satisfies(refusal -> assertThat(refusal.text()).contains("schema", "too large"));
  }

  private static String body(String schema) {
    return "{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":"
        + schema
        + "}}}";
  }

  @Test
  void aSchemaOfUsualSizeIsAnswered() throws ModelException {
    assertThat(
            Demands.of(body("{\"type\":\"array\",\"minItems\":3,\"items\":{\"const\":1}}")).json())
        .isEqualTo("[1,1,1]");
  }

  @Property(tries = 2_000)
  void anyDemandsAreUnderstoodOrRefused(@ForAll Random random) {
    String body = random.nextBoolean() ? object(random, 0) : body(object(random, 2));
    try {
      Demands.of(body);
    } catch (ModelException refusal) {
      assertThat(refusal.text()).isNotBlank();
    } catch (RuntimeException e) {
      throw new AssertionError(body, e);
    }
  }

  private static String value(Random random, int depth) {
    return switch (random.nextInt(depth > 5 ? 5 : 9)) {
      case 0 -> "null";
      case 1 -> "true";
      case 2 -> Integer.toString(random.nextInt(-1, 200));
      case 3, 4 -> "\"" + NAMES.get(random.nextInt(NAMES.size())) + "\"";
      case 5 -> {
        List<String> elements = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          elements.add(value(random, depth + 1));
        }
        yield "[" + String.join(",", elements) + "]";
      }
      default -> object(random, depth);
    };
  }

  private static String object(Random random, int depth) {
    List<String> fields = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      fields.add("\"" + NAMES.get(random.nextInt(NAMES.size())) + "\":" + value(random, depth + 1));
    }
    return "{" + String.join(",", fields) + "}";
  }
}
