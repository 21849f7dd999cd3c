package io.tailwater.edge.access;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who asks, and what they may do. Without a token it is {@code anonymous}, with what each namespace
 * allows it.
 *
 * @param expiresAtMs when its token ends, milliseconds since the epoch; {@link Long#MAX_VALUE}
 *     without one
 * @param ticket the channels that a ticket is narrowed to; null if it came with none
 * @param address where the request came from, for limits; empty if that is not known
 */
public record Identity(
    String subject,
    Grant grant,
    long expiresAtMs,
    boolean anonymous,
    @Nullable Set<String> ticket,
    String address) {
  /** The subject of a client without a token. */
  public static final String ANONYMOUS = "anonymous";

  static Identity withoutToken() {
    return new Identity(ANONYMOUS, Grant.NOTHING, Long.MAX_VALUE, true, null, "");
  }

  /** The same, from this address. */
  public Identity from(String clientAddress) {
    return new Identity(subject, grant, expiresAtMs, anonymous, ticket, clientAddress);
  }

  /**
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requireSubscribe(Channel channel, Namespace namespace) {
    boolean allowed =
        ticket != null
            ? ticket.contains(channel.toString())
            : anonymous ? namespace.getAnonymousSubscribe() : grant.maySubscribe(channel, subject);
    require(allowed, "read " + channel);
  }

  /**
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requirePublish(Channel channel, Namespace namespace) {
    if (namespace.getPlatformOnly()) {
      throw new RequestException(
          ErrorCode.FORBIDDEN,
          "only the platform itself publishes to " + namespace.getName() + ":*");
    }
    boolean allowed =
        ticket == null
            && (anonymous ? namespace.getAnonymousPublish() : grant.mayPublish(channel, subject));
    require(allowed, "publish to " + channel);
  }

  /**
   * For what makes channels of its own in a namespace, such as AI streams.
   *
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requirePublishAll(Namespace namespace) {
    boolean allowed =
        ticket == null
            && (anonymous
                ? namespace.getAnonymousPublish()
                : grant.mayPublishAll(namespace.getName()));
    require(allowed, "publish to " + namespace.getName() + ":*");
  }

  /**
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requireCall(String method) {
    require(ticket == null && !anonymous && grant.mayCall(method, subject), "call " + method);
  }

  /** Whether {@link #requireSubscribe} would pass. */
  public boolean maySubscribe(Channel channel, Namespace namespace) {
    return ticket != null
        ? ticket.contains(channel.toString())
        : anonymous ? namespace.getAnonymousSubscribe() : grant.maySubscribe(channel, subject);
  }

  private void require(boolean allowed, String what) {
    if (allowed) {
      return;
    }
    if (anonymous) {
      throw new RequestException(
          ErrorCode.UNAUTHORIZED, "a token is needed to " + what + ": Authorization: Bearer …");
    }
    throw new RequestException(
        ErrorCode.FORBIDDEN,
        "this " + (ticket == null ? "token" : "ticket") + " does not allow to " + what);
  }
}
