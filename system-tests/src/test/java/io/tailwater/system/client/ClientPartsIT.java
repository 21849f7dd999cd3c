package io.tailwater.system.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a program in Node does with the client and its parts, over each transport. */
@OnPlatforms
final class ClientPartsIT {
  private static final long LIMIT_S = 180;

  private final InProcessPlatform platform;

  ClientPartsIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void aProgramPublishesReadsAndAsksOverEachTransport() throws Exception {
    List<String> node =
        Tools.node(
            "parts", Files.readString(Repository.path("system-tests/src/test/js/parts.mjs")));
    ProcessBuilder program =
        new ProcessBuilder(
            node.getFirst(),
            node.getLast(),
            Repository.path("client-js/dist/").toUri().toString(),
            platform.gateways().getFirst().toString(),
            "client parts");
    // It makes its own tokens, as an application does.
    program.environment().put("KEY", Tokens.KEY);
    Process process = program.redirectErrorStream(true).start();
    try {
      assertThat(process.waitFor(LIMIT_S, TimeUnit.SECONDS)).as("ended in time").isTrue();
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(printed).endsWith("done\n");
    } finally {
      process.destroyForcibly();
    }
  }
}
