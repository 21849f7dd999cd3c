package io.tailwater.launcher.data;

import io.tailwater.launcher.terminal.LaunchException;
import io.tailwater.service.Nearest;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** A YAML file with properties of the services: more namespaces, other limits. */
public final class ConfigurationFile {
  private static final Set<String> ROOTS =
      Set.of("tailwater", "redis", "kafka", "micronaut", "grpc", "endpoints");
  private static final Set<String> BELOW_OURS = Set.of("namespaces", "edge", "core", "ai");

  private ConfigurationFile() {}

  /**
   * Its properties with dotted names, for instance {@code tailwater.namespaces.orders.partitions}.
   *
   * @throws LaunchException if it can't be read
   */
  public static Map<String, Object> read(Path file) {
    @Nullable Object root;
    try (Reader text = Files.newBufferedReader(file)) {
      root = new Yaml(new SafeConstructor(strict())).load(text);
    } catch (YAMLException e) {
      String problem = e.getMessage() == null ? "" : e.getMessage().lines().findFirst().orElse("");
      throw new LaunchException("The configuration " + file + " is not YAML: " + problem + ".");
    } catch (IOException e) {
      throw new LaunchException("The configuration " + file + " can't be read.");
    }
    Map<String, Object> properties = new LinkedHashMap<>();
    if (root != null && !(root instanceof Map)) {
      throw new LaunchException(
          "The configuration "
              + file
              + " must be a map, beginning for instance with 'tailwater:'.");
    }
    flatten("", root, properties);
    properties.keySet().forEach(name -> refuseMisspeltRoot(file, name));
    return properties;
  }

  /** A name that occurs twice would lose all settings below the first. */
  private static LoaderOptions strict() {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    return options;
  }

  /** The services check what is below their roots; a misspelt root would reach none of them. */
  private static void refuseMisspeltRoot(Path file, String name) {
    String root = name.replaceFirst("[.].*", "");
    if (ROOTS.contains(root)) {
      return;
    }
    String meant =
        BELOW_OURS.contains(root) ? "tailwater." + root : Nearest.to(root, ROOTS).orElse("");
    if (!meant.isEmpty()) {
      throw new LaunchException(
          "The configuration %s has an unknown setting %s; did you mean %s?"
              .formatted(file, root, meant));
    }
  }

  private static void flatten(String name, @Nullable Object value, Map<String, Object> properties) {
    switch (value) {
      case null -> {
        // A name without a value says nothing, except that a namespace of this name is wanted.
        if (name.matches("tailwater\\.namespaces\\.[^.]+")) {
          properties.put(name + ".topic", name.substring(name.lastIndexOf('.') + 1));
        }
      }
      case Map<?, ?> map -> {
        if (map.isEmpty()) {
          flatten(name, null, properties);
        }
        map.forEach(
            (key, inner) ->
                flatten(
                    name.isEmpty() ? String.valueOf(key) : name + "." + key, inner, properties));
      }
      case List<?> list -> properties.put(name, list);
      default -> properties.put(name, value);
    }
  }
}
