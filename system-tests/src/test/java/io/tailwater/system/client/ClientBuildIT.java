package io.tailwater.system.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The client's files, as they are committed, and its own tests. */
final class ClientBuildIT {
  private static final Path FOLDER = Repository.path("client-js");

  @BeforeAll
  static void install() throws IOException, InterruptedException {
    Tools.npm(FOLDER, "ci", "--no-audit", "--no-fund");
  }

  @Test
  void whatIsCommittedIsWhatTheSourcesGiveAndItsTypesHold() throws Exception {
    assertThat(Tools.npm(FOLDER, "run", "check")).contains("client.js");
  }

  @Test
  void itsOwnTestsPass() throws Exception {
    assertThat(Tools.npm(FOLDER, "test")).contains("# fail 0");
  }

  @Test
  void theLockNamesNoRegistry() throws IOException {
    assertThat(Files.readString(FOLDER.resolve("package-lock.json"))).doesNotContain("resolved");
  }
}
