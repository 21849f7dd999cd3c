package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tailwater.contract.Channel;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.Docker;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The image with everything, as its user starts it. */
@Tag("compose")
final class ImageIT {
  private static final String IMAGE = "tailwater/everything:test";
  private static final Channel CHANNEL = Channel.parse("demo:image");
  // What Java ends with when it was told to stop.
  private static final String STOPPED = "143";

  private final String name = "tailwater-image-" + UUID.randomUUID();

  @BeforeAll
  static void build() {
    boolean possible = Docker.isPossible();
    if (!possible) {
      System.out.println("ImageIT is skipped: no Docker engine answers here");
    }
    assumeTrue(possible, "no Docker engine");
    if (!Docker.isBuilt()) {
      Docker.run(
          Docker.BUILD_LIMIT,
          Map.of(),
          List.of("docker", "build", "-q", "--target", "tailwater", "-t", IMAGE, "."));
    }
  }

  @AfterEach
  void remove() {
    Docker.docker("rm", "-f", "-v", name);
    Docker.docker("volume", "rm", "-f", name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"up", "up --processes"})
  void whatWasPublishedIsThereAfterAStopAndAStart(String command) {
    URI platform = start(command.split(" "));
    String id = Http.publish(platform, CHANNEL, "{\"n\":1}");
    assertThat(get(platform, "/docs")).contains("<title>Tailwater</title>");
    assertThat(Docker.docker("exec", name, "tailwater", "status")).contains("edge-gateway-2");
    Docker.docker("stop", "-t", "60", name);
    assertThat(state("{{.State.ExitCode}}")).isEqualTo(STOPPED);
    Docker.docker("start", name);
    awaitHealthy();
    assertThat(get(address(), "/v1/events?channel=demo:image&from=earliest")).contains(id);
  }

  @Test
  void aContainerWithoutMemoryEnds() {
    Docker.docker("run", "-d", "--name", name, "-e", "JAVA_OPTS=-Xmx40m", IMAGE);
    await().atMost(Docker.LIMIT).until(() -> state("{{.State.Status}}").equals("exited"));
    assertThat(state("{{.State.ExitCode}}")).isNotEqualTo("0");
  }

  private URI start(String... command) {
    Docker.docker(
        Stream.concat(
                Stream.of(
                    "run",
                    "-d",
                    "--name",
                    name,
                    "-p",
                    "127.0.0.1::8080",
                    "-v",
                    name + ":/data",
                    "--health-interval",
                    "2s",
                    IMAGE),
                Stream.of(command))
            .toArray(String[]::new));
    awaitHealthy();
    return address();
  }

  private void awaitHealthy() {
    await().atMost(Docker.LIMIT).until(() -> state("{{.State.Health.Status}}").equals("healthy"));
  }

  private URI address() {
    return URI.create(
        "http://" + Docker.docker("port", name, "8080/tcp").lines().findFirst().orElseThrow());
  }

  private String state(String format) {
    return Docker.docker("inspect", "-f", format, name);
  }

  private static String get(URI platform, String path) {
    return Http.send(
            HttpRequest.newBuilder(platform.resolve(path))
                .header("Accept", "application/json, text/html"))
        .body();
  }
}
