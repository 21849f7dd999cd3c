package io.tailwater.service;

import io.micronaut.context.ApplicationContext;
import io.micronaut.context.annotation.ConfigurationReader;
import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.bind.annotation.Bindable;
import io.micronaut.core.convert.ArgumentConversionContext;
import io.micronaut.core.convert.ConversionContext;
import io.micronaut.core.naming.NameUtils;
import io.micronaut.core.type.Argument;
import io.micronaut.inject.BeanDefinition;
import io.micronaut.inject.BeanDefinitionReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One setting that a service reads. Immutable.
 *
 * @param key for instance {@code tailwater.core.waiting}
 * @param argument its type, as a component of its record
 */
record Setting(String key, Argument<?> argument) {
  private static final String PACKAGES = "io.tailwater.";
  private static final Set<String> WORDS_FOR_TRUE = Set.of("true", "yes", "on", "y");
  private static final Set<String> WORDS_FOR_FALSE = Set.of("false", "no", "off", "n");

  private static final String INSTANCE = "tailwater.instance";
  private static final String PORT = "port";
  private static final int MAX_PORT = 65_535;

  /** Micronaut's own that operators set most; it would name a class and not the setting. */
  private static final List<Setting> COMMON =
      List.of(
          new Setting(INSTANCE, Argument.of(String.class, "instance")),
          new Setting("micronaut.server.port", Argument.of(Integer.class, PORT)),
          new Setting("endpoints.all.port", Argument.of(Integer.class, PORT)),
          new Setting("grpc.server.port", Argument.of(Integer.class, PORT)));

  /** The components of all configuration records below the program's roots. */
  static List<Setting> of(Program program, ApplicationContext context) {
    List<Setting> settings = new ArrayList<>(COMMON);
    for (BeanDefinitionReference<?> reference : context.getBeanDefinitionReferences()) {
      if (reference.isConfigurationProperties()
          && reference.getBeanType().getName().startsWith(PACKAGES)) {
        BeanDefinition<?> record = reference.load(context);
        String prefix = prefix(record);
        if (program.roots().stream().anyMatch(root -> (prefix + ".").startsWith(root + "."))) {
          prefixes(record, prefix, context).forEach(each -> add(each, record, settings));
        }
      }
    }
    return settings;
  }

  private static String prefix(BeanDefinition<?> record) {
    return record
        .stringValue(EachProperty.class)
        .or(() -> record.stringValue(ConfigurationReader.class, ConfigurationReader.PREFIX))
        .orElseThrow();
  }

  private static Collection<String> prefixes(
      BeanDefinition<?> record, String prefix, ApplicationContext context) {
    if (!record.hasAnnotation(EachProperty.class)) {
      return List.of(prefix);
    }
    return context.getEnvironment().getPropertyEntries(prefix).stream()
        .sorted()
        .map(name -> prefix + "." + name)
        .toList();
  }

  private static void add(String prefix, BeanDefinition<?> record, List<Setting> settings) {
    for (Argument<?> argument : record.getConstructor().getArguments()) {
      if (!argument.isAnnotationPresent(Parameter.class)) {
        settings.add(new Setting(prefix + "." + NameUtils.hyphenate(argument.getName()), argument));
      }
    }
  }

  /**
   * Checks the value that the environment has for it.
   *
   * @throws ConfigurationException if there is none but there must be one, or it cannot be
   *     converted
   */
  void check(ApplicationContext context) {
    Object value = context.getEnvironment().getProperty(key, Object.class).orElse(null);
    if (value == null) {
      if (isRequired()) {
        throw new ConfigurationException(key + " is not set; accepted: " + accepted());
      }
    } else if (!converts(value, context)) {
      throw new ConfigurationException(
          key + " is " + Bounds.quoted(value) + "; accepted: " + accepted());
    }
  }

  private boolean isRequired() {
    return !COMMON.contains(this)
        && !argument.isNullable()
        && !argument.isAnnotationPresent(Bindable.class);
  }

  private boolean converts(Object value, ApplicationContext context) {
    if (value instanceof Map) {
      return false;
    }
    if (isA(Boolean.class, boolean.class)) {
      String word = value.toString();
      return WORDS_FOR_TRUE.contains(word) || WORDS_FOR_FALSE.contains(word);
    }
    // A number would be cut to the type without a word: 2.5 to 2, 5000000000 to 705032704.
    Object exact = value instanceof Number ? value.toString() : value;
    ArgumentConversionContext<?> conversion = ConversionContext.of(argument);
    try {
      Optional<?> converted = context.getConversionService().convert(exact, conversion);
      return converted.isPresent()
          && conversion.getLastError().isEmpty()
          && (!COMMON.contains(this) || isInBounds(converted.get()));
    } catch (RuntimeException e) {
      // Some of Micronaut's converters throw, for instance on a duration that is too long.
      return false;
    }
  }

  /** The common settings have no record that checks them; a port of -1 is any free one. */
  private static boolean isInBounds(Object value) {
    return value instanceof Integer port
        ? port >= -1 && port <= MAX_PORT
        : !value.toString().isBlank();
  }

  private String accepted() {
    if (COMMON.contains(this)) {
      return isA(Integer.class) ? "a port, 0 to " + MAX_PORT : "a name";
    }
    if (isA(Boolean.class, boolean.class)) {
      return "true or false";
    }
    if (isA(Integer.class, int.class, Long.class, long.class)) {
      return "a whole number";
    }
    if (isA(Duration.class)) {
      return DurationText.ACCEPTED;
    }
    return isA(List.class) ? "a list, or values separated by commas" : "a text";
  }

  private boolean isA(Class<?>... types) {
    return List.of(types).contains(argument.getType());
  }
}
