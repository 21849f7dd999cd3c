package io.tailwater.javaclient;

/** What happens to a client as a whole. Called on the client's executor, one notice at a time. */
public interface ClientListener {
  /** How a client is. */
  enum State {
    /** Connects, or was connected a moment ago. */
    CONNECTING,
    /** Connected. */
    LIVE,
    /** The last attempt to connect has failed; it tries again. */
    OFFLINE,
    /** Closed by the program, or for a failure that lasts. */
    CLOSED
  }

  default void state(State state) {}

  /**
   * Another transport is used from now on.
   *
   * @param why for people
   */
  default void transport(Transport transport, String why) {}

  /**
   * Reports what no subscription and no request reports, such as a token that was refused. It is
   * logged if this is not overridden.
   */
  default void failed(TailwaterException error) {
    System.getLogger(ClientListener.class.getPackageName())
        .log(System.Logger.Level.WARNING, error.toString());
  }
}
