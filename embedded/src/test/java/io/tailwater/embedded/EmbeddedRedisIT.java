package io.tailwater.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class EmbeddedRedisIT {

  @Test
  void answersDiesAndComesBackOnTheSamePort() {
    try (var redis = EmbeddedRedis.open()) {
      assertThat(EmbeddedRedis.answers(redis.port())).isTrue();
      redis.kill();
      assertThat(EmbeddedRedis.answers(redis.port())).isFalse();
      redis.start();
      assertThat(EmbeddedRedis.answers(redis.port())).isTrue();
      assertThat(redis.uri()).isEqualTo("redis://127.0.0.1:" + redis.port());
    }
  }

  @Test
  void diesWithAParentThatIsKilled() throws Exception {
    try (var parent = new JavaChild(EmbeddedRedis.class)) {
      int port = URI.create(parent.awaitLine("redis is ready: ")).getPort();
      assertThat(EmbeddedRedis.answers(port)).isTrue();
      parent.kill();
      await().atMost(Duration.ofSeconds(30)).until(() -> !EmbeddedRedis.answers(port));
    }
  }

  @Test
  void leavesNoProcessBehind() {
    var redis = EmbeddedRedis.open();
    long before = ProcessHandle.current().descendants().count();
    redis.close();
    assertThat(before).isPositive();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive));
  }

  @Test
  void aTakenPortIsNamedInTheError() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> EmbeddedRedis.open(taken.getLocalPort()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("127.0.0.1:" + taken.getLocalPort());
    }
  }
}
