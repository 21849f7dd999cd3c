package io.tailwater.launcher;

import io.micronaut.context.ApplicationContext;
import java.lang.reflect.InvocationTargetException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts a service by the name of its main class. */
final class ServiceStart {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceStart.class);

  private ServiceStart() {}

  /**
   * Returns when its servers listen.
   *
   * @throws LaunchException if it does not start; the message is the service's own
   */
  static ApplicationContext start(String name, String mainClass, Map<String, Object> properties) {
    try {
      Object context =
          Class.forName(mainClass).getMethod("start", Map.class).invoke(null, properties);
      return (ApplicationContext) context;
    } catch (InvocationTargetException e) {
      throw failure(name, e.getCause() == null ? e : e.getCause());
    } catch (ReflectiveOperationException e) {
      throw failure(name, e);
    }
  }

  /** The innermost reason is the one that says what is wrong. */
  private static LaunchException failure(String name, Throwable thrown) {
    Throwable reason = thrown;
    while (reason.getCause() != null) {
      reason = reason.getCause();
    }
    String message = reason.getMessage() == null ? reason.toString() : reason.getMessage();
    LOG.error("{} did not start", name, thrown);
    return new LaunchException(
        name + " did not start: " + message.lines().findFirst().orElse("").strip());
  }
}
