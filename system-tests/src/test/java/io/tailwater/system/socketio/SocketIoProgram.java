package io.tailwater.system.socketio;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.TestBackend;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs tests in Node that use Socket.IO's own client. Stateless. */
final class SocketIoProgram {
  private static final long LIMIT_S = 300;
  private static final String TESTS = "system-tests/src/test/js/";

  private SocketIoProgram() {}

  /**
   * Runs a file of tests, all of which have to pass.
   *
   * @param name of the file, without {@code .test.mjs}
   * @param environment of the process, besides the token
   */
  static void run(String name, Map<String, String> environment)
      throws IOException, InterruptedException {
    String script = Files.readString(Repository.path(TESTS + name + ".test.mjs"));
    String own = environment.getOrDefault("SOCKETIO_CLIENT", "");
    List<String> node = Tools.node(name + own + ".test", script);
    Path printed = Files.createTempFile("tailwater-socketio-", ".out");
    ProcessBuilder program =
        new ProcessBuilder(node.getFirst(), "--test", "--test-reporter=tap", node.getLast())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile());
    program.environment().putAll(environment);
    program
        .environment()
        .put("SOCKETIO_TOKEN", Tokens.member("alice", List.of("demo:*", "chat:*"), List.of("*")));
    Process process = program.start();
    try {
      boolean ended = process.waitFor(LIMIT_S, TimeUnit.SECONDS);
      String output = Files.readString(printed, StandardCharsets.UTF_8);
      assertThat(ended).as(output).isTrue();
      assertThat(process.exitValue()).as(output).isZero();
    } finally {
      process.destroyForcibly();
      Files.delete(printed);
    }
  }

  /** One more gateway, in front of this backend. */
  static ExtraGateway gateway(
      InProcessPlatform platform, String name, TestBackend backend, Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("tailwater.instance", name);
    settings.put("tailwater.edge.backends", "127.0.0.1:" + backend.port());
    settings.put("tailwater.edge.socketio.namespaces", "calls");
    return platform.gateway(settings);
  }
}
