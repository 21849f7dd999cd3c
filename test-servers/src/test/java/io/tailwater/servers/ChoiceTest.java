package io.tailwater.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChoiceTest {
  private static final List<String> IMAGES = List.of("apache/kafka:1", "redis:2");
  private static final String PING = "GET /_ping";
  private static final String KAFKA = "GET /images/apache/kafka:1/json";
  private static final String REDIS = "GET /images/redis:2/json";
  private static final String PULL = "POST /images/create?fromImage=redis&tag=2";

  private final Path socket;

  ChoiceTest(@TempDir Path folder) {
    socket = folder.resolve("docker.sock");
  }

  @Test
  void anEngineThatHasTheImagesIsTaken() throws IOException {
    try (var engine = new ScriptedEngine(socket, Map.of(PING, 200, KAFKA, 200, REDIS, 200))) {
      Choice choice = Choice.look(DockerEngine.at(socket), IMAGES);
      assertThat(choice)
          .hasToString("Kafka and Redis of these tests: containers (apache/kafka:1, redis:2)");
      assertThat(engine.asked()).containsExactly(PING, KAFKA, REDIS);
    }
  }

  @Test
  void anImageThatIsMissingAndCannotBeHadMeansEmbedded() throws IOException {
    try (var engine =
        new ScriptedEngine(socket, Map.of(PING, 200, KAFKA, 200, REDIS, 404, PULL, 500))) {
      Choice choice = Choice.look(DockerEngine.at(socket), IMAGES);
      assertThat(choice.containers()).isFalse();
      assertThat(choice.why()).contains("redis:2");
      assertThat(engine.asked()).containsExactly(PING, KAFKA, REDIS, PULL);
    }
  }

  @Test
  void noSocketAndASocketThatNobodyListensAtMeanEmbedded() throws IOException {
    assertThat(Choice.look(DockerEngine.at(socket), IMAGES).containers()).isFalse();
    try (var abandoned = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      abandoned.bind(UnixDomainSocketAddress.of(socket));
    }
    assertThat(socket).exists();
    assertThat(DockerEngine.at(socket)).isEmpty();
  }

  @Test
  void anEngineThatNeverAnswersIsGivenUp() throws IOException {
    try (var engine = new ScriptedEngine(socket, Map.of())) {
      assertThat(DockerEngine.at(socket)).isEmpty();
      assertThat(engine.asked()).containsExactly(PING);
      assertThat(new DockerEngine(socket).pull("redis:2", Duration.ofMillis(200))).isFalse();
    }
  }

  @Test
  void neverAndAlwaysDoNotLook() {
    assertThat(Choice.make(Wish.NEVER).containers()).isFalse();
    assertThat(Choice.make(Wish.ALWAYS).containers()).isTrue();
    assertThat(Choice.look(Optional.empty(), IMAGES))
        .hasToString(
            "Kafka and Redis of these tests: embedded (no Docker engine that can be used answers)");
  }
}
