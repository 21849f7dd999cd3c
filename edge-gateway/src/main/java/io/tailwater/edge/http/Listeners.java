package io.tailwater.edge.http;

import io.micronaut.context.BeanProvider;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.server.netty.NettyHttpServer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.netty.channel.Channel;
import io.tailwater.edge.connection.Drain;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The sockets that the HTTP server listens on: closing them turns new connections away, to another
 * gateway, and leaves the others alone. Any thread.
 */
@Singleton
public final class Listeners
    implements BeanCreatedEventListener<NettyServerCustomizer.Registry>, Drain.Doors {
  private final BeanProvider<NettyHttpServer> server;
  private final List<Channel> open = new CopyOnWriteArrayList<>();

  Listeners(BeanProvider<NettyHttpServer> server) {
    this.server = server;
  }

  @Override
  public NettyServerCustomizer.Registry onCreated(
      BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
    event.getBean().register(new Customizer());
    return event.getBean();
  }

  @Override
  public void close() {
    open.forEach(listener -> listener.close().syncUninterruptibly());
  }

  @Override
  public boolean closed() {
    return open.stream().noneMatch(Channel::isOpen);
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
      return new Gate(channel);
    }
  }

  /** Adds to a connection what keeps an upgrade's first bytes from the HTTP decoder. */
  private record Gate(Channel netty) implements NettyServerCustomizer {
    @Override
    public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
      return new Gate(channel);
    }

    @Override
    public void onStreamPipelineBuilt() {
      UpgradeGate.addTo(netty.pipeline());
    }
  }
}
