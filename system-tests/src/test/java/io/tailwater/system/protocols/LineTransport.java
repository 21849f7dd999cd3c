package io.tailwater.system.protocols;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.Opens;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.connection.OutletTransport;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Subscription;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: a protocol of lines. Each is a word and its values; a
 * channel comes last, because it may contain spaces.
 */
final class LineTransport implements OutletTransport, Opens, Transport.Beats {
  static final String TYPE = "text/x-lines";

  private final Channel netty;
  private final RetryDelay retryDelay;
  private @Nullable Outlet outlet;

  LineTransport(Channel netty, RetryDelay retryDelay) {
    this.netty = netty;
    this.retryDelay = retryDelay;
  }

  @Override
  public String name() {
    return "lines";
  }

  @Override
  public void open(Connection connection, StreamOpening opening) {
    outlet = new Outlet(netty, connection.loop());
    Takeover.begin(netty, Map.of("Content-Type", TYPE), connection);
    connection.subscriptions().forEach(subscription -> line("open " + place(subscription)));
  }

  @Override
  public int events(Subscription subscription, Run run, int index) {
    EventBytes lines = LineFormat.JSON.of(run);
    if (!subscription.isPattern()) {
      lines.writeFrom(index, outlet());
      return run.events().size();
    }
    // The id of an event does not say where a pattern stands.
    for (int i = index; i < run.events().size(); i++) {
      outlet().write(lines.at(i));
      String position = subscription.position(run.events().get(i).getOffset());
      line("at " + position + " " + subscription.scope());
    }
    return run.events().size();
  }

  @Override
  public void notice(Subscription subscription, Notice notice) {
    switch (notice) {
      case Notice.Live live -> line("live " + place(subscription));
      case Notice.End end -> line("end " + place(subscription));
      case Notice.Reset reset ->
          line("reset " + reset.missed().reason().wire() + " " + place(subscription));
      case Notice.PartitionsReset reset ->
          line("reset " + reset.reason().wire() + " " + place(subscription));
    }
  }

  @Override
  public void heartbeat() {
    line("beat");
  }

  @Override
  public void end(Disconnect disconnect) {
    if (disconnect == Disconnect.RESET) {
      Outlet.reset(netty);
      return;
    }
    if (disconnect.reconnect()) {
      line("retry " + retryDelay.nextMs());
    }
    Outlet.end(netty, Unpooled.EMPTY_BUFFER);
  }

  private static String place(Subscription subscription) {
    return subscription.position() + " " + subscription.scope();
  }

  private void line(String line) {
    outlet().write(Unpooled.copiedBuffer(line + "\n", StandardCharsets.UTF_8));
  }

  @Override
  public Outlet outlet() {
    return Objects.requireNonNull(outlet, "written to before it was opened");
  }
}
