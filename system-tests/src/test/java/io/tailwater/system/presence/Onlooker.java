package io.tailwater.system.presence;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Watches who is present in a channel over a WebSocket, as an application would. */
public final class Onlooker implements AutoCloseable {
  private final WsPeer socket;
  private final Set<String> members = new TreeSet<>();
  private final Set<String> everLeft = new HashSet<>();
  private int count;
  private boolean stale;

  private Onlooker(WsPeer socket) {
    this.socket = socket;
  }

  /** Begins to watch. */
  public static Onlooker open(URI gateway, String channel) {
    WsPeer socket = WsPeer.connect(gateway, bearer("onlooker"));
    socket.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\",\"presence\":true}}");
    socket.await("subscribed");
    Onlooker onlooker = new Onlooker(socket);
    onlooker.next();
    return onlooker;
  }

  /** The header with the token of a subject. */
  public static String bearer(String subject) {
    return "Authorization: Bearer " + token(subject);
  }

  /** A token that may read and publish what has presence in these tests. */
  public static String token(String subject) {
    return Tokens.token(subject, List.of("chat:*", "board:*"), List.of("chat:*"));
  }

  /** Reads the next frame about presence, and applies it. */
  JsonNode next() {
    JsonNode frame = socket.await("presence").path("presence");
    if (frame.path("first").asBoolean()) {
      members.clear();
    }
    frame.path("members").forEach(one -> members.add(one.path("subject").asText()));
    frame.path("joined").forEach(one -> members.add(one.path("subject").asText()));
    frame
        .path("left")
        .forEach(
            one -> {
              members.remove(one.asText());
              everLeft.add(one.asText());
            });
    count = frame.path("count").asInt();
    stale = frame.path("stale").asBoolean();
    return frame;
  }

  /** Reads on until it sees this. */
  public Onlooker until(Predicate<Onlooker> seen) {
    while (!seen.test(this)) {
      next();
    }
    return this;
  }

  /** Who is present now. */
  public Set<String> members() {
    return members;
  }

  /** Who was ever seen leaving. */
  public Set<String> everLeft() {
    return everLeft;
  }

  int count() {
    return count;
  }

  /** Whether the platform says that it does not know. */
  public boolean stale() {
    return stale;
  }

  /** A WebSocket whose subject is present in a channel. */
  public static WsPeer present(URI gateway, String subject, String channel) {
    WsPeer peer = WsPeer.connect(gateway, bearer(subject));
    peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\",\"present\":true}}");
    peer.await("subscribed");
    return peer;
  }

  @Override
  public void close() {
    socket.close();
  }
}
