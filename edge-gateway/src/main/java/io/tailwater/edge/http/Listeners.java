package io.tailwater.edge.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.BeanProvider;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.server.netty.NettyEmbeddedServer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.micronaut.management.endpoint.EndpointDefaultConfiguration;
import io.netty.channel.Channel;
import io.tailwater.edge.access.Origins;
import io.tailwater.edge.connection.Drain;
import io.tailwater.edge.limits.Sockets;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/**
 * The sockets that the HTTP server listens on: closing them turns new connections away, to another
 * gateway, and leaves the others alone. The port of management stays open: a gateway that drains is
 * asked whether it is ready. Any thread.
 */
@Singleton
public final class Listeners
    implements BeanCreatedEventListener<NettyServerCustomizer.Registry>, Drain.Doors {
  private final BeanProvider<NettyEmbeddedServer> server;
  private final Origins origins;
  private final EndpointDefaultConfiguration management;
  private final RequestTimes times;
  private final Sockets sockets;
  private final HttpMetrics metrics;
  private final List<Channel> open = new CopyOnWriteArrayList<>();

  Listeners(
      BeanProvider<NettyEmbeddedServer> server,
      Origins origins,
      EndpointDefaultConfiguration management,
      RequestTimes times,
      Sockets sockets,
      MeterRegistry meters) {
    this.server = server;
    this.origins = origins;
    this.management = management;
    this.times = times;
    this.sockets = sockets;
    this.metrics = new HttpMetrics(meters);
  }

  @Override
  public NettyServerCustomizer.Registry onCreated(
      BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
    event.getBean().register(new Customizer());
    return event.getBean();
  }

  @Override
  public void close() {
    publicOnes().forEach(listener -> listener.close().syncUninterruptibly());
  }

  @Override
  public boolean closed() {
    return publicOnes().noneMatch(Channel::isOpen);
  }

  private Stream<Channel> publicOnes() {
    return open.stream()
        .filter(
            listener ->
                !(listener.localAddress() instanceof InetSocketAddress address
                    && management.getPort().filter(port -> port == address.getPort()).isPresent()));
  }

  @Override
  public CompletionStage<?> finishRequests() {
    return server.get().shutdownGracefully();
  }

  private final class Customizer implements NettyServerCustomizer {
    @Override
    public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
      if (role == ChannelRole.LISTENER) {
        open.add(channel);
        return this;
      }
      return new HttpParts(channel, sockets.enter(channel));
    }
  }

  /** Adds to a connection our own parts of HTTP, around the codec. */
  private final class HttpParts implements NettyServerCustomizer {
    private final Channel netty;
    private final boolean admitted;

    HttpParts(Channel netty, boolean admitted) {
      this.netty = netty;
      this.admitted = admitted;
    }

    @Override
    public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
      return new HttpParts(channel, admitted);
    }

    @Override
    public void onStreamPipelineBuilt() {
      // Each goes right behind the codec, so the one added last comes first.
      RequestGate.addTo(netty.pipeline(), times, System::nanoTime, metrics);
      AnswerHeaders.addTo(netty.pipeline(), origins);
      if (!admitted) {
        RequestGate.turnAway(netty.pipeline());
      }
    }
  }
}
