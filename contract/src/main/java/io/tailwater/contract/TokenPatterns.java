package io.tailwater.contract;

import java.util.List;

/**
 * How the patterns of a token cover names. A pattern is a name, or a prefix that ends in {@code *}.
 * {@code $sub} is the token's subject, literal, as the whole key or before {@code /}; for a subject
 * that has a {@code /} itself such patterns match nothing. Stateless.
 */
public final class TokenPatterns {
  /** Stands for the token's subject. */
  public static final String SUBJECT = "$sub";

  private static final String ADMIN = "admin.";

  private TokenPatterns() {}

  /** Whether a pattern has the place of the subject. */
  public static boolean hasSubject(String pattern) {
    return pattern.contains(SUBJECT);
  }

  /** What a pattern that ends in {@code *} covers begins with. */
  public static String prefix(String pattern) {
    return pattern.substring(0, pattern.length() - 1);
  }

  /** Whether one of the patterns covers the name of a channel. */
  public static boolean cover(List<String> patterns, String name, String subject) {
    return patterns.stream().anyMatch(pattern -> covers(pattern, name, subject));
  }

  /**
   * Whether one of the patterns covers a method. Methods that begin with {@code admin.} are covered
   * by patterns that begin so only, and never by {@code *}.
   */
  public static boolean coverMethod(List<String> patterns, String method, String subject) {
    boolean admin = method.startsWith(ADMIN);
    return patterns.stream()
        .anyMatch(
            pattern -> (!admin || pattern.startsWith(ADMIN)) && covers(pattern, method, subject));
  }

  private static boolean covers(String pattern, String name, String subject) {
    int at = pattern.indexOf(SUBJECT);
    if (at < 0) {
      return pattern.endsWith("*") ? name.startsWith(prefix(pattern)) : name.equals(pattern);
    }
    String before = pattern.substring(0, at);
    String after = pattern.substring(at + SUBJECT.length());
    boolean whole = before.endsWith(":") && (after.isEmpty() || after.startsWith("/"));
    if (!whole || subject.isEmpty() || subject.contains("/")) {
      return false;
    }
    String literal = before + subject + (after.endsWith("*") ? prefix(after) : after);
    return after.endsWith("*") ? name.startsWith(literal) : name.equals(literal);
  }
}
