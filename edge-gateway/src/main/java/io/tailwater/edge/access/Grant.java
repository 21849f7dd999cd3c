package io.tailwater.edge.access;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.TokenPatterns;
import java.util.List;
import java.util.Map;

/** What a token allows, as patterns; {@link TokenPatterns} says what they cover. */
public record Grant(List<String> subscribe, List<String> publish, List<String> call) {
  static final Grant NOTHING = new Grant(List.of(), List.of(), List.of());

  /**
   * Reads a claim with the lists {@code subscribe}, {@code publish} and {@code call}.
   *
   * @throws RequestException {@code unauthorized}
   */
  static Grant of(Map<?, ?> claim) {
    return new Grant(
        patterns(claim, "subscribe"), patterns(claim, "publish"), patterns(claim, "call"));
  }

  /** One of those lists; empty if it is not there. */
  static List<String> patterns(Map<?, ?> claim, String name) {
    Object patterns = claim.get(name);
    if (patterns == null) {
      return List.of();
    }
    if (!(patterns instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
      throw new RequestException(
          ErrorCode.UNAUTHORIZED,
          "'tw." + name + "' of a token is a list of patterns, for instance [\"chat:*\"]");
    }
    return list.stream().map(String.class::cast).toList();
  }

  boolean maySubscribe(Channel channel, String subject) {
    return TokenPatterns.cover(subscribe, channel.toString(), subject);
  }

  /** Whether one of the patterns covers everything that a pattern covers; none with a subject. */
  boolean maySubscribe(ChannelPattern wanted) {
    String begin = wanted.namespace() + ":" + wanted.prefix();
    return subscribe.stream()
        .anyMatch(
            pattern ->
                pattern.endsWith("*")
                    && !TokenPatterns.hasSubject(pattern)
                    && begin.startsWith(TokenPatterns.prefix(pattern)));
  }

  boolean mayPublish(Channel channel, String subject) {
    return TokenPatterns.cover(publish, channel.toString(), subject);
  }

  /** Whether a pattern covers every channel of a namespace. */
  boolean mayPublishAll(String namespace) {
    return publish.stream()
        .anyMatch(
            pattern ->
                pattern.endsWith("*")
                    && (namespace + ":").startsWith(TokenPatterns.prefix(pattern)));
  }

  boolean mayCall(String method, String subject) {
    return TokenPatterns.coverMethod(call, method, subject);
  }
}
