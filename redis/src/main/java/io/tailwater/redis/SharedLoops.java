package io.tailwater.redis;

import io.lettuce.core.resource.EventLoopGroupProvider;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.concurrent.TimeUnit;

/** Lends Lettuce the event loops of the service, which it must not shut down. Any thread. */
final class SharedLoops implements EventLoopGroupProvider {
  private final EventLoopGroup loops;
  private final int count;

  /**
   * @param loops of the first transport that this machine has of epoll and NIO, as Lettuce chooses
   */
  SharedLoops(EventLoopGroup loops) {
    this.loops = loops;
    int found = 0;
    for (var each : loops) {
      found++;
    }
    this.count = found;
  }

  @Override
  @SuppressWarnings("unchecked") // Lettuce asks for the class of a transport, and uses any group.
  public <T extends EventLoopGroup> T allocate(Class<T> type) {
    return (T) loops;
  }

  @Override
  public int threadPoolSize() {
    return count;
  }

  @Override
  public Future<Boolean> release(
      EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
    return ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);
  }

  @Override
  public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit unit) {
    return ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);
  }
}
