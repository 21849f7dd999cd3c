package io.tailwater.contract;

/**
 * Stateless: the channel with what gateways report of themselves. It is ephemeral, in a namespace
 * of the platform.
 */
public final class Overview {
  /** The platform's own namespace for operators. */
  public static final String NAMESPACE = "admin";

  /** The channel. */
  public static final Channel CHANNEL = new Channel(NAMESPACE, "overview");

  /** The method that a token must be allowed to call to read the channel. */
  public static final String CALL = "admin.overview";

  /** The type of its events. */
  public static final String TYPE = "gateway";

  private Overview() {}
}
