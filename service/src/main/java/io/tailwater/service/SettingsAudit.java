package io.tailwater.service;

import io.micronaut.context.ApplicationContext;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.annotation.Order;
import io.micronaut.core.order.Ordered;
import java.util.List;

/**
 * Refuses a service's configuration before any other bean is created: an unknown setting, a value
 * that cannot be converted, a setting that is missing. Without it Micronaut would use the default
 * in silence. What is known comes from the configuration records themselves.
 */
@Context
@Order(Ordered.HIGHEST_PRECEDENCE)
@Requires(bean = Program.class)
final class SettingsAudit {
  /**
   * Checks every setting below the program's roots.
   *
   * @throws ConfigurationException which names the setting, its value and what is accepted
   */
  SettingsAudit(ApplicationContext context, Program program) {
    List<Setting> settings = Setting.of(program, context);
    UnknownSettings unknown = new UnknownSettings(program, settings);
    context.getEnvironment().getPropertySources().forEach(unknown::refuse);
    settings.forEach(setting -> setting.check(context));
  }
}
