package io.tailwater.system.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.micronaut.configuration.lettuce.DefaultRedisClientFactory;
import io.micronaut.context.ApplicationContext;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisTerms;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import org.junit.jupiter.api.Test;

/**
 * Every service sends its commands with micronaut-redis' client, and none uses its connection
 * beans, which would keep a service from starting without Redis.
 */
@OnPlatforms
final class RedisClientsIT {
  @Test
  void servicesUseTheClientOfMicronautRedis(InProcessPlatform platform) {
    // The backend has none.
    assertThat(platform.contexts())
        .filteredOn(service -> service.containsBean(Redis.class))
        .hasSize(5)
        .allSatisfy(RedisClientsIT::assertUsesClient);
  }

  private static void assertUsesClient(ApplicationContext service) {
    assertThat(service.getActiveBeanRegistrations(Redis.class)).hasSize(1);
    assertThat(service.getActiveBeanRegistrations(RedisClient.class))
        .singleElement()
        .satisfies(
            client -> {
              assertThat(client.getBeanDefinition().getDeclaringType())
                  .contains(DefaultRedisClientFactory.class);
              assertThat(client.getBean().getOptions().getRequestQueueSize())
                  .as("bounded by the service's terms, so it is the one in use")
                  .isEqualTo(service.getBean(RedisTerms.class).maxCommands());
            });
    assertThat(service.getActiveBeanRegistrations(StatefulConnection.class)).isEmpty();
  }
}
