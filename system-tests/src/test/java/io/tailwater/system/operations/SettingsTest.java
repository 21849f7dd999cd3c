package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;
import io.micronaut.core.bind.annotation.Bindable;
import io.micronaut.core.naming.NameUtils;
import io.tailwater.ai.AiStreamService;
import io.tailwater.backend.GrpcBackend;
import io.tailwater.core.EventCore;
import io.tailwater.edge.EdgeGateway;
import io.tailwater.embedded.FreePort;
import io.tailwater.service.StartException;
import io.tailwater.system.Repository;
import io.tailwater.system.platform.Tokens;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What docs/operating.md and compose.yaml say of settings, against the code. */
final class SettingsTest {
  private static final Pattern ROW =
      Pattern.compile(
          "^\\| `((?:tailwater|redis)\\.(?!instance)[^`]+)` \\| (?:`([^`]*)`)? *\\| .+\\|$",
          Pattern.MULTILINE);

  /** Every setting in the code. Looked for once, as that takes seconds. */
  private static final Map<String, java.lang.reflect.Parameter> COMPONENTS = components();

  @Test
  void everySettingIsDocumentedWithItsDefault() {
    Map<String, String> documented = new TreeMap<>();
    Matcher row = ROW.matcher(Repository.read("docs/operating.md"));
    while (row.find()) {
      String before = documented.put(row.group(1), row.group(2) == null ? "" : row.group(2));
      assertThat(before).as("twice: " + row.group(1)).isNull();
    }
    assertThat(documented).isEqualTo(settings());
  }

  @Test
  void composeSetsOnlyWhatThereIs() {
    Map<String, String> variables =
        settings().keySet().stream()
            .collect(
                Collectors.toMap(
                    key -> key.toUpperCase(java.util.Locale.ROOT).replaceAll("[^A-Z0-9]", "_"),
                    key -> key));
    Matcher variable =
        Pattern.compile("^ +(TAILWATER_(?:EDGE|CORE|AI|BACKEND)_[A-Z_]+):", Pattern.MULTILINE)
            .matcher(Repository.read("compose.yaml"));
    assertThat(variable.results().map(found -> found.group(1)).toList())
        .isNotEmpty()
        .allSatisfy(name -> assertThat(variables).containsKey(name));
  }

  /** As event-core itself computes it, see its MemoryPlan. */
  @Test
  void theHeapTheBuffersAndTheStoreOfAnEventCoreFitItsContainer() {
    String options = Repository.read("docker/collect.sh");
    long percent = number(options, "EventCore -XX:MaxRAMPercentage=(\\d+)");
    long direct = number(options, "EventCore .*-XX:MaxDirectMemorySize=(\\d+)m");
    long store = Long.parseLong(settings().get("tailwater.core.store-bytes")) >> 20;
    long rest = 192;
    for (long limit :
        List.of(
            1024 * number(Repository.read(".env"), "CORE_MEMORY=(\\d+)g"),
            1024
                * number(
                    Repository.read("deploy/kubernetes/event-core.yaml"),
                    "limits: \\{ memory: (\\d+)Gi"))) {
      assertThat(limit * percent / 100 + direct + store + rest).isLessThanOrEqualTo(limit);
    }
  }

  private static long number(String text, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(text);
    assertThat(found.find()).as(pattern).isTrue();
    return Long.parseLong(found.group(1));
  }

  /** Every setting that is not a text or a list of texts, which take any value. */
  static List<String> typed() {
    return COMPONENTS.entrySet().stream()
        .filter(setting -> setting.getValue().getType() != String.class)
        .filter(setting -> setting.getValue().getType() != List.class)
        .map(Map.Entry::getKey)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("typed")
  void aValueOfTheWrongTypeIsRefusedByName(String setting) {
    String key = setting.replace("NAME", "chat");
    assertThat(refusal(key, "1 potato"))
        .startsWith(key + " is \"1 potato\"; accepted: ")
        .doesNotContain("\n");
  }

  static Set<String> names() {
    return COMPONENTS.keySet();
  }

  @ParameterizedTest
  @MethodSource("names")
  void aMisspeltNameIsRefusedWithTheOneThatWasMeant(String setting) {
    String key = setting.replace("NAME", "chat");
    // Two letters change places, or a short name has one too many.
    int last = key.length() - 1;
    String misspelt =
        key.charAt(last) == key.charAt(last - 1)
            ? key + "x"
            : key.substring(0, last - 1) + key.charAt(last) + key.charAt(last - 1);
    assertThat(refusal(misspelt, "1"))
        .startsWith("unknown setting " + misspelt + "; did you mean ");
  }

  @ParameterizedTest
  @CsvSource({
    "tailwater.edge.event-cores, localhost",
    "tailwater.edge.ai-streams, localhost:http",
    "tailwater.edge.backends, localhost",
    "tailwater.edge.authorize.away, maybe",
    "tailwater.namespaces.chat.authorize, all",
    "tailwater.namespaces.chat.authorize-away, maybe",
    "tailwater.backend.event-cores, localhost",
    "tailwater.backend.calls, 0",
    "tailwater.edge.jwt-key, short",
    "tailwater.edge.jwks, keys.json",
    "tailwater.edge.claims.subject, ' '",
    "tailwater.edge.origins, example.com",
    "tailwater.edge.limits.trusted-proxies, proxy",
    "tailwater.edge.drain.window, 31m",
    "tailwater.core.data, ' '",
    "tailwater.core.broadcast-group, ' '",
    "tailwater.namespaces.chat.topic, ' '",
    "tailwater.namespaces.chat.partitions, 5000",
    "tailwater.namespaces.chat.partitioner, md5",
    "tailwater.namespaces.chat.data, xml",
    "tailwater.namespaces.chat.retention, always",
    "tailwater.namespaces.chat.retention, 0s",
    "tailwater.namespaces.chat.state, tree",
    "tailwater.namespaces.typing.state, 7",
    "tailwater.namespaces.chat.slow-readers, wait",
    "tailwater.namespaces.user.patterns, true",
    "tailwater.namespaces.chat.anonymous-patterns, true",
    "tailwater.ai.event-cores, :7010",
    "tailwater.ai.model, gpt",
    "redis.uri, localhost",
    "redis.uris, localhost",
    "tailwater.instance, ' '",
    "micronaut.server.port, 70000",
    "endpoints.all.port, 70000",
    "grpc.server.port, 70000",
  })
  void aValueThatIsNotAcceptedIsRefusedByName(String key, String value) {
    assertThat(refusal(key, value)).startsWith(key).doesNotContain("\n");
  }

  /** The sentence with which the setting's service refuses to start. */
  private static String refusal(String key, String value) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("tailwater.edge.jwt-key", Tokens.KEY);
    properties.put("micronaut.server.port", -1);
    properties.put("endpoints.all.port", FreePort.choose());
    properties.put("grpc.server.port", -1);
    if (key.startsWith("redis.")) {
      // Without a namespace, event-core does not come to Redis.
      properties.put("tailwater.namespaces.chat.topic", "chat");
    }
    properties.put(key, value);
    Function<Map<String, Object>, ApplicationContext> service =
        key.startsWith("tailwater.edge.")
            ? EdgeGateway::start
            : key.startsWith("tailwater.ai.")
                ? AiStreamService::start
                : key.startsWith("tailwater.backend.") ? GrpcBackend::start : EventCore::start;
    try (ApplicationContext context = service.apply(properties)) {
      return "it started";
    } catch (StartException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Every setting in the code, with its default; empty if there is none. */
  private static Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
    COMPONENTS.forEach(
        (setting, component) -> {
          Bindable bound = component.getAnnotation(Bindable.class);
          settings.put(setting, bound == null ? "" : bound.defaultValue());
        });
    return settings;
  }

  private static Map<String, java.lang.reflect.Parameter> components() {
    Map<String, java.lang.reflect.Parameter> settings = new TreeMap<>();
    for (JavaClass found :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.tailwater")) {
      if (found.isAnnotatedWith(ConfigurationProperties.class)) {
        add(
            found.getAnnotationOfType(ConfigurationProperties.class).value(),
            found.reflect(),
            settings);
      } else if (found.isAnnotatedWith(EachProperty.class)) {
        add(
            found.getAnnotationOfType(EachProperty.class).value() + ".NAME",
            found.reflect(),
            settings);
      }
    }
    return settings;
  }

  private static void add(
      String prefix, Class<?> type, Map<String, java.lang.reflect.Parameter> settings) {
    RecordComponent[] components = type.getRecordComponents();
    java.lang.reflect.Parameter[] parameters =
        Arrays.stream(type.getDeclaredConstructors())
            .filter(constructor -> constructor.getParameterCount() == components.length)
            .findFirst()
            .orElseThrow()
            .getParameters();
    for (int i = 0; i < components.length; i++) {
      if (!parameters[i].isAnnotationPresent(Parameter.class)) {
        settings.put(prefix + "." + NameUtils.hyphenate(components[i].getName()), parameters[i]);
      }
    }
  }
}
