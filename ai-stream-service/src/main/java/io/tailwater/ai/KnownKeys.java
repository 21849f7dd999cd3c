package io.tailwater.ai;

import io.micronaut.context.env.Environment;
import io.micronaut.context.env.PropertySource;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.naming.NameUtils;
import java.lang.reflect.RecordComponent;
import java.util.Map;
import java.util.TreeSet;

/**
 * Refuses configuration below {@code tailwater.ai} that nobody reads, so that typing errors show.
 * Environment variables are left alone: from them Micronaut makes every key that they might mean.
 */
final class KnownKeys {
  private static final Map<String, Class<? extends Record>> PREFIXES =
      Map.of(
          AiConfiguration.PREFIX,
          AiConfiguration.class,
          AiConfiguration.PREFIX + ".publish",
          PublishConfiguration.class,
          AiConfiguration.PREFIX + ".lease",
          LeaseConfiguration.class);

  private KnownKeys() {}

  /**
   * @throws ConfigurationException which names the key and those that there are
   */
  static void check(Environment environment) {
    TreeSet<String> known = new TreeSet<>();
    PREFIXES.forEach(
        (prefix, record) -> {
          for (RecordComponent component : record.getRecordComponents()) {
            known.add(prefix + "." + NameUtils.hyphenate(component.getName()));
          }
        });
    for (PropertySource source : environment.getPropertySources()) {
      if (source.getConvention() == PropertySource.PropertyConvention.JAVA_PROPERTIES) {
        for (String key : source) {
          String plain = key.replaceFirst("\\[.*", "");
          if (plain.startsWith(AiConfiguration.PREFIX + ".") && !known.contains(plain)) {
            throw new ConfigurationException(
                "there is no setting " + plain + "; there are: " + String.join(", ", known));
          }
        }
      }
    }
  }
}
