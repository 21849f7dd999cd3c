package io.tailwater.redis;

import io.micronaut.context.ApplicationContext;
import java.util.Map;

/** Opens Redis as a service does. */
final class TestRedis {
  static final int MAX_COMMANDS = 1_000;

  private TestRedis() {}

  /** Returns the Redis of a service with these settings. It has to be closed. */
  static Redis open(Map<String, Object> settings) {
    return context(settings).getBean(Redis.class);
  }

  /** Starts a service that has these settings beside the one that every service has. */
  static ApplicationContext context(Map<String, Object> settings) {
    return ApplicationContext.builder()
        .properties(settings)
        .properties(Map.of("redis.health.enabled", false))
        .singletons(new RedisTerms("redis-test", MAX_COMMANDS))
        .start();
  }
}
