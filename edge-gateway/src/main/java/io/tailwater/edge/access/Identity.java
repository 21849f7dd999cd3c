package io.tailwater.edge.access;

import io.tailwater.contract.Acks;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Overview;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.Namespace;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The caller, and what it may do: what each namespace allows everyone, and what its token grants
 * besides. Without a token it is {@code anonymous}. A ticket allows its channels and nothing else.
 *
 * @param expiresAtMs when its token ends, milliseconds since the epoch; {@link Long#MAX_VALUE}
 *     without one
 * @param issue when its token was issued, and under which id
 * @param ticket the channels and patterns that a ticket is narrowed to; null if it came with none
 * @param address where the request came from, for limits; empty if that is not known
 */
public record Identity(
    String subject,
    Grant grant,
    long expiresAtMs,
    boolean anonymous,
    Issue issue,
    @Nullable Set<String> ticket,
    String address) {
  /** The subject of a client without a token. */
  public static final String ANONYMOUS = "anonymous";

  /** Only the platform reads here. */
  private static final String PLATFORM = "platform";

  static Identity withoutToken() {
    return new Identity(ANONYMOUS, Grant.NOTHING, Long.MAX_VALUE, true, Issue.UNKNOWN, null, "");
  }

  /** The same, from this address. */
  public Identity from(String clientAddress) {
    return new Identity(subject, grant, expiresAtMs, anonymous, issue, ticket, clientAddress);
  }

  /**
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requireSubscribe(Scope scope, Namespace namespace) {
    if (scope instanceof ChannelPattern && !namespace.getPatterns()) {
      throw new RequestException(
          ErrorCode.FORBIDDEN,
          "this namespace has no patterns: name single channels of " + namespace.getName());
    }
    if (namespace.getName().equals(PLATFORM)) {
      throw new RequestException(
          ErrorCode.FORBIDDEN, "only the platform itself reads " + PLATFORM + ":*");
    }
    require(maySubscribe(scope, namespace), "read " + scope);
  }

  /**
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requirePublish(Channel channel, Namespace namespace) {
    if (namespace.getPlatformOnly() || namespace.getInternal()) {
      throw new RequestException(
          ErrorCode.FORBIDDEN,
          "only the platform itself publishes to " + namespace.getName() + ":*");
    }
    boolean allowed =
        ticket == null && (namespace.getAnonymousPublish() || grant.mayPublish(channel, subject));
    require(allowed, "publish to " + channel);
  }

  /**
   * For read positions, which belong to a subject.
   *
   * @throws RequestException {@code forbidden}
   */
  public void requireReadPositions() {
    if (anonymous || ticket != null) {
      throw new RequestException(
          ErrorCode.FORBIDDEN,
          "read positions belong to the subject of a token, and "
              + (anonymous ? "there is none" : "a ticket is only for reading"));
    }
  }

  /**
   * For what names its channels later, such as a batch.
   *
   * @param anonymousMay whether a client without a token may publish anywhere
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requirePublishAnywhere(boolean anonymousMay) {
    boolean allowed = ticket == null && (anonymousMay || !anonymous && !grant.publish().isEmpty());
    require(allowed, "publish");
  }

  /**
   * For what makes channels of its own in a namespace, such as AI streams.
   *
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requirePublishAll(Namespace namespace) {
    boolean allowed =
        ticket == null
            && (namespace.getAnonymousPublish() || grant.mayPublishAll(namespace.getName()));
    require(allowed, "publish to " + namespace.getName() + ":*");
  }

  /**
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requireCall(String method) {
    require(mayCall(method), "call " + method);
  }

  /** Whether {@link #requireCall} would pass. */
  public boolean mayCall(String method) {
    return ticket == null && !anonymous && grant.mayCall(method, subject);
  }

  /**
   * For what names its method later.
   *
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requireCallAnything() {
    require(ticket == null && !anonymous && !grant.call().isEmpty(), "call methods");
  }

  /** The same client, narrowed to reading one channel. */
  public Identity narrowedTo(Channel channel) {
    return new Identity(
        subject, Grant.NOTHING, expiresAtMs, anonymous, issue, Set.of(channel.toString()), address);
  }

  /** Whether its own token covers a channel, whatever a namespace allows everyone. */
  public boolean isGranted(Channel channel) {
    return ticket == null && !anonymous && grant.maySubscribe(channel, subject);
  }

  /** Whether it came with a ticket that allows to call a method about a channel. */
  public boolean mayCallByTicket(String method, Channel channel) {
    return ticket != null && ticket.contains(channel.toString()) && grant.mayCall(method, subject);
  }

  /**
   * When a connection of this caller ends, milliseconds since the epoch: with the token or, if the
   * token is accepted only because clocks differ, when that tolerance is over.
   */
  public long endsAtMs(long nowMs) {
    return expiresAtMs > nowMs ? expiresAtMs : expiresAtMs + Validity.TOLERANCE.toMillis();
  }

  /** Whether {@link #requireSubscribe} would pass. */
  public boolean maySubscribe(Scope scope, Namespace namespace) {
    if (namespace.getName().equals(PLATFORM)) {
      return false;
    }
    if (scope instanceof ChannelPattern && !namespace.getPatterns()) {
      return false;
    }
    if (namespace.getName().equals(Overview.NAMESPACE)) {
      // What gateways report is for those who may ask for it, however wide their patterns are.
      return ticket == null && !anonymous && grant.mayCall(Overview.CALL, subject);
    }
    if (ticket != null) {
      return ticket.contains(scope.toString());
    }
    return switch (scope) {
      case Channel channel ->
          namespace.getAnonymousSubscribe()
              || isOwnAcks(channel)
              || isOpenToTokens(channel, namespace)
              || grant.maySubscribe(channel, subject);
      case ChannelPattern pattern ->
          (namespace.getAnonymousSubscribe() && namespace.getAnonymousPatterns())
              || grant.maySubscribe(pattern);
    };
  }

  private boolean isOpenToTokens(Channel channel, Namespace namespace) {
    return !anonymous
        && (namespace.getTokenSubscribe()
            || namespace.getOwnSubscribe() && channel.key().equals(subject));
  }

  private boolean isOwnAcks(Channel channel) {
    return !anonymous
        && channel.namespace().equals(Acks.NAMESPACE)
        && channel.key().equals(subject);
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
