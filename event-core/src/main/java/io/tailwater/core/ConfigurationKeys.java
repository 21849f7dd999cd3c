package io.tailwater.core;

import io.micronaut.context.env.Environment;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.naming.NameUtils;
import io.micronaut.core.naming.conventions.StringConvention;
import io.tailwater.core.topic.Namespace;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Refuses configuration keys that mean nothing, so that typing errors show. */
final class ConfigurationKeys {
  private ConfigurationKeys() {}

  /**
   * Looks at {@code tailwater.core} and {@code tailwater.namespaces}.
   *
   * @throws ConfigurationException if there is a key that no record has
   */
  static void requireKnown(Environment environment) {
    requireKnown(environment, "tailwater.core", keys(CoreConfiguration.class));
    Set<String> ofNamespace = keys(Namespace.class);
    ofNamespace.remove("name");
    for (String name : environment.getPropertyEntries("tailwater.namespaces")) {
      requireKnown(environment, "tailwater.namespaces." + name, ofNamespace);
    }
  }

  private static void requireKnown(Environment environment, String root, Set<String> known) {
    Map<String, Object> found = environment.getProperties(root, StringConvention.HYPHENATED);
    for (String key : found.keySet()) {
      // An environment variable stands for every way to part its words.
      if (!known.contains(key.replace('.', '-'))) {
        throw new ConfigurationException(
            root + "." + key + " is unknown; there are " + String.join(", ", known));
      }
    }
  }

  private static Set<String> keys(Class<?> type) {
    return Arrays.stream(type.getRecordComponents())
        .map(RecordComponent::getName)
        .map(NameUtils::hyphenate)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
