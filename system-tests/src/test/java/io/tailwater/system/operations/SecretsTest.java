package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The passwords of the compose platform: none is known beforehand, and each has its readers. */
final class SecretsTest {
  private final Path folder;
  private final Path secrets;

  SecretsTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    secrets = Files.createDirectory(folder.resolve("a place (with spaces)"));
  }

  @Test
  void passwordsAreMadeOnceAndReadableByTheirUserAlone() throws Exception {
    assertThat(make(Map.of())).isZero();
    String redis = read("redis/redis-password");
    String grafana = read("grafana/grafana-password");
    assertThat(List.of(redis, grafana))
        .doesNotHaveDuplicates()
        .allMatch(password -> password.matches("[A-Za-z0-9_-]{43}"));
    assertThat(read("services/redis-password")).isEqualTo(redis);
    try (Stream<Path> all = Files.walk(secrets)) {
      assertThat(all.filter(Files::isRegularFile))
          .hasSize(4)
          .allSatisfy(file -> assertThat(mode(file)).isEqualTo("r--------"))
          .allSatisfy(file -> assertThat(mode(file.resolveSibling("."))).isEqualTo("rwx------"));
    }
    assertThat(make(Map.of())).isZero();
    assertThat(read("redis/redis-password")).isEqualTo(redis);
    assertThat(read("grafana/grafana-password")).isEqualTo(grafana);
  }

  @Test
  void aPasswordThatIsSetWinsAndOneThatBreaksAnAddressIsRefused() throws Exception {
    assertThat(make(Map.of())).isZero();
    assertThat(make(Map.of("REDIS_PASSWORD", "own_1-a", "GRAFANA_PASSWORD", "a b'\"$c"))).isZero();
    assertThat(read("redis/redis-password")).isEqualTo("own_1-a");
    assertThat(read("services/redis-password")).isEqualTo("own_1-a");
    assertThat(read("grafana/grafana-password")).isEqualTo("a b'\"$c");
    for (String bad : List.of("a@b", "a/b", "a b", "ä", "a:b", "a%40")) {
      assertThat(make(Map.of("REDIS_PASSWORD", bad))).as(bad).isEqualTo(1);
    }
    assertThat(read("redis/redis-password")).isEqualTo("own_1-a");
  }

  @Test
  void aServiceStartsWithThePasswordInItsAddress() throws Exception {
    assertThat(make(Map.of("REDIS_PASSWORD", "own_1-a"))).isZero();
    Path bin = Files.createDirectory(folder.resolve("bin"));
    Path java = Files.writeString(bin.resolve("java"), "#!/bin/sh\necho \"$REDIS_URI $*\"\nenv\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
    var builder = new ProcessBuilder("bash", Repository.path("docker/start.sh").toString());
    builder
        .environment()
        .putAll(
            Map.of(
                "PATH",
                bin + ":" + System.getenv("PATH"),
                "SERVICE",
                "event-core",
                "REDIS_URI",
                "redis://redis:6379",
                "REDIS_PASSWORD_FILE",
                secrets.resolve("services/redis-password").toString()));
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said.lines().findFirst().orElseThrow())
        .startsWith("redis://:own_1-a@redis:6379 ")
        .as("not among the arguments")
        .containsOnlyOnce("own_1-a");
    assertThat(said.lines())
        .as("settings that no service knows")
        .noneMatch(line -> line.startsWith("REDIS_PASSWORD") || line.startsWith("GRPC_SECRET_"));
  }

  @Test
  void noPasswordIsKnownBeforehand() {
    assertThat(
            Repository.read(".env")
                .lines()
                .filter(line -> line.matches("[A-Z_]*(PASSWORD|KEY)=.*")))
        .hasSize(4)
        .allMatch(line -> line.endsWith("="));
    assertThat(Repository.read("compose.yaml"))
        .contains("requirepass", "GF_SECURITY_ADMIN_PASSWORD__FILE")
        .doesNotContainPattern("GF_SECURITY_ADMIN_PASSWORD:");
  }

  private int make(Map<String, String> environment) throws Exception {
    var builder =
        new ProcessBuilder(
            "sh", Repository.path("docker/secrets.sh").toString(), secrets.toString());
    builder.environment().keySet().removeIf(name -> name.endsWith("_PASSWORD"));
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(said.isEmpty()).as(said).isEqualTo(process.exitValue() == 0);
    return process.exitValue();
  }

  private String read(String file) throws IOException {
    return Files.readString(secrets.resolve(file));
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
