package io.tailwater.service;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/**
 * Ends a process that runs out of memory, so that whoever started it starts it again. A process
 * that goes on without memory answers some requests, loses others and looks healthy.
 *
 * <p>{@code -XX:+ExitOnOutOfMemoryError} does it for the heap, and for the heap alone: errors about
 * direct memory come from Java code, the JDK's or Netty's. Netty, Kafka's clients and gRPC catch
 * them on their threads and log them. So this listens at the two places that such an error passes:
 * the handler of uncaught exceptions and the logging of caught ones, at any level.
 */
public final class MemoryExhaustion {
  /** The exit code that {@code -XX:+ExitOnOutOfMemoryError} has too. */
  public static final int EXIT_CODE = 3;

  private static final int MAX_CAUSES = 20;

  /** They log what ends a connection at a level that is off by default. */
  private static final List<java.util.logging.Logger> GRPC =
      List.of(
          java.util.logging.Logger.getLogger("io.grpc.netty.NettyClientHandler"),
          java.util.logging.Logger.getLogger("io.grpc.netty.NettyServerHandler"));

  private static volatile boolean armed;
  private static final AtomicBoolean ENDING = new AtomicBoolean();

  private MemoryExhaustion() {}

  /** From now on this process ends when it runs out of memory. For a process of its own only. */
  public static void endProcess() {
    armed = true;
    Thread.setDefaultUncaughtExceptionHandler(MemoryExhaustion::uncaught);
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logback) {
      Watching filter = new Watching();
      filter.setName("memory-exhaustion");
      filter.start();
      logback.addTurboFilter(filter);
    }
    LogManager.getLogManager().getLogger("").addHandler(new Listening());
    GRPC.forEach(logger -> logger.setLevel(java.util.logging.Level.FINE));
  }

  /**
   * Ends the process if this is, or was caused by, a lack of memory. For code that neither logs nor
   * rethrows what it catches; does nothing before {@link #endProcess}.
   *
   * @param failure null is none
   */
  public static void inspect(@Nullable Throwable failure) {
    Throwable each = failure;
    for (int i = 0; armed && each != null && i < MAX_CAUSES; i++) {
      if (each instanceof OutOfMemoryError error) {
        end(error);
      }
      each = each.getCause();
    }
  }

  private static void end(OutOfMemoryError error) {
    if (ENDING.compareAndSet(false, true)) {
      try {
        LoggerFactory.getLogger(MemoryExhaustion.class)
            .error("out of memory, so this process ends: {}", error.getMessage());
      } finally {
        Runtime.getRuntime().halt(EXIT_CODE);
      }
    }
  }

  private static void uncaught(Thread thread, Throwable failure) {
    inspect(failure);
    LoggerFactory.getLogger(MemoryExhaustion.class)
        .error("thread {} ended with an exception", thread.getName(), failure);
  }

  /** Sees what is logged through SLF4J, whether or not its level is on. */
  private static final class Watching extends TurboFilter {
    @Override
    public FilterReply decide(
        @Nullable Marker marker,
        ch.qos.logback.classic.Logger logger,
        Level level,
        @Nullable String format,
        Object @Nullable [] arguments,
        @Nullable Throwable failure) {
      inspect(failure);
      if (arguments != null
          && arguments.length > 0
          && arguments[arguments.length - 1] instanceof Throwable last) {
        inspect(last);
      }
      return FilterReply.NEUTRAL;
    }
  }

  /** Sees what is logged through java.util.logging, as gRPC does. */
  private static final class Listening extends Handler {
    @Override
    public void publish(LogRecord line) {
      inspect(line.getThrown());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
