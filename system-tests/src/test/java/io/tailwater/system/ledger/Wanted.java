package io.tailwater.system.ledger;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.Scope;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a reader asks for.
 *
 * @param name of the reader, for messages
 * @param channels whose events it is to get
 * @param scopes what it subscribes to: these channels, or patterns that cover them
 * @param from {@code latest}, {@code earliest}, {@code last:N}
 * @param after a position to begin with, null for none
 * @param token null for none
 * @param receiveBytes size of its socket's receive buffer, 0 for the usual
 * @param patience what a time that the server tells it to wait is divided by, so that a test sees
 *     more reconnects; 1 to wait as told
 */
public record Wanted(
    String name,
    List<Channel> channels,
    List<Scope> scopes,
    String from,
    @Nullable String after,
    boolean envelope,
    @Nullable String token,
    int receiveBytes,
    int patience) {
  private static final int USUAL_PATIENCE = 20;

  public static Wanted of(String name, Channel... channels) {
    return new Wanted(
        name, List.of(channels), List.of(channels), "latest", null, false, null, 0, USUAL_PATIENCE);
  }

  public static Wanted of(String name, List<Channel> channels) {
    return of(name, channels.toArray(Channel[]::new));
  }

  /** Subscribes to patterns that cover its channels. */
  public Wanted by(List<Scope> patterns) {
    return new Wanted(
        name, channels, patterns, from, after, envelope, token, receiveBytes, patience);
  }

  public Wanted from(String newFrom) {
    return new Wanted(
        name, channels, scopes, newFrom, after, envelope, token, receiveBytes, patience);
  }

  public Wanted after(String newAfter) {
    return new Wanted(
        name, channels, scopes, from, newAfter, envelope, token, receiveBytes, patience);
  }

  public Wanted inEnvelopes() {
    return new Wanted(name, channels, scopes, from, after, true, token, receiveBytes, patience);
  }

  public Wanted as(String newToken) {
    return new Wanted(
        name, channels, scopes, from, after, envelope, newToken, receiveBytes, patience);
  }

  public Wanted withReceiveBytes(int newReceiveBytes) {
    return new Wanted(
        name, channels, scopes, from, after, envelope, token, newReceiveBytes, patience);
  }

  /** Waits as long as it is told. */
  public Wanted patient() {
    return new Wanted(name, channels, scopes, from, after, envelope, token, receiveBytes, 1);
  }

  /** Whether its events are of several channels, and so come whole. */
  public boolean several() {
    return scopes.size() > 1 || scopes.getFirst() instanceof ChannelPattern;
  }

  /** The path and query of an event stream. */
  public String path() {
    return path(after == null ? List.of() : List.of(after));
  }

  /** As {@link #path()}, continuing from these positions. */
  public String path(List<String> positions) {
    return pollPath(positions) + (envelope ? "&envelope=true" : "");
  }

  /** As {@link #path}, for a poll. */
  public String pollPath(List<String> positions) {
    StringBuilder path = new StringBuilder("/v1/events?from=" + encoded(from));
    scopes.forEach(scope -> path.append("&channel=").append(encoded(scope.toString())));
    positions.forEach(position -> path.append("&after=").append(encoded(position)));
    return path.toString();
  }

  public static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
