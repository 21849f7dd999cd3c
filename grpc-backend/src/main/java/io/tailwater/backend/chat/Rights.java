package io.tailwater.backend.chat;

import io.tailwater.backend.method.CallFailure;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.TokenPatterns;
import io.tailwater.contract.backend.v1.Caller;
import io.tailwater.contract.v1.Namespace;

/** What callers may do with channels: what they may do without the backend, too. Stateless. */
final class Rights {
  /** The right to change what others have written. */
  private static final String MODERATE = "room.moderate";

  private Rights() {}

  /**
   * @throws CallFailure {@code forbidden}
   */
  static void requirePublish(Caller caller, Channel channel, Namespace rules) {
    requireOpen(rules);
    require(
        rules.getAnonymousPublish()
            || TokenPatterns.cover(
                caller.getPublishList(), channel.toString(), caller.getSubject()),
        "this token does not allow to publish to " + channel);
  }

  /**
   * Refuses namespaces that take no messages from anyone.
   *
   * @throws CallFailure {@code forbidden}
   */
  static void requireOpen(Namespace rules) {
    require(
        !rules.getPlatformOnly() && !rules.getInternal() && !rules.getEphemeral(),
        "messages are not sent to " + rules.getName() + ":*");
  }

  /**
   * @throws CallFailure {@code forbidden}
   */
  static void requireSubscribe(Caller caller, Channel channel, Namespace rules) {
    require(
        rules.getAnonymousSubscribe()
            || TokenPatterns.cover(
                caller.getSubscribeList(), channel.toString(), caller.getSubject()),
        "this token does not allow to read " + channel);
  }

  /** Whether the caller may change what others have written. */
  static boolean mayModerate(Caller caller) {
    return TokenPatterns.coverMethod(caller.getCallList(), MODERATE, caller.getSubject());
  }

  private static void require(boolean allowed, String message) {
    if (!allowed) {
      throw CallFailure.of(ErrorCode.FORBIDDEN, message);
    }
  }
}
