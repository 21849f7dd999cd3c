package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The {@code ./tailwater} script on a machine where something is missing. */
final class ScriptIT {
  private static final List<String> USUAL_TOOLS =
      List.of(
          "bash",
          "cat",
          "dirname",
          "find",
          "grep",
          "mkdir",
          "readlink",
          "rm",
          "sed",
          "sleep",
          "touch");

  private final Path folder;
  private final Path tools;
  private Path home;

  ScriptIT(@TempDir Path folder) throws IOException {
    this.folder = folder;
    tools = Files.createDirectory(folder.resolve("bin"));
    this.home = Files.createDirectory(folder.resolve("a checkout (with spaces) & more"));
  }

  @Test
  void withoutAJdk25ItIsOneSentenceAndExitCode1() throws Exception {
    assertThat(run(System.getProperty("java.home") + "-none", "/nowhere"))
        .singleElement()
        .asString()
        .startsWith("tailwater: JDK 25 is missing");
  }

  @Test
  void withoutMavenItIsOneSentenceAndExitCode1() throws Exception {
    assertThat(run(System.getProperty("java.home"), "/usr/lib/jvm"))
        .singleElement()
        .asString()
        .startsWith("tailwater: Maven is missing");
  }

  @Test
  void theFirstBuildRunsOnJdk25ThoughThePathHasAnOlderJava() throws Exception {
    Path jvms = Files.createDirectory(folder.resolve("jvm"));
    Path jdk =
        Files.createSymbolicLink(
            jvms.resolve("jdk-25"), Path.of(System.getProperty("java.home")).toRealPath());
    Path older = Files.createDirectory(folder.resolve("jdk-17"));
    Files.writeString(older.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
    Path java = Files.createDirectory(older.resolve("bin")).resolve("java");
    program(java, "exit 1");
    Files.createSymbolicLink(tools.resolve("java"), java);
    program(tools.resolve("mvn"), "echo \"ERROR: on $JAVA_HOME\"; exit 1");
    assertThat(run(older.toString(), jvms.toString()))
        .contains("ERROR: on " + jdk)
        .last()
        .asString()
        .startsWith("tailwater: the build failed");
  }

  private static void program(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  @Test
  void aPathWithAColonIsOneSentenceAndExitCode1() throws Exception {
    home = Files.createDirectory(home.resolve("a:b"));
    assertThat(run(System.getProperty("java.home"), "/usr/lib/jvm"))
        .singleElement()
        .asString()
        .startsWith("tailwater: the path " + home + " has a colon");
  }

  private List<String> run(String javaHome, String jvms) throws Exception {
    for (String tool : USUAL_TOOLS) {
      Files.copy(installed(tool), tools.resolve(tool), StandardCopyOption.COPY_ATTRIBUTES);
    }
    Path script = copy("tailwater", jvms);
    copy("build-tools/jdk.sh", jvms);
    var builder =
        new ProcessBuilder(tools.resolve("bash").toString(), script.toString(), "up")
            .redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("HOME", home.toString());
    builder.environment().put("JAVA_HOME", javaHome);
    Process process = builder.start();
    List<String> lines = process.inputReader().lines().toList();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    return lines;
  }

  private Path copy(String name, String jvms) throws IOException {
    Path copy = home.resolve(name);
    Files.createDirectories(copy.getParent());
    String text = Files.readString(Path.of("").toAbsolutePath().resolveSibling(name));
    return Files.writeString(copy, text.replace("/usr/lib/jvm", jvms));
  }

  private static Path installed(String tool) throws IOException {
    for (String folder : List.of("/bin", "/usr/bin")) {
      Path path = Path.of(folder, tool);
      if (Files.exists(path)) {
        return path.toRealPath();
      }
    }
    throw new IOException("no " + tool);
  }
}
