package io.tailwater.system.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.contract.Channel;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.ledger.Ledger;
import io.tailwater.system.platform.LaunchedPlatform;
import io.tailwater.system.security.HonestClient.Figures;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every attack that the documentation says is defended, one after the other, on a platform of
 * processes. Beside each, an honest client publishes and reads: it must be served all the time, and
 * lose nothing. It may be slow while its machine is busy. The table of what it saw is in {@code
 * target/security.md}.
 */
@Tag("security")
final class SecurityIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final long WINDOW_MS = Long.getLong("tailwater.security.window-ms", 2_000);
  private static final long ATTACK_MS = Long.getLong("tailwater.security.attack-ms", 5_000);
  private static final String ONLY = System.getProperty("tailwater.security.only", "");

  /** Longest that an event of the honest client may take, its attempts included. */
  private static final Duration SERVED_WITHIN = Duration.ofSeconds(45);

  /** Heap and direct memory of 384 MiB each, and what a JVM has besides. */
  private static final long MAX_RESIDENT_MIB = 1_200;

  private static final Path REPORT = Path.of("target", "security.md");

  /** Lines of a log that say that something went wrong which nobody foresaw. */
  private static final Pattern UNFORESEEN =
      Pattern.compile(" ERROR |OutOfMemory|LEAK|Exception|^\\s+at ");

  /** Of those, what is known and means nothing. */
  private static final List<String> ALLOWED =
      // gRPC says so when a caller gave up before its answer was written.
      List.of("Stream closed before write could take place");

  private static final Map<String, Object> LIMITS =
      Map.of(
          "tailwater.edge.limits.sockets-per-address", 1_500,
          "tailwater.edge.limits.connections-per-address", 500,
          "tailwater.edge.limits.connections-per-subject", 500,
          "tailwater.edge.limits.publishes-per-second-per-address", 1_000,
          "tailwater.edge.limits.publishes-per-second-per-subject", 500);

  private final List<String> wrong = new ArrayList<>();
  private final List<String> rows = new ArrayList<>();
  private final Map<String, Long> resident = new TreeMap<>();

  @Test
  void anHonestClientIsServedBesideEveryAttack() throws Exception {
    LaunchedPlatform platform = new LaunchedPlatform(LIMITS);
    try (HonestClient honest = new HonestClient(platform)) {
      await().atMost(LIMIT).until(honest::live);
      for (int i = 0; i < 4; i++) {
        Http.publishBatch(
            platform.gateways().getFirst(), new Channel("demo", "large"), 20, 190_000);
      }
      honest.start();
      await().atMost(LIMIT).until(() -> honest.acknowledged() > 300);
      Map<String, Long> pids = platform.pids();
      long begunNanos = System.nanoTime();
      for (Attack attack : attacks()) {
        attack(attack, platform, honest);
        if (!platform.pids().equals(pids)) {
          wrong.add(attack.name() + ": processes were " + pids + ", are " + platform.pids());
          pids = platform.pids();
        }
      }
      honest.stopPublishing();
      await("every event arrives").atMost(LIMIT).until(honest::caughtUp);
      Figures all = honest.figures(begunNanos, System.nanoTime());
      Ledger.Report report = honest.compare(platform.bootstrapServers());
      List<String> answering = answering(platform);
      List<String> logged = unforeseen(platform.logs());
      write(all, report, answering, logged);
      assertThat(wrong).isEmpty();
      report.assertClean();
      assertThat(honest.failures()).isEmpty();
      assertThat(logged).isEmpty();
      assertThat(answering).allMatch(line -> line.endsWith("yes"));
      resident.forEach((part, mib) -> assertThat(mib).as(part).isLessThan(MAX_RESIDENT_MIB));
    } finally {
      platform.close();
    }
  }

  private static List<Attack> attacks() {
    return Stream.of(ExhaustingAttacks.all(), FloodingAttacks.all(), IntrudingAttacks.all())
        .flatMap(List::stream)
        .filter(attack -> attack.name().contains(ONLY))
        .toList();
  }

  private void attack(Attack attack, LaunchedPlatform platform, HonestClient honest)
      throws Exception {
    Foes foes = new Foes(platform.gateways(), platform.balancer(), platform.redis());
    Foes nobody = new Foes(platform.gateways(), platform.balancer(), platform.redis());
    long before = System.nanoTime();
    nobody.rest(WINDOW_MS);
    long begun = System.nanoTime();
    List<Thread> threads =
        IntStream.range(0, attack.attackers())
            .mapToObj(i -> Thread.ofVirtual().name("foe").start(() -> foes.attack(attack)))
            .toList();
    nobody.rest(ATTACK_MS);
    long ended = System.nanoTime();
    int acknowledged = honest.acknowledged();
    foes.end();
    for (Thread thread : threads) {
      thread.join(Duration.ofSeconds(60));
      if (thread.isAlive()) {
        wrong.add(attack.name() + ": an attacker does not end");
      }
    }
    long after = System.nanoTime();
    nobody.rest(WINDOW_MS);
    try {
      await()
          .atMost(SERVED_WITHIN)
          .until(() -> honest.acknowledged() > acknowledged && honest.caughtUp());
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      wrong.add(attack.name() + ": the honest client was not served for " + SERVED_WITHIN);
    }
    measure(platform);
    Figures during = honest.figures(begun, ended);
    if (during.events() == 0) {
      wrong.add(attack.name() + ": the honest client published nothing meanwhile");
    }
    foes.wrong().forEach(what -> wrong.add(attack.name() + ": " + what));
    String row =
        "| %s | %d | %s | %s | %s | %s |"
            .formatted(
                attack.name(),
                during.events(),
                honest.figures(before, begun),
                during,
                honest.figures(after, System.nanoTime()),
                foes.outcomes());
    rows.add(row);
    System.out.println(row);
  }

  private void measure(LaunchedPlatform platform) throws IOException {
    Map<String, Long> now = new HashMap<>();
    for (Map.Entry<String, Long> part : platform.pids().entrySet()) {
      Path status = Path.of("/proc", part.getValue().toString(), "status");
      if (Files.exists(status)) {
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("VmRSS:"))
            .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1_024)
            .forEach(mib -> now.put(part.getKey(), mib));
      }
    }
    now.forEach((part, mib) -> resident.merge(part, mib, Math::max));
  }

  private static List<String> answering(LaunchedPlatform platform) {
    List<String> lines = new ArrayList<>();
    for (URI gateway :
        Stream.concat(platform.gateways().stream(), Stream.of(platform.balancer())).toList()) {
      lines.add(
          gateway + " publishes: " + yes(() -> Http.publish(gateway, HonestClient.CHANNEL, "0")));
      lines.add(
          gateway
              + " answers over WebSocket: "
              + yes(
                  () -> {
                    try (WsPeer peer = WsPeer.connect(gateway)) {
                      return peer.text("{\"id\":1,\"ping\":{}}").await("pong");
                    }
                  }));
      lines.add(
          gateway
              + " starts AI streams: "
              + yes(() -> Http.send(aiStream(gateway)).json().path("id").asText().charAt(0)));
    }
    return lines;
  }

  private static java.net.http.HttpRequest.Builder aiStream(URI gateway) {
    return java.net.http.HttpRequest.newBuilder(gateway.resolve("/v1/ai/streams"))
        .header("Content-Type", "application/json")
        .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{\"prompt\":\"hi\"}"));
  }

  private interface Attempt {
    Object make();
  }

  private static String yes(Attempt attempt) {
    try {
      attempt.make();
      return "yes";
    } catch (RuntimeException e) {
      return "no, " + e;
    }
  }

  private static List<String> unforeseen(Path logs) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(logs)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        boolean known = false;
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
          if (UNFORESEEN.matcher(line).find()) {
            // The calls of a trace belong to the line above them.
            known = known && line.startsWith("\tat ") || ALLOWED.stream().anyMatch(line::contains);
            if (!known) {
              found.add(file.getFileName() + ": " + line);
            }
          }
        }
      }
    }
    return found;
  }

  private void write(Figures all, Ledger.Report report, List<String> answering, List<String> logged)
      throws IOException {
    StringBuilder text = new StringBuilder("# The honest client beside each attack\n\n");
    text.append("Milliseconds from sending to reading: p50 / p99 / max.\n\n");
    text.append("| attack | events read | before | during | after | what the attackers got |\n");
    text.append("|---|---|---|---|---|---|\n");
    rows.forEach(row -> text.append(row).append('\n'));
    text.append("\nAll in all: ").append(all.events()).append(" events read, ").append(all);
    text.append(" ms.\n\nAgainst Kafka: ").append(report).append("\n\n");
    text.append("Largest resident memory, MiB: ").append(resident).append("\n\n");
    answering.forEach(line -> text.append("- ").append(line).append('\n'));
    text.append("\nUnforeseen lines in the logs: ").append(logged.size()).append('\n');
    logged.stream().limit(50).forEach(line -> text.append("    ").append(line).append('\n'));
    text.append("\nWrong: ").append(wrong).append('\n');
    Files.writeString(REPORT, text);
    System.out.println(text);
  }
}
