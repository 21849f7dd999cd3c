package io.tailwater.service;

import io.micronaut.context.exceptions.ConfigurationException;
import java.net.BindException;
import org.jspecify.annotations.Nullable;

/** Finds the one sentence in a failure to start that tells an operator what to change. */
final class Reason {
  private Reason() {}

  /** The sentence, without the path through the beans that led to the failure. */
  static String of(Throwable failure) {
    @Nullable String refused = null;
    Throwable parent = failure;
    Throwable innermost = failure;
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof ConfigurationException && each.getMessage() != null) {
        refused = each.getMessage();
      }
      parent = innermost;
      innermost = each;
    }
    if (refused != null) {
      return firstLine(refused);
    }
    String message = firstLine(describe(innermost));
    // A BindException does not name the port; the server's exception around it does.
    return innermost instanceof BindException ? firstLine(describe(parent)) : message;
  }

  private static String describe(Throwable failure) {
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }

  /** Micronaut's messages have the essence in a line that begins with Message or Error. */
  private static String firstLine(String message) {
    return message
        .lines()
        .filter(line -> line.startsWith("Message: "))
        .map(line -> line.substring("Message: ".length()))
        .findFirst()
        .orElseGet(() -> message.lines().findFirst().orElse("").strip());
  }
}
