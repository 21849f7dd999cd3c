package io.tailwater.edge.connection;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.loop.EdgeLoop;
import io.tailwater.edge.presence.Presence;
import io.tailwater.edge.presence.PresenceUpdate;
import io.tailwater.edge.presence.PresenceWish;
import io.tailwater.edge.presence.Watcher;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Confined to its connection's event loop: in which channels a connection is present, and where it
 * watches who else is.
 */
final class Attendance {
  private final String connection;
  private final EdgeLoop loop;
  private final BooleanSupplier writable;
  private final Runnable touched;
  private final Presence presence;
  private final Transport.@Nullable Presences port;
  private final Map<Channel, Presence.Stay> stays = new HashMap<>(2);
  private final Map<Channel, Watching> watched = new HashMap<>(2);

  /**
   * @param connection the connection's id
   * @param writable whether more may be written to the connection now
   * @param touched notes that something was written
   * @param port null if the connection's transport cannot show who is present
   */
  Attendance(
      String connection,
      EdgeLoop loop,
      BooleanSupplier writable,
      Runnable touched,
      Presence presence,
      Transport.@Nullable Presences port) {
    this.connection = connection;
    this.loop = loop;
    this.writable = writable;
    this.touched = touched;
    this.presence = presence;
    this.port = port;
  }

  /**
   * Does what a client asks for in a channel that it reads.
   *
   * @throws RequestException {@code too_many_connections} if there is no room for another member
   */
  void begin(Channel channel, Namespace namespace, Identity identity, PresenceWish wish) {
    if (wish.present()) {
      stays.put(channel, presence.enter(channel, namespace, identity, connection, wish));
    }
    if (wish.watches() && port != null) {
      Watching watching = new Watching(port);
      watched.put(channel, watching);
      watching.watch = presence.watch(channel, namespace, watching);
    }
  }

  /**
   * The client says something else about itself.
   *
   * @throws RequestException {@code invalid_request} if it is not present there
   */
  void change(Channel channel, String info) {
    Presence.Stay stay = stays.get(channel);
    if (stay == null) {
      throw absent(channel);
    }
    stay.change(info);
  }

  /** A refusal for a channel where the connection is not present. */
  static RequestException absent(Channel channel) {
    return new RequestException(
        ErrorCode.INVALID_REQUEST,
        "this connection is not present in " + channel + ": subscribe to it with \"present\":true");
  }

  /** The client does not read this channel any more. */
  void leave(Channel channel) {
    Presence.Stay stay = stays.remove(channel);
    if (stay != null) {
      stay.leave();
    }
    Watching watching = watched.remove(channel);
    if (watching != null) {
      watching.close();
    }
  }

  /** The client leaves every channel, as it closes its connection. */
  void leave() {
    stays.values().forEach(Presence.Stay::leave);
    stays.clear();
  }

  /** The connection is over; its client may come back. */
  void end() {
    stays.values().forEach(Presence.Stay::broke);
    stays.clear();
    watched.values().forEach(Watching::close);
    watched.clear();
  }

  /** The transport is writable again. */
  void pump() {
    watched.values().forEach(Watching::pump);
  }

  /** Shows the members of one channel. */
  private final class Watching implements Watcher {
    private final Transport.Presences transport;
    private Presence.@Nullable Watch watch;

    /** Updates that are not written yet, shared with other watchers; they are of one state. */
    private List<PresenceUpdate> rest = List.of();

    private boolean closed;

    Watching(Transport.Presences transport) {
      this.transport = transport;
    }

    @Override
    public EdgeLoop loop() {
      return loop;
    }

    @Override
    public boolean show(List<PresenceUpdate> updates) {
      assert loop.inLoop();
      if (closed) {
        return true;
      }
      if (!rest.isEmpty() || !writable.getAsBoolean()) {
        return false;
      }
      rest = updates;
      pump();
      return true;
    }

    void pump() {
      int written = 0;
      while (written < rest.size() && writable.getAsBoolean()) {
        transport.presence(rest.get(written++));
        touched.run();
      }
      rest = rest.subList(written, rest.size());
    }

    void close() {
      closed = true;
      rest = List.of();
      if (watch != null) {
        watch.close();
      }
    }
  }
}
