package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.List;

/** Makes runs for tests of formats. */
public final class Runs {
  private Runs() {}

  /** A run of just these events; at least one. */
  public static Run of(Channel channel, Epoch epoch, List<Event> events) {
    return Run.live(
        Selection.of(channel),
        epoch,
        events.getFirst().getOffset() - 1,
        events.getLast().getOffset(),
        events);
  }

  /** What the bytes of this connection leave by, on a loop of its own. */
  public static Outlet outlet(io.netty.channel.Channel connection) {
    return new Outlet(connection, new EdgeLoop(connection.eventLoop(), 15_000));
  }
}
