package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./verify} on machines where programs are missing. The machine is a PATH; Maven and apt-get
 * on it write down how they were called.
 */
final class VerifyScriptTest {
  private static final List<String> USUAL =
      List.of("bash", "sh", "cat", "cut", "dirname", "grep", "sed", "sort", "tr", "readlink", "rm");
  private static final List<String> TOOLS =
      List.of(
          "curl",
          "chromium",
          "nginx",
          "node",
          "npm",
          "openssl",
          "prometheus",
          "redis-server",
          "redis-cli");

  private static final String MVN =
      "mvn -B -ntp verify -Dsurefire.rerunFailingTestsCount=1 -Dfailsafe.rerunFailingTestsCount=1";

  private final Path folder;
  private final Path home;
  private final Path bin;
  private String javaHome = System.getProperty("java.home");

  VerifyScriptTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    home = Files.createDirectories(folder.resolve("a checkout (with spaces)"));
    bin = Files.createDirectory(folder.resolve("bin"));
    Files.createDirectory(home.resolve("build-tools"));
    for (String name : List.of("build-tools/jdk.sh", ".env")) {
      Files.copy(Repository.path(name), home.resolve(name));
    }
    String script =
        Repository.read("verify")
            // Whatever this machine has at fixed places must not count.
            .replace("/usr/bin/python3", "python3")
            .replace("/usr/sbin/nginx", "/nowhere/nginx")
            .replace("/usr/sbin/policy-rc.d", folder.resolve("policy-rc.d").toString());
    Files.writeString(home.resolve("verify"), script);
    for (String tool : USUAL) {
      Path real =
          Stream.of("/bin", "/usr/bin")
              .map(at -> Path.of(at, tool))
              .filter(Files::exists)
              .findFirst()
              .orElseThrow();
      Files.createSymbolicLink(bin.resolve(tool), real.toRealPath());
    }
    program("mvn", "echo mvn \"$@\" with \"$JAVA_HOME\"");
    program("id", "echo 1000");
  }

  @Test
  void withEverythingItRunsEverything() throws Exception {
    everything();
    assertThat(run(0, "-Dit.test=X"))
        .contains(MVN + " -Pbrowser -Dit.test=X with " + System.getProperty("java.home"))
        .endsWith("verify: passed");
    assertThat(run(0, "--missing")).isEmpty();
  }

  @Test
  void whatIsMissingIsNamedWithHowToInstallItAndTheRestRuns() throws Exception {
    everything();
    Files.delete(bin.resolve("nginx"));
    Files.delete(bin.resolve("redis-cli"));
    program("apt-get", "echo apt-get \"$@\"");
    assertThat(run(0))
        .contains("verify: missing: nginx (the configuration of nginx)")
        .contains("verify: as root: apt-get install nginx-light redis-tools")
        .contains(
            MVN
                + " -Dtailwater.tools.required=false -Pbrowser with "
                + System.getProperty("java.home"))
        .endsWith("verify: passed, without the tests that need: nginx redis-cli ");
    assertThat(run(1, "--missing")).noneMatch(line -> line.startsWith("mvn"));
  }

  @Test
  void withoutChromiumThereAreNoBrowserTests() throws Exception {
    everything();
    Files.delete(bin.resolve("chromium"));
    assertThat(run(0))
        .contains(MVN + " -Dtailwater.tools.required=false with " + System.getProperty("java.home"))
        .anyMatch(line -> line.contains("package manager") && line.endsWith(" chromium"));
  }

  @Test
  void asRootOnDebianItInstalls() throws Exception {
    program("id", "echo 0");
    program("chmod", "exec /bin/chmod \"$@\"");
    program(
        "apt-get",
        "echo apt-get \"$@\"; case \"$*\" in *install*) for t in "
            + String.join(" ", TOOLS)
            + " python3; do echo '#!/bin/sh' >\""
            + bin
            + "/$t\"; /bin/chmod +x \""
            + bin
            + "/$t\"; done ;; esac");
    assertThat(run(0))
        .anyMatch(line -> line.matches("apt-get .* update .*"))
        .anyMatch(line -> line.matches("apt-get .* install .* chromium .* nginx-light .*"))
        .contains(MVN + " -Pbrowser with " + System.getProperty("java.home"))
        .endsWith("verify: passed");
    assertThat(folder.resolve("policy-rc.d")).doesNotExist();
  }

  @Test
  void withoutMavenOrAJdkItIsOneSentence() throws Exception {
    everything();
    Files.delete(bin.resolve("mvn"));
    assertThat(run(1)).last().asString().startsWith("verify: Maven is missing");
    Files.writeString(home.resolve("build-tools/jdk.sh"), "find_jdk() { :; }\n");
    assertThat(run(1)).singleElement().asString().startsWith("verify: JDK 25 is missing");
    assertThat(run(1, "--missing"))
        .anyMatch(line -> line.contains("JDK"))
        .anyMatch(line -> line.contains("Maven"));
  }

  @Test
  void javasOfOtherVersionsArePassedOver() throws Exception {
    everything();
    Path older = jdk("jdk-17", 17);
    Path newer = jdk("jdk-26", 26);
    Files.createSymbolicLink(bin.resolve("java"), older.resolve("bin/java"));
    Path jvms = Files.createDirectory(folder.resolve("jvm"));
    Path script = home.resolve("build-tools/jdk.sh");
    Files.writeString(script, Files.readString(script).replace("/usr/lib/jvm", jvms.toString()));
    javaHome = newer.toString();
    assertThat(run(1)).singleElement().asString().startsWith("verify: JDK 25 is missing");
    Path right = Files.createSymbolicLink(jvms.resolve("jdk-25"), jdk("another", 25));
    assertThat(run(0)).contains(MVN + " -Pbrowser with " + right);
  }

  /** What the script looks at of a JDK. */
  private Path jdk(String name, int version) throws IOException {
    Path jdk = folder.resolve(name);
    Files.createDirectories(jdk.resolve("bin"));
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"" + version + ".0.1\"\n");
    executable(jdk.resolve("bin/java"), "exit 1");
    return jdk;
  }

  @Test
  void aTestThatFailsIsAFailure() throws Exception {
    everything();
    program("mvn", "exit 1");
    assertThat(run(1)).last().asString().startsWith("verify: a test failed");
  }

  @Test
  void whatWasNotDeliveredFailsItThoughTheTestPassedTheSecondTime() throws Exception {
    everything();
    Files.createDirectories(home.resolve("system-tests/target"));
    Path faults = home.resolve("system-tests/target/delivery-faults.txt");
    Files.writeString(faults, "of the run before");
    assertThat(run(0)).endsWith("verify: passed");
    program("mvn", "echo 1 lost >system-tests/target/delivery-faults.txt");
    assertThat(run(1)).last().asString().startsWith("verify: events were not delivered");
  }

  @Test
  void readmeContributingAndCiCallIt() {
    assertThat(Repository.read("README.md")).contains("./verify");
    assertThat(Repository.read("CONTRIBUTING.md")).contains("./verify");
    assertThat(Repository.read(".ci/run")).contains("exec \"$(dirname \"$0\")/../verify\"");
  }

  private void everything() throws IOException {
    for (String tool : TOOLS) {
      program(tool, "");
    }
    program("python3", "");
  }

  private void program(String name, String body) throws IOException {
    executable(bin.resolve(name), body);
  }

  private static void executable(Path file, String body) throws IOException {
    Files.deleteIfExists(file);
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private List<String> run(int exitCode, String... arguments) throws Exception {
    var command =
        new ArrayList<>(List.of(bin.resolve("bash").toString(), home.resolve("verify").toString()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().put("HOME", home.toString());
    builder.environment().put("JAVA_HOME", javaHome);
    Process process = builder.start();
    List<String> lines = process.inputReader().lines().toList();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(String.join("\n", lines)).isEqualTo(exitCode);
    return lines;
  }
}
