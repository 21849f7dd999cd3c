package io.tailwater.redis;

import io.lettuce.core.RedisURI;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.util.List;

/**
 * Where Redis is, {@code redis}.
 *
 * @param uri the one server: {@code redis://[[user:]password@]host:port[/database]}, or {@code
 *     rediss://} with TLS; not looked at if there are {@code uris}
 * @param uris of a Cluster, some of its servers, of which one has to be reached to learn of the
 *     others
 */
@ConfigurationProperties("redis")
public record RedisConfiguration(
    @Bindable(defaultValue = "redis://127.0.0.1:6379") String uri,
    @Bindable(defaultValue = "") List<String> uris) {
  /** How long a server has to answer. */
  public static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Refuses what is no address with a {@link ConfigurationException}. */
  public RedisConfiguration {
    uris = uris.stream().filter(each -> !each.isBlank()).toList();
    address("redis.uri", uri);
    uris.forEach(each -> address("redis.uris", each));
  }

  boolean cluster() {
    return !uris.isEmpty();
  }

  RedisURI server() {
    return address("redis.uri", uri);
  }

  List<RedisURI> seeds() {
    return uris.stream().map(each -> address("redis.uris", each)).toList();
  }

  /** What is wrong with an address is told without it: it may hold a password. */
  private static RedisURI address(String setting, String text) {
    try {
      RedisURI address = RedisURI.create(text.strip());
      // Of a connection's first words and of looking at a Cluster: Lettuce has a minute for them.
      address.setTimeout(PATIENCE);
      return address;
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          setting
              + " is no address of a Redis; accepted: redis://[[user:]password@]host:port, or rediss://"
              + " for TLS");
    }
  }
}
