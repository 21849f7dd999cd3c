package io.tailwater.edge.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.EventCoreGrpc;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LoopChannelsTest {
  private static final List<String> NOWHERE = List.of("127.0.0.1:1");

  @Test
  void eachLoopHasItsOwnChannelAndAllOtherThreadsShareOne() throws Exception {
    try (MultiThreadIoEventLoopGroup group =
            new MultiThreadIoEventLoopGroup(3, NioIoHandler.newFactory());
        ServiceChannel others =
            ServiceChannel.open(NOWHERE, EventCoreGrpc.getServiceDescriptor())) {
      List<EventLoop> loops = Stream.<EventLoop>generate(group::next).limit(3).toList();
      try (LoopChannels channels =
          new LoopChannels(
              loops,
              loop ->
                  ServiceChannel.onLoop(
                      NOWHERE,
                      EventCoreGrpc.getServiceDescriptor(),
                      CallSecurity.NONE,
                      loop,
                      NioSocketChannel.class),
              others)) {
        Set<Channel> seen = new HashSet<>();
        for (EventLoop loop : loops) {
          Channel channel = loop.submit(channels::get).get(20, TimeUnit.SECONDS);
          assertThat(loop.submit(channels::get).get(20, TimeUnit.SECONDS)).isSameAs(channel);
          seen.add(channel);
        }
        assertThat(seen).hasSize(3).doesNotContain(others);
        assertThat(channels.get()).isSameAs(others);
      }
    }
  }
}
