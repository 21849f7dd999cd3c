package io.tailwater.ai.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds what a question is about, roughly. */
final class Subject {
  private static final int MAX_POINTS = 60;
  private static final String OTHERWISE = "this";

  private static final Pattern START =
      Pattern.compile(
          "^(?:please\\s+)?(?:(?:what|who|where|when|why|how|which)(?:'s)?"
              + "\\s*(?:is|are|was|were|does|do|did|can|could|should|would|will)?"
              + "|(?:can|could|would) you|tell me(?: more)? (?:about|of)|explain|describe"
              + "|summari[sz]e|write(?: me)?|give me|list)\\s+(?:i|we|you|one|to)?\\b\\s*",
          Pattern.CASE_INSENSITIVE);

  private Subject() {}

  /** The subject, on one line and at most {@value #MAX_POINTS} code points long. */
  static String of(String question) {
    String line = question.strip().replaceAll("\\s+", " ").replaceAll("[\\p{Punct}\\s]+$", "");
    Matcher start = START.matcher(line);
    String rest = start.find() ? line.substring(start.end()) : line;
    if (rest.isBlank() || rest.codePointCount(0, rest.length()) > MAX_POINTS) {
      return OTHERWISE;
    }
    return rest;
  }
}
