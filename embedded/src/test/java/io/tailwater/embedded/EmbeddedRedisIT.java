package io.tailwater.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
  void beginsEmptyWhateverAnotherHasSavedInItsFolder(@TempDir Path folder) throws Exception {
    List<String> inFolder = List.of("--dir", folder.toString());
    try (var other = EmbeddedRedis.open(FreePort.choose(), inFolder)) {
      assertThat(ask(other, "SET key value")).isEqualTo("+OK");
      assertThat(ask(other, "SAVE")).isEqualTo("+OK");
      assertThat(folder).isNotEmptyDirectory();
      try (var redis = EmbeddedRedis.open(FreePort.choose(), inFolder)) {
        assertThat(ask(redis, "DBSIZE")).isEqualTo(":0");
      }
      other.kill();
      other.start();
      assertThat(ask(other, "DBSIZE")).isEqualTo(":0");
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

  private static String ask(EmbeddedRedis redis, String command) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      return new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
          .readLine();
    }
  }
}
