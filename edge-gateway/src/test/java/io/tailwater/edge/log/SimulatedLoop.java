package io.tailwater.edge.log;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * An event loop that is driven by hand: it runs one task when told so, by a clock that stands still
 * in between. Confined to the thread of its {@link Simulation}.
 */
final class SimulatedLoop extends AbstractScheduledEventExecutor implements EventLoop {
  private final Ticker ticker;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private boolean running;

  SimulatedLoop(Ticker ticker) {
    this.ticker = ticker;
  }

  /** Whether there is a task whose time has come. */
  boolean ready() {
    takeScheduled();
    return !tasks.isEmpty();
  }

  /** When its next task is due, on the ticker's clock; {@link Long#MAX_VALUE} for never. */
  long nextNanos() {
    long next = nextScheduledTaskDeadlineNanos();
    return next < 0 ? Long.MAX_VALUE : next;
  }

  void runOne() {
    running = true;
    try {
      tasks.removeFirst().run();
    } finally {
      running = false;
    }
  }

  private void takeScheduled() {
    running = true;
    try {
      for (Runnable due = pollScheduledTask(ticker.nanoTime());
          due != null;
          due = pollScheduledTask(ticker.nanoTime())) {
        tasks.add(due);
      }
    } finally {
      running = false;
    }
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public Ticker ticker() {
    return ticker;
  }

  @Override
  protected long getCurrentTimeNanos() {
    return ticker.nanoTime();
  }

  @Override
  public boolean inEventLoop() {
    return running;
  }

  @Override
  public boolean inEventLoop(Thread thread) {
    return running;
  }

  @Override
  public EventLoopGroup parent() {
    return this;
  }

  @Override
  public EventLoop next() {
    return this;
  }

  @Override
  public ChannelFuture register(Channel channel) {
    throw new UnsupportedOperationException("it has no channels");
  }

  @Override
  public ChannelFuture register(ChannelPromise promise) {
    throw new UnsupportedOperationException("it has no channels");
  }

  @Deprecated
  @Override
  public ChannelFuture register(Channel channel, ChannelPromise promise) {
    throw new UnsupportedOperationException("it has no channels");
  }

  @Override
  public boolean isShuttingDown() {
    return false;
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }

  @Deprecated
  @Override
  public void shutdown() {
    throw new UnsupportedOperationException("it ends with its simulation");
  }

  @Override
  public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    throw new UnsupportedOperationException("it ends with its simulation");
  }

  @Override
  public Future<?> terminationFuture() {
    return new DefaultPromise<>(this);
  }
}
