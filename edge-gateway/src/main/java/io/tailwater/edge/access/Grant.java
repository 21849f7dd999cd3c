package io.tailwater.edge.access;

import io.tailwater.contract.Channel;
import java.util.List;

/**
 * What a token allows, as patterns: a channel, or a prefix that ends in {@code *}. {@code $sub} is
 * the token's subject, literal, as the whole key or before {@code /}; for a subject that has a
 * {@code /} itself such patterns match nothing.
 */
public record Grant(List<String> subscribe, List<String> publish, List<String> call) {
  static final Grant NOTHING = new Grant(List.of(), List.of(), List.of());

  private static final String SUBJECT = "$sub";

  boolean maySubscribe(Channel channel, String subject) {
    return anyMatches(subscribe, channel.toString(), subject);
  }

  boolean mayPublish(Channel channel, String subject) {
    return anyMatches(publish, channel.toString(), subject);
  }

  /** Whether a pattern covers every channel of a namespace. */
  boolean mayPublishAll(String namespace) {
    return publish.stream()
        .anyMatch(
            pattern -> pattern.endsWith("*") && (namespace + ":").startsWith(prefix(pattern)));
  }

  boolean mayCall(String method, String subject) {
    return anyMatches(call, method, subject);
  }

  private static boolean anyMatches(List<String> patterns, String name, String subject) {
    return patterns.stream().anyMatch(pattern -> matches(pattern, name, subject));
  }

  private static boolean matches(String pattern, String name, String subject) {
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

  private static String prefix(String pattern) {
    return pattern.substring(0, pattern.length() - 1);
  }
}
