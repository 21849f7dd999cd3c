package io.tailwater.edge.ai;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.log.Namespaces;

/** Decides who may start, read and cancel AI streams. Any thread. */
public final class StreamRights {
  /** The namespace of the generations' channels. */
  public static final String NAMESPACE = "ai";

  /** What the ticket of a stream's creator allows, besides reading. */
  static final String CANCEL = "ai.cancel";

  /** What a token allows that lists everyone's streams. */
  private static final String LIST_ALL = "admin.streams";

  /** Clients of OpenAI's protocol know a stream by this and its id. */
  private static final String COMPLETION = "chatcmpl-";

  private final Namespaces namespaces;

  StreamRights(Namespaces namespaces) {
    this.namespaces = namespaces;
  }

  /** The id of a stream, also of one that is named as a completion. */
  public static String idOf(String text) {
    return text.startsWith(COMPLETION) ? text.substring(COMPLETION.length()) : text;
  }

  /**
   * Refuses who may not start a stream.
   *
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requireCreate(Identity identity) {
    identity.requirePublishAll(namespaces.get(NAMESPACE));
  }

  /**
   * Refuses who may not read a stream.
   *
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  public void requireRead(Identity identity, StreamState state) {
    if (!isCreator(identity, state)) {
      identity.requireSubscribe(channel(state), namespaces.get(NAMESPACE));
    }
  }

  /** Whether {@link #requireRead} would pass. */
  boolean mayRead(Identity identity, StreamState state) {
    return isCreator(identity, state)
        || identity.maySubscribe(channel(state), namespaces.get(NAMESPACE));
  }

  /** Whether a caller may list everyone's streams. */
  boolean mayListAll(Identity identity) {
    return identity.mayCall(LIST_ALL);
  }

  /**
   * Refuses who has no streams of its own.
   *
   * @throws RequestException {@code forbidden}, or {@code unauthorized} where a token could help
   */
  void requireListOwn(Identity identity) {
    if (identity.anonymous() || identity.ticket() != null) {
      throw new RequestException(
          identity.ticket() == null ? ErrorCode.UNAUTHORIZED : ErrorCode.FORBIDDEN,
          "streams are listed with the token of their creator, or with one that may call "
              + LIST_ALL);
    }
  }

  /** To read a stream is not enough to cancel it. */
  void requireCancel(Identity identity, StreamState state) {
    Channel channel = channel(state);
    if (isCreator(identity, state)
        || identity.isGranted(channel)
        || identity.mayCallByTicket(CANCEL, channel)) {
      return;
    }
    boolean unknown = identity.anonymous() && identity.ticket() == null;
    throw new RequestException(
        unknown ? ErrorCode.UNAUTHORIZED : ErrorCode.FORBIDDEN,
        "a stream is cancelled with its creator's token, with the ticket in 'events' of the answer"
            + " to its creator, or with a token that covers "
            + channel);
  }

  /** Clients without a token are told apart only by the tickets of their streams. */
  static boolean isCreator(Identity identity, StreamState state) {
    return identity.ticket() == null
        && !identity.subject().equals(Identity.ANONYMOUS)
        && identity.subject().equals(state.getCreator());
  }

  static Channel channel(StreamState state) {
    return Channel.parse(state.getChannel());
  }
}
