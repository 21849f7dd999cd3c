package io.tailwater.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.micronaut.configuration.lettuce.AbstractRedisConfiguration;
import io.micronaut.configuration.lettuce.DefaultRedisClientFactory;
import io.micronaut.configuration.lettuce.DefaultRedisClusterClientFactory;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.BeanRegistration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which clients a service uses; nothing listens at these addresses. */
final class RedisBeansTest {
  private static final String NOBODY = "redis://127.0.0.1:1";

  @Test
  void commandsToOneServerUseTheClientOfMicronautRedis() {
    try (ApplicationContext context = TestRedis.context(Map.of("redis.uri", NOBODY))) {
      Redis redis = context.getBean(Redis.class);
      assertThat(redis.sharded()).isFalse();
      assertUses(redis, context, RedisClient.class, DefaultRedisClientFactory.class);
    }
  }

  @Test
  void commandsToAClusterUseTheClusterClientOfMicronautRedis() {
    try (ApplicationContext context = TestRedis.context(Map.of("redis.uris", NOBODY))) {
      Redis redis = context.getBean(Redis.class);
      assertThat(redis.sharded()).isTrue();
      assertUses(redis, context, RedisClusterClient.class, DefaultRedisClusterClientFactory.class);
    }
  }

  @Test
  void blankUrisAreNoCluster() {
    try (ApplicationContext context =
        TestRedis.context(Map.of("redis.uri", NOBODY, "redis.uris", ""))) {
      assertThat(context.getBean(Redis.class).client()).isInstanceOf(RedisClient.class);
    }
  }

  @Test
  void withoutSettingsItIsTheServerOnThisMachine() {
    try (ApplicationContext context = TestRedis.context(Map.of())) {
      assertThat(context.getBean(Redis.class).client()).isInstanceOf(RedisClient.class);
      assertThat(context.getBean(AbstractRedisConfiguration.class).getUri())
          .hasValueSatisfying(
              uri -> {
                assertThat(uri.getPort()).isEqualTo(6379);
                assertThat(uri.getTimeout()).isEqualTo(RedisConfiguration.PATIENCE);
              });
    }
  }

  private static <T extends AbstractRedisClient> void assertUses(
      Redis redis, ApplicationContext context, Class<T> client, Class<?> factory) {
    assertThat(context.getActiveBeanRegistrations(client))
        .singleElement()
        .satisfies(
            registration -> {
              assertThat(registration.getBean()).isSameAs(redis.client());
              assertThat(madeBy(registration)).contains(factory);
            });
    assertThat(redis.client().getOptions().getRequestQueueSize()).isEqualTo(TestRedis.MAX_COMMANDS);
    assertThat(context.getActiveBeanRegistrations(StatefulConnection.class)).isEmpty();
  }

  private static Optional<Class<?>> madeBy(BeanRegistration<?> registration) {
    return registration.getBeanDefinition().getDeclaringType();
  }
}
