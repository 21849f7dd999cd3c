package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;
import io.micronaut.core.bind.annotation.Bindable;
import io.micronaut.core.naming.NameUtils;
import io.tailwater.system.Repository;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What docs/operating.md and compose.yaml say of settings, against the code. */
final class SettingsTest {
  private static final Pattern ROW =
      Pattern.compile(
          "^\\| `((?:tailwater|redis)\\.(?!instance)[^`]+)` \\| (?:`([^`]*)`)? *\\| .+\\|$",
          Pattern.MULTILINE);

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
        Pattern.compile("^ +(TAILWATER_(?:EDGE|CORE|AI)_[A-Z_]+):", Pattern.MULTILINE)
            .matcher(Repository.read("compose.yaml"));
    assertThat(variable.results().map(found -> found.group(1)).toList())
        .isNotEmpty()
        .allSatisfy(name -> assertThat(variables).containsKey(name));
  }

  /** Every setting in the code, with its default; empty if there is none. */
  private static Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
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

  private static void add(String prefix, Class<?> type, Map<String, String> settings) {
    RecordComponent[] components = type.getRecordComponents();
    java.lang.reflect.Parameter[] parameters =
        Arrays.stream(type.getDeclaredConstructors())
            .filter(constructor -> constructor.getParameterCount() == components.length)
            .findFirst()
            .orElseThrow()
            .getParameters();
    for (int i = 0; i < components.length; i++) {
      if (!parameters[i].isAnnotationPresent(Parameter.class)) {
        Bindable bound = parameters[i].getAnnotation(Bindable.class);
        settings.put(
            prefix + "." + NameUtils.hyphenate(components[i].getName()),
            bound == null ? "" : bound.defaultValue());
      }
    }
  }
}
