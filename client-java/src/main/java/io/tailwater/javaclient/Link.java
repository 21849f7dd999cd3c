package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A way to the platform, for all feeds of a client. It reconnects by itself until it is closed.
 * Confined to the client's loop.
 */
interface Link {
  /**
   * How one connection ended.
   *
   * @param opened whether it was connected
   * @param error why, null if it is not to be told
   * @param again whether it goes on at once, because the client itself wanted another connection
   * @param lasting whether another attempt would end the same way
   * @param retryMs how long the server asks to wait, 0 if it does not say
   */
  record End(
      boolean opened,
      @Nullable TailwaterException error,
      boolean again,
      boolean lasting,
      long retryMs) {
    static End restart() {
      return new End(true, null, true, false, 0);
    }

    static End of(boolean opened, TailwaterException error) {
      return new End(opened, error, false, false, error.retryMs());
    }

    static End lasting(TailwaterException error) {
      return new End(false, error, false, true, 0);
    }
  }

  /** The client, as a link knows it. */
  interface Host {
    Feeds feeds();

    /** Whether this link is the one in use; another one may be about to replace it. */
    boolean isCurrent(Link link);

    /** Whether readers are live where this link has reached the newest events. */
    boolean isLive(Link link);

    /** The link has connected, or has opened one more feed. */
    void progress(Link link);

    /** A connection of the link has ended. */
    void lost(Link link, End end);

    /** Nothing more can be done with this link. */
    void failed(Link link, TailwaterException error);

    /** Reports what nothing else reports. */
    void tell(TailwaterException error);
  }

  Transport kind();

  /** Whether it is connected now. */
  boolean isOpen();

  /** Whether it stands in every channel. */
  boolean isReady();

  /** The feeds, or where they begin, have changed. */
  void update();

  /**
   * It is the link in use and the client is live: so are the feeds whose newest events it has
   * reached.
   */
  void tellLive();

  /**
   * Publishes over this link; null if it cannot.
   *
   * @param frame the content of the frame
   */
  @Nullable CompletableFuture<JsonNode> publish(ObjectNode frame);

  /** Calls over this link; null if it cannot. */
  @Nullable CompletableFuture<JsonNode> call(ObjectNode frame, long timeoutMs);

  /** Measures the round trip, in milliseconds. */
  CompletableFuture<Long> ping(long limitMs);

  /** Finds out now whether the connection still stands, and connects at once if it waits. */
  void probe();

  void close();
}
