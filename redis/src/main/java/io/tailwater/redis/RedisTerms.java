package io.tailwater.redis;

/**
 * How a service uses Redis. Immutable. A service that has a bean of this type has a {@link Redis}.
 *
 * @param threads what the names of the threads begin with that talk to Redis
 * @param maxCommands how many commands of one connection may wait for their answers, 1 or more
 */
public record RedisTerms(String threads, int maxCommands) {}
