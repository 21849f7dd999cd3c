package io.tailwater.contract;

/**
 * Keys in Redis of a platform's AI streams. The braces keep all of them on one shard of a Cluster:
 * a shard that comes back empty has forgotten everything or nothing of them. Immutable.
 *
 * @param platform whose streams they are
 */
public record LeaseKeys(Platform platform) {
  /** The beginning of all these keys. */
  public String prefix() {
    return platform.prefix() + "{ai}:";
  }

  /** The set of ids whose leases are to be judged; gateways add what is watched. */
  public String running() {
    return prefix() + "running";
  }

  /** Tells a Redis that was emptied from the one before. */
  public String incarnation() {
    return prefix() + "incarnation";
  }

  /** Who began the stream. */
  public String creator(String id) {
    return prefix() + "creator:" + id;
  }

  /** There as long as the stream's producer renews it. */
  public String lease(String id) {
    return prefix() + "lease:" + id;
  }

  /** The ids of all streams, sorted by when they were created. */
  public String streams() {
    return prefix() + "streams";
  }

  /** The ids of a subject's streams, sorted by when they were created. */
  public String streamsOf(String creator) {
    return prefix() + "streams-of:" + creator;
  }

  /**
   * How many tokens a user has used in a minute or a day.
   *
   * @param window names the minute or the day
   */
  public String tokens(String user, String window) {
    return prefix() + "tokens:" + window + ":" + user;
  }

  /** Which stream a request began; written by gateways. */
  public String request(String name) {
    return prefix() + "request:" + name;
  }

  /** There as long as a gateway has a reader of the stream; written by gateways. */
  public String watched(String id) {
    return prefix() + "watched:" + id;
  }
}
