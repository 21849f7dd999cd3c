package io.tailwater.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.micronaut.configuration.lettuce.ClientResourcesMutator;
import io.micronaut.configuration.lettuce.DefaultRedisClientFactory;
import io.micronaut.configuration.lettuce.DefaultRedisConfiguration;
import io.micronaut.context.BeanProvider;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Primary;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import io.netty.util.concurrent.DefaultThreadFactory;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.List;
import java.util.stream.Stream;

/**
 * Provides a service's {@link Redis}. Its clients are the beans of micronaut-redis, which connect
 * to nothing by themselves. The connection beans of micronaut-redis are not used, since they
 * connect when they are created.
 */
@Factory
@Requires(bean = RedisTerms.class)
final class RedisWiring {
  /**
   * The addresses as {@link RedisConfiguration} reads them: checked, without a blank one, and with
   * {@link RedisConfiguration#PATIENCE} in place of a minute.
   */
  @Singleton
  @Primary
  @Replaces(DefaultRedisConfiguration.class)
  DefaultRedisConfiguration addresses(RedisConfiguration configuration) {
    DefaultRedisConfiguration addresses = new DefaultRedisConfiguration();
    addresses.setUri(uri(configuration.uri()));
    addresses.setUris(configuration.uris().stream().map(RedisWiring::uri).toArray(URI[]::new));
    Stream.concat(addresses.getUri().stream(), addresses.getUris().stream())
        .forEach(each -> each.setTimeout(RedisConfiguration.PATIENCE));
    return addresses;
  }

  private static URI uri(String text) {
    return URI.create(text.strip());
  }

  /** Closed by {@link Redis#close}, after the clients. */
  @Singleton
  @Primary
  ClientResources resources(RedisTerms terms) {
    ClientResources.Builder resources =
        DefaultClientResources.builder()
            .reconnectDelay(Delay.constant(Redis.RECONNECT_AFTER))
            .threadFactoryProvider(pool -> new DefaultThreadFactory(terms.threads(), true));
    if (terms.loops() != null) {
      resources.eventLoopGroupProvider(new SharedLoops(terms.loops()));
    }
    return resources.build();
  }

  /**
   * @param server missing where {@code redis.uris} is set, even if it is blank
   * @param cluster missing where {@code redis.uris} is not set
   */
  @Singleton
  @Bean(preDestroy = "close")
  Redis redis(
      RedisConfiguration configuration,
      RedisTerms terms,
      DefaultRedisConfiguration addresses,
      ClientResources resources,
      List<ClientResourcesMutator> mutators,
      BeanProvider<RedisClient> server,
      BeanProvider<RedisClusterClient> cluster) {
    if (configuration.cluster()) {
      RedisURI seed = configuration.seeds().getFirst();
      return new Redis(seed, resources, null, cluster.get(), terms.maxCommands());
    }
    RedisClient client =
        server.isPresent()
            ? server.get()
            : new DefaultRedisClientFactory<>(ByteArrayCodec.INSTANCE)
                .redisClient(addresses, resources, mutators);
    return new Redis(configuration.server(), resources, client, null, terms.maxCommands());
  }
}
