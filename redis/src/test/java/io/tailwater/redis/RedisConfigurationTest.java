package io.tailwater.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisURI;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.exceptions.ConfigurationException;
import java.util.Map;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RedisConfigurationTest {
  @Test
  void thereIsOneServerUnlessToldOtherwise() {
    RedisConfiguration one = read(Map.of());
    assertThat(one.cluster()).isFalse();
    assertThat(one.server().getHost()).isEqualTo("127.0.0.1");
    assertThat(read(Map.of("redis.uris", "")).cluster()).isFalse();
  }

  @Test
  void anUriIsTheOneServer() {
    RedisURI server = read(Map.of("redis.uri", "rediss://:secret@a:7/2")).server();
    assertThat(server.isSsl()).isTrue();
    assertThat(server.getHost()).isEqualTo("a");
    assertThat(server.getTimeout()).isEqualTo(RedisConfiguration.PATIENCE);
  }

  @Test
  void urisAreOfAClusterAndGoBeforeAnUri() {
    RedisConfiguration cluster =
        read(Map.of("redis.uri", "redis://one:1", "redis.uris", "redis://a:1,redis://b:2"));
    assertThat(cluster.cluster()).isTrue();
    assertThat(cluster.seeds()).extracting(RedisURI::getHost).containsExactly("a", "b");
    assertThat(cluster.seeds())
        .allSatisfy(
            server -> assertThat(server.getTimeout()).isEqualTo(RedisConfiguration.PATIENCE));
  }

  @ParameterizedTest
  @CsvSource({
    "redis.uri, http://secret@host:1",
    "redis.uri, secret@host:1",
    "redis.uri, redis://secret host",
    "redis.uris, 'redis://a:1,secret'"
  })
  void whatIsNoAddressIsRefusedWithoutTellingIt(String setting, String value) {
    assertThatThrownBy(() -> read(Map.of(setting, value)))
        .hasRootCauseInstanceOf(ConfigurationException.class)
        .hasStackTraceContaining(setting + " is no address of a Redis")
        .hasStackTraceContaining("redis://[[user:]password@]host:port")
        .satisfies(
            failure -> assertThat(Throwables.getStackTrace(failure)).doesNotContain("secret"));
  }

  private static RedisConfiguration read(Map<String, Object> settings) {
    try (ApplicationContext context = ApplicationContext.builder().properties(settings).start()) {
      return context.getBean(RedisConfiguration.class);
    }
  }
}
