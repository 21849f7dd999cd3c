package io.tailwater.edge.backend;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.tailwater.contract.backend.v1.Closed;
import io.tailwater.contract.backend.v1.Connection;
import io.tailwater.contract.backend.v1.FromGateway;
import io.tailwater.edge.access.Identity;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one event loop, which any thread may give tasks: the connections that the backend is
 * told of, each by one link. When a link is lost, its connections are told to another one.
 */
public final class KnownConnections implements Link.Watch {
  private final EventLoop loop;

  // One entry for each connection of this gateway that takes pushes.
  private final Map<String, Known> known = new LinkedHashMap<>();
  private final Map<Link, Set<String>> byLink = new LinkedHashMap<>();

  private static final class Known {
    final FromGateway message;
    @Nullable Link link;

    Known(FromGateway message, @Nullable Link link) {
      this.message = message;
      this.link = link;
    }
  }

  KnownConnections(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * A connection has begun, or it has another subject and session now.
   *
   * @param session its id; empty for none
   * @param restored whether an earlier connection had the session
   */
  public void opened(Identity identity, String connection, String session, boolean restored) {
    opened(identity, connection, session, restored, "", ByteString.EMPTY);
  }

  /**
   * As {@link #opened(Identity, String, String, boolean)}, of a connection with a handshake.
   *
   * @param namespace that the client has connected to
   * @param auth what its application has sent with it, a JSON object
   */
  public void opened(
      Identity identity,
      String connection,
      String session,
      boolean restored,
      String namespace,
      ByteString auth) {
    Connection one =
        Connection.newBuilder()
            .setConnection(connection)
            .setSession(session)
            .setSubject(identity.subject())
            .setAddress(identity.address())
            .setNamespace(namespace)
            .setAuth(auth)
            .build();
    FromGateway.Builder message = FromGateway.newBuilder();
    FromGateway built = restored ? message.setResumed(one).build() : message.setOpened(one).build();
    loop.execute(() -> onOpened(connection, built));
  }

  /** A connection has ended. */
  public void closed(String connection) {
    loop.execute(() -> onClosed(connection));
  }

  private void onOpened(String connection, FromGateway message) {
    assert loop.inEventLoop();
    Known before = known.get(connection);
    Known now = new Known(message, before == null ? null : before.link);
    known.put(connection, now);
    tell(connection, now);
  }

  private void tell(String connection, Known one) {
    Link link = one.link == null ? fewest() : one.link;
    if (link != null) {
      one.link = link;
      Objects.requireNonNull(byLink.get(link)).add(connection);
      link.tell(connection, one.message);
    }
  }

  private @Nullable Link fewest() {
    Link best = null;
    int least = Integer.MAX_VALUE;
    for (Map.Entry<Link, Set<String>> each : byLink.entrySet()) {
      if (each.getValue().size() < least) {
        best = each.getKey();
        least = each.getValue().size();
      }
    }
    return best;
  }

  private void onClosed(String connection) {
    assert loop.inEventLoop();
    Known one = known.remove(connection);
    Link link = one == null ? null : one.link;
    if (link != null) {
      Objects.requireNonNull(byLink.get(link)).remove(connection);
      link.tell(
          connection,
          FromGateway.newBuilder()
              .setClosed(Closed.newBuilder().setConnection(connection))
              .build());
    }
  }

  @Override
  public void up(Link link) {
    loop.execute(() -> onUp(link));
  }

  @Override
  public void down(Link link) {
    loop.execute(() -> onDown(link));
  }

  private void onUp(Link link) {
    assert loop.inEventLoop();
    byLink.putIfAbsent(link, new LinkedHashSet<>());
    new HashMap<>(known)
        .forEach(
            (connection, one) -> {
              if (one.link == null) {
                tell(connection, one);
              }
            });
  }

  private void onDown(Link link) {
    assert loop.inEventLoop();
    Set<String> lost = byLink.remove(link);
    if (lost == null) {
      return;
    }
    for (String connection : List.copyOf(lost)) {
      Known one = known.get(connection);
      if (one != null) {
        one.link = null;
        tell(connection, one);
      }
    }
  }
}
