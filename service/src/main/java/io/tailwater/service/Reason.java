package io.tailwater.service;

import io.micronaut.context.exceptions.ConfigurationException;
import java.io.IOException;
import java.net.BindException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the one sentence in a failure to start that tells an operator what to change. */
final class Reason {
  private static final String OURS = "io.tailwater.";
  // "Unable to start Micronaut server on port: 8080", "Failed to bind to address /0.0.0.0:7010"
  private static final Pattern PORT = Pattern.compile("([0-9]{1,5})\\D*$");

  private Reason() {}

  /** The sentence, without the path through the beans that led to the failure. */
  static String of(Throwable failure) {
    @Nullable Throwable refusal = null;
    Throwable around = failure;
    Throwable innermost = failure;
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each.getMessage() != null
          && (each instanceof ConfigurationException
              || each.getClass().getName().startsWith(OURS))) {
        refusal = each;
      }
      around = innermost;
      innermost = each;
    }
    if (refusal != null) {
      return sentence(refusal);
    }
    // "Address already in use" does not name the address; the server's exception around it does.
    return innermost instanceof IOException && around != innermost
        ? sentence(around) + ": " + sentence(innermost) + holder(innermost, around)
        : sentence(innermost);
  }

  /** The process that has the port, if it is a port that is missing and the process is found. */
  private static String holder(Throwable refused, Throwable around) {
    Matcher port = PORT.matcher(sentence(around));
    return refused instanceof BindException && port.find()
        ? PortHolder.of(Integer.parseInt(port.group(1))).map(by -> " by " + by).orElse("")
        : "";
  }

  /** Micronaut's messages have the essence in a line that begins with Message. */
  private static String sentence(Throwable failure) {
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    return message
        .lines()
        .filter(line -> line.startsWith("Message: "))
        .map(line -> line.substring("Message: ".length()))
        .findFirst()
        .orElseGet(() -> message.lines().findFirst().orElse("").strip());
  }
}
