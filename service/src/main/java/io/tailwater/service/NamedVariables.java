package io.tailwater.service;

import io.micronaut.context.env.EnvironmentPropertySource;
import io.micronaut.context.env.PropertySource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Environment variables of settings that have a name in their middle, for instance {@code
 * TAILWATER_NAMESPACES_MY_CHAT_MAX_EVENT_BYTES}. Micronaut cannot see where such a name ends and
 * offers every possibility; the known keys decide it. Immutable.
 *
 * @param settings by variable, the setting that it means
 * @param values by setting, the variable's value
 */
record NamedVariables(Map<String, String> settings, Map<String, Object> values) {
  private static final String SOURCE = "environment variables of named settings";

  /**
   * Finds the variables that end in a known key.
   *
   * @param named the keys, by root
   */
  static NamedVariables of(Map<String, Set<String>> named, Map<String, String> environment) {
    Map<String, String> settings = new HashMap<>();
    Map<String, Object> values = new HashMap<>();
    named.forEach(
        (root, keys) ->
            environment.forEach(
                (variable, value) -> {
                  String start = variable(root) + "_";
                  for (String key : keys) {
                    String end = "_" + variable(key);
                    if (variable.startsWith(start)
                        && variable.endsWith(end)
                        && variable.length() > start.length() + end.length()) {
                      String name =
                          variable.substring(start.length(), variable.length() - end.length());
                      String setting =
                          root + "." + name.toLowerCase(Locale.ROOT).replace('_', '-') + "." + key;
                      settings.put(variable, setting);
                      values.put(setting, value);
                    }
                  }
                }));
    return new NamedVariables(Map.copyOf(settings), Map.copyOf(values));
  }

  /** The environment variable that stands for a setting. */
  static String variable(String setting) {
    return setting.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** The variables, which Micronaut must not read itself. */
  String[] names() {
    return settings.keySet().toArray(String[]::new);
  }

  /** Their settings, with the precedence of environment variables. */
  PropertySource source() {
    return PropertySource.of(SOURCE, values, EnvironmentPropertySource.POSITION);
  }
}
