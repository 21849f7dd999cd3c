package io.tailwater.service;

import io.micronaut.context.env.PropertySource;
import io.micronaut.context.env.PropertySource.PropertyConvention;
import io.micronaut.context.env.SystemPropertiesPropertySource;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.naming.NameUtils;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Refuses settings that no service reads, so that typing errors show. A service passes over the
 * settings of the others, since all of them can share one file. Immutable.
 */
final class UnknownSettings {
  private static final String PLATFORM = "tailwater";

  /** Where settings of any of the services are. */
  private static final List<String> SERVICES =
      List.of("tailwater.edge", "tailwater.core", "tailwater.namespaces", "tailwater.ai");

  private static final List<String> SINGLE = List.of("tailwater.instance", "tailwater.service");

  /** Settings of libraries below our roots, with the value that services depend on. */
  private static final Map<String, String> FIXED = Map.of("redis.health.enabled", "false");

  private final Program program;
  private final Set<String> known;

  UnknownSettings(Program program, List<Setting> settings) {
    this.program = program;
    known =
        Stream.concat(settings.stream().map(Setting::key), SINGLE.stream())
            .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Checks one source of settings.
   *
   * @throws ConfigurationException which names the setting and the one that was meant, or those
   *     that exist
   */
  void refuse(PropertySource source) {
    boolean variables = source.getConvention() == PropertyConvention.ENVIRONMENT_VARIABLE;
    // Programs around the services have variables and -D properties of this prefix as well.
    boolean shared = variables || source instanceof SystemPropertiesPropertySource;
    for (String key : source) {
      if (variables) {
        refuseVariable(key);
      } else if (!String.valueOf(source.get(key)).equals(FIXED.get(key))) {
        refuseSetting(NameUtils.hyphenate(key.replaceFirst("\\[.*", ""), true), shared);
      }
    }
  }

  private void refuseVariable(String variable) {
    String name = variable.replaceFirst("_[0-9]+$", "");
    Set<String> names = known.stream().map(NamedVariables::variable).collect(Collectors.toSet());
    Optional<String> root =
        root(name, program.roots().stream().map(NamedVariables::variable).toList(), '_');
    if (root.isPresent()) {
      if (!names.contains(name)) {
        throw unknown(variable, name, names);
      }
    } else if (isMisspeltService(name.toLowerCase(Locale.ROOT).replace('_', '.'))) {
      throw unknown(variable, name, names);
    }
  }

  private void refuseSetting(String key, boolean shared) {
    if (known.contains(key)) {
      return;
    }
    boolean ours =
        root(key, program.roots(), '.').isPresent()
            || (!shared && key.startsWith(PLATFORM + ".") && root(key, SERVICES, '.').isEmpty());
    if (ours || isMisspeltService(key)) {
      throw unknown(key, key, known);
    }
  }

  private static Optional<String> root(String key, Collection<String> roots, char separator) {
    return roots.stream().filter(root -> key.startsWith(root + separator)).findFirst();
  }

  /** Whether the second word is one letter away from a service's. */
  private static boolean isMisspeltService(String key) {
    String[] words = key.split("\\.", 3);
    return words.length == 3
        && words[0].equals(PLATFORM)
        && words[1].length() > 2
        && SERVICES.stream()
            .anyMatch(root -> Nearest.distance(PLATFORM + "." + words[1], root) == 1);
  }

  private static ConfigurationException unknown(
      String given, String normal, Collection<String> names) {
    String hint =
        Nearest.to(normal, names)
            .map(meant -> "did you mean " + meant + "?")
            .orElseGet(() -> "known are " + String.join(", ", beside(normal, names)));
    return new ConfigurationException("unknown setting " + given + "; " + hint);
  }

  /** The names that share the most words with it. */
  private static Collection<String> beside(String name, Collection<String> names) {
    for (String start = name; !start.isEmpty(); start = parent(start)) {
      String prefix = start;
      TreeSet<String> found =
          names.stream()
              .filter(each -> each.startsWith(prefix + ".") || each.startsWith(prefix + "_"))
              .collect(Collectors.toCollection(TreeSet::new));
      if (!found.isEmpty()) {
        return found;
      }
    }
    return names;
  }

  private static String parent(String name) {
    return name.substring(0, Math.max(0, Math.max(name.lastIndexOf('.'), name.lastIndexOf('_'))));
  }
}
