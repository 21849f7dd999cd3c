package io.tailwater.redis;

import io.netty.channel.EventLoopGroup;
import org.jspecify.annotations.Nullable;

/**
 * How a service uses Redis. Immutable. A service that has a bean of this type has a {@link Redis}.
 *
 * @param threads what the names of the threads begin with that talk to Redis
 * @param maxCommands how many commands of one connection may wait for their answers, 1 or more
 * @param loops the service's event loops, if they are to talk to Redis: then nothing may wait there
 *     for an answer. Null for threads of their own
 */
public record RedisTerms(String threads, int maxCommands, @Nullable EventLoopGroup loops) {
  /** With threads of their own. */
  public RedisTerms(String threads, int maxCommands) {
    this(threads, maxCommands, null);
  }
}
