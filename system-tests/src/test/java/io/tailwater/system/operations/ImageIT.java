package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tailwater.contract.Channel;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Http;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
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
  private static final Duration BUILD_LIMIT = Duration.ofMinutes(20);
  private static final Duration START_LIMIT = Duration.ofMinutes(4);
  private static final String IMAGE = "tailwater/everything:test";
  private static final Channel CHANNEL = Channel.parse("demo:image");
  // What Java ends with when it was told to stop.
  private static final String STOPPED = "143";

  private final String name = "tailwater-image-" + UUID.randomUUID();

  @BeforeAll
  static void build() throws Exception {
    boolean possible = Tools.succeeds("docker", "info");
    if (!possible) {
      System.out.println("ImageIT is skipped: no Docker engine answers here");
    }
    assumeTrue(possible, "no Docker engine");
    if (!Boolean.getBoolean("tailwater.compose.built")) {
      docker(BUILD_LIMIT, "build", "-q", "--target", "tailwater", "-t", IMAGE, ".");
    }
  }

  @AfterEach
  void remove() throws Exception {
    docker(START_LIMIT, "rm", "-f", "-v", name);
    docker(START_LIMIT, "volume", "rm", "-f", name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"up", "up --processes"})
  void whatWasPublishedIsThereAfterAStopAndAStart(String command) throws Exception {
    URI platform = start(command.split(" "));
    String id = Http.publish(platform, CHANNEL, "{\"n\":1}");
    assertThat(get(platform, "/docs")).contains("<title>Tailwater</title>");
    assertThat(docker(START_LIMIT, "exec", name, "tailwater", "status")).contains("edge-gateway-2");
    docker(START_LIMIT, "stop", "-t", "60", name);
    assertThat(state("{{.State.ExitCode}}")).isEqualTo(STOPPED);
    docker(START_LIMIT, "start", name);
    awaitHealthy();
    assertThat(get(address(), "/v1/events?channel=demo:image&from=earliest")).contains(id);
  }

  @Test
  void aContainerWithoutMemoryEnds() throws Exception {
    docker(START_LIMIT, "run", "-d", "--name", name, "-e", "JAVA_OPTS=-Xmx40m", IMAGE);
    await().atMost(START_LIMIT).until(() -> state("{{.State.Status}}").equals("exited"));
    assertThat(state("{{.State.ExitCode}}")).isNotEqualTo("0");
  }

  private URI start(String... command) throws Exception {
    docker(
        START_LIMIT,
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
    await().atMost(START_LIMIT).until(() -> state("{{.State.Health.Status}}").equals("healthy"));
  }

  private URI address() throws Exception {
    return URI.create(
        "http://"
            + docker(START_LIMIT, "port", name, "8080/tcp").lines().findFirst().orElseThrow());
  }

  private String state(String format) throws Exception {
    return docker(START_LIMIT, "inspect", "-f", format, name);
  }

  private static String get(URI platform, String path) {
    return Http.send(
            HttpRequest.newBuilder(platform.resolve(path))
                .header("Accept", "application/json, text/html"))
        .body();
  }

  private static String docker(Duration limit, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = Stream.concat(Stream.of("docker"), Stream.of(arguments)).toList();
    Process process =
        new ProcessBuilder(command)
            .directory(Repository.path(".").toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)).as("%s", command).isTrue();
    assertThat(process.exitValue()).as("%s: %s", command, output).isZero();
    return output;
  }
}
