package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.ErrorCode;
import io.tailwater.system.Repository;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** Whether {@code openapi.yaml} is what its readers expect: YAML, and a whole OpenAPI document. */
final class OpenApiTest {
  private static final String FILE = "edge-gateway/src/main/resources/openapi.yaml";
  private static final Set<String> METHODS = Set.of("get", "post", "put", "delete", "patch");
  private static final Set<String> TYPES =
      Set.of("object", "array", "string", "integer", "number", "boolean", "null");
  private static final Pattern IN_PATH = Pattern.compile("\\{([^}]+)}");

  private final Map<String, Object> document = load();

  private static Map<String, Object> load() {
    LoaderOptions strict = new LoaderOptions();
    strict.setAllowDuplicateKeys(false);
    strict.setWarnOnDuplicateKeys(false);
    return new Yaml(strict).load(Repository.read(FILE));
  }

  @Test
  void itIsOpenApiWithServers() {
    assertThat(document.get("openapi")).isEqualTo("3.1.0");
    assertThat(map(document.get("info"))).containsKeys("title", "version", "license");
    assertThat(list(document.get("servers")))
        .isNotEmpty()
        .allSatisfy(server -> assertThat(map(server)).containsKey("url"));
    assertThat(document.keySet())
        .isSubsetOf("openapi", "info", "servers", "security", "paths", "components");
  }

  /** A comma in a text without quotes ends it, and makes the rest a key without a value. */
  @Test
  void everyKeyHasAValue() {
    List<String> empty = new ArrayList<>();
    walk(
        document,
        "",
        (path, value) -> {
          if (value == null) {
            empty.add(path);
          }
        });
    assertThat(empty).isEmpty();
  }

  @Test
  void everyReferenceResolvesAndEveryComponentIsUsed() {
    Set<String> references = new TreeSet<>();
    walk(
        document,
        "",
        (path, value) -> {
          if (path.endsWith("/$ref")) {
            references.add(String.valueOf(value));
          }
        });
    assertThat(references).isNotEmpty().allSatisfy(this::assertResolves);
    for (String kind : List.of("parameters", "responses", "schemas")) {
      map(map(document.get("components")).get(kind))
          .keySet()
          .forEach(name -> assertThat(references).contains("#/components/" + kind + "/" + name));
    }
  }

  private void assertResolves(String reference) {
    assertThat(reference).startsWith("#/");
    @Nullable Object at = document;
    for (String step : reference.substring(2).split("/")) {
      assertThat(map(at)).as(reference).containsKey(step);
      at = map(at).get(step);
    }
  }

  @Test
  void everyOperationIsWhole() {
    Set<String> ids = new HashSet<>();
    map(document.get("paths"))
        .forEach(
            (path, item) ->
                map(item)
                    .forEach(
                        (method, operation) -> {
                          if (METHODS.contains(method)) {
                            assertWhole(method + " " + path, map(item), map(operation), ids);
                          } else {
                            assertThat(method).as(path).isEqualTo("parameters");
                          }
                        }));
  }

  private void assertWhole(
      String name, Map<String, Object> item, Map<String, Object> operation, Set<String> ids) {
    assertThat(operation.keySet())
        .as(name)
        .isSubsetOf(
            "operationId",
            "summary",
            "description",
            "security",
            "parameters",
            "requestBody",
            "responses")
        .contains("operationId", "summary", "responses");
    assertThat(ids.add(String.valueOf(operation.get("operationId")))).as(name).isTrue();
    Map<String, Object> responses = map(operation.get("responses"));
    assertThat(responses).as(name).containsKey("default");
    responses.forEach(
        (status, response) -> {
          assertThat(status).as(name).matches("default|[1-5][0-9][0-9]");
          assertThat(map(response).keySet())
              .as(name + " " + status)
              .containsAnyOf("description", "$ref");
        });
    Set<String> inPath = new HashSet<>();
    for (Object each : parameters(item, operation)) {
      Map<String, Object> parameter = resolved(map(each));
      assertThat(parameter).as(name).containsKeys("name", "in", "schema");
      assertThat(parameter.get("in")).as(name).isIn("query", "header", "path", "cookie");
      if ("path".equals(parameter.get("in"))) {
        assertThat(parameter.get("required")).as(name).isEqualTo(true);
        inPath.add(String.valueOf(parameter.get("name")));
      }
    }
    Set<String> named = new HashSet<>();
    Matcher matcher = IN_PATH.matcher(name);
    while (matcher.find()) {
      named.add(matcher.group(1));
    }
    assertThat(inPath).as(name).isEqualTo(named);
    Set<String> schemes = map(map(document.get("components")).get("securitySchemes")).keySet();
    for (Object way : list(operation.getOrDefault("security", document.get("security")))) {
      assertThat(schemes).as(name).containsAll(map(way).keySet());
    }
  }

  private static List<Object> parameters(Map<String, Object> item, Map<String, Object> operation) {
    List<Object> all = new ArrayList<>(list(item.getOrDefault("parameters", List.of())));
    all.addAll(list(operation.getOrDefault("parameters", List.of())));
    return all;
  }

  private Map<String, Object> resolved(Map<String, Object> parameter) {
    Object reference = parameter.get("$ref");
    if (reference == null) {
      return parameter;
    }
    String name = String.valueOf(reference).replaceFirst(".*/", "");
    return map(map(map(document.get("components")).get("parameters")).get(name));
  }

  @Test
  void everySchemaHasATypeThatThereIsAndRequiresOnlyItsOwnFields() {
    walk(
        document,
        "",
        (path, value) -> {
          if (!(value instanceof Map<?, ?>)) {
            return;
          }
          Map<String, Object> node = map(value);
          if (node.get("type") instanceof String type && !path.contains("/securitySchemes/")) {
            if (!path.endsWith("/properties")) {
              assertThat(type).as(path).isIn(TYPES);
            }
          }
          // An object of another's API is not described field by field.
          boolean described = node.containsKey("properties");
          if (described && node.get("required") instanceof List<?> required) {
            assertThat(map(node.get("properties")).keySet())
                .as(path)
                .containsAll(required.stream().map(String::valueOf).toList());
          }
          if (node.get("pattern") instanceof String pattern) {
            Pattern.compile(pattern);
          }
        });
  }

  /** Clients decide by codes, so none may be missing where they are listed. */
  @Test
  void theContractNamesEveryErrorCode() {
    String protocol = Repository.read("docs/protocol.md");
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(protocol).contains("`" + code.wire() + "`");
    }
  }

  private static void walk(Object node, String path, BiConsumer<String, Object> visit) {
    visit.accept(path, node);
    if (node instanceof Map<?, ?> map) {
      map.forEach((key, value) -> walk(value, path + "/" + key, visit));
    } else if (node instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        walk(list.get(i), path + "/" + i, visit);
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(@Nullable Object node) {
    assertThat(node).isInstanceOf(Map.class);
    return (Map<String, Object>) Objects.requireNonNull(node);
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(@Nullable Object node) {
    assertThat(node).isInstanceOf(List.class);
    return (List<Object>) Objects.requireNonNull(node);
  }
}
