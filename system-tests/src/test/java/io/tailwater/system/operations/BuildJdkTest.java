package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs that the build runs, on machines whose PATH has another Java. */
final class BuildJdkTest {
  /** A module of this project whose build asks for the version of its Java. */
  private static final String MODULE =
      """
      <project xmlns="http://maven.apache.org/POM/4.0.0">
        <modelVersion>4.0.0</modelVersion>
        <parent>
          <groupId>io.tailwater</groupId>
          <artifactId>tailwater</artifactId>
          <version>0.1.0-SNAPSHOT</version>
          <relativePath>%s</relativePath>
        </parent>
        <artifactId>which-java</artifactId>
        <packaging>pom</packaging>
        <build>
          <plugins>
            <plugin>
              <groupId>org.codehaus.mojo</groupId>
              <artifactId>exec-maven-plugin</artifactId>
              <version>%s</version>
              <executions>
                <execution>
                  <phase>process-sources</phase>
                  <goals><goal>exec</goal></goals>
                  <configuration>
                    <executable>java</executable>
                    <arguments><argument>--version</argument></arguments>
                  </configuration>
                </execution>
              </executions>
            </plugin>
          </plugins>
        </build>
      </project>
      """;

  @Test
  void itsProgramsRunOnTheJdkOfTheToolchain(@TempDir Path folder) throws Exception {
    Tools.require("Maven (Debian: maven)", "mvn", "--version");
    String version =
        Repository.read("pom.xml")
            .replaceAll(
                "(?s).*<artifactId>exec-maven-plugin</artifactId>\\s*<version>(.*?)<.*", "$1");
    Path parent = folder.toRealPath().relativize(Repository.path("pom.xml").toRealPath());
    Files.writeString(folder.resolve("pom.xml"), MODULE.formatted(parent, version));
    Path older = Files.createDirectory(folder.resolve("bin")).resolve("java");
    Files.writeString(older, "#!/bin/sh\necho an older one; exit 1\n");
    assertThat(older.toFile().setExecutable(true)).isTrue();
    assertThat(build(folder)).contains(System.getProperty("java.version"));
  }

  private static String build(Path folder) throws IOException, InterruptedException {
    // Without the network: the build that runs this test has fetched what it needs.
    var command = new ArrayList<>(List.of("mvn", "-o", "-B", "-q", "process-sources"));
    String repository = System.getProperty("localRepository");
    if (repository != null) {
      command.add("-Dmaven.repo.local=" + repository);
    }
    var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
    Process maven = builder.start();
    String output = String.join("\n", maven.inputReader().lines().toList());
    assertThat(maven.waitFor(60, TimeUnit.SECONDS)).as(output).isTrue();
    assertThat(maven.exitValue()).as(output).isZero();
    return output;
  }
}
