package io.tailwater.servers;

import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.EmbeddedRedis;
import io.tailwater.embedded.FreePort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A Redis Cluster on this machine: three masters with a replica each, which takes over within some
 * seconds, and a password. Needs {@code redis-server} and {@code redis-cli}, 7 or later, on the
 * PATH. Confined to the thread that uses it.
 */
public final class RedisCluster implements AutoCloseable {
  private static final int MASTERS = 3;
  private static final String PASSWORD = "of-the-cluster";
  private static final int FAILOVER_AFTER_MS = 2_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<EmbeddedRedis> servers = new ArrayList<>();
  private final Path data;

  private RedisCluster(Path data) {
    this.data = data;
  }

  /** Whether this machine has what it needs; says what is missing if not. */
  public static boolean possible() {
    try {
      String version = run(List.of("redis-server", "--version"));
      run(List.of("redis-cli", "--version"));
      if (version.matches("(?s).* v=([7-9]|\\d\\d)\\..*")) {
        return true;
      }
      System.out.println("no Redis Cluster without Redis 7 or later; there is " + version.strip());
    } catch (IllegalStateException e) {
      System.out.println("no Redis Cluster without redis-server and redis-cli: " + e.getMessage());
    }
    return false;
  }

  /** Starts one, and returns when every slot is served. */
  public static RedisCluster open() {
    try {
      RedisCluster cluster = new RedisCluster(Files.createTempDirectory("redis-cluster"));
      try {
        cluster.start();
        return cluster;
      } catch (RuntimeException e) {
        cluster.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void start() {
    for (int i = 0; i < 2 * MASTERS; i++) {
      servers.add(
          EmbeddedRedis.open(
              FreePort.choose(),
              List.of(
                  "--cluster-enabled",
                  "yes",
                  "--cluster-port",
                  Integer.toString(FreePort.choose()),
                  "--cluster-config-file",
                  data.resolve("nodes-" + i).toString(),
                  "--cluster-node-timeout",
                  Integer.toString(FAILOVER_AFTER_MS),
                  "--cluster-replica-validity-factor",
                  "0",
                  "--requirepass",
                  PASSWORD,
                  "--masterauth",
                  PASSWORD)));
    }
    List<String> create = new ArrayList<>(List.of("--cluster", "create"));
    servers.forEach(server -> create.add("127.0.0.1:" + server.port()));
    create.addAll(List.of("--cluster-replicas", "1", "--cluster-yes"));
    client(create);
    awaitWhole();
    for (EmbeddedRedis server : servers) {
      await()
          .atMost(PATIENCE)
          .until(() -> ask(server.port(), "cluster", "slots").lines().count() > MASTERS);
    }
  }

  /** The servers' addresses, to be set as {@code redis.uris}. */
  public List<String> uris() {
    return servers.stream()
        .map(server -> "redis://" + PASSWORD + "@127.0.0.1:" + server.port())
        .toList();
  }

  /** The server that a key or a sharded channel belongs to now. */
  public EmbeddedRedis homeOf(String key) {
    int port = portOf(slot(key));
    return servers.stream().filter(server -> server.port() == port).findFirst().orElseThrow();
  }

  /** Moves a key's slot, which is to be empty, to another master, as a resharding does. */
  public void move(String key) {
    int slot = slot(key);
    int from = portOf(slot);
    int to = masters().stream().filter(port -> port != from).findFirst().orElseThrow();
    String source = ask(from, "cluster", "myid");
    String target = ask(to, "cluster", "myid");
    ask(to, "cluster", "setslot", Integer.toString(slot), "importing", source);
    ask(from, "cluster", "setslot", Integer.toString(slot), "migrating", target);
    for (int master : masters()) {
      ask(master, "cluster", "setslot", Integer.toString(slot), "node", target);
    }
  }

  /** Returns when every server that runs knows a master for every slot. */
  public void awaitWhole() {
    for (EmbeddedRedis server : running()) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() -> ask(server.port(), "cluster", "info").contains("cluster_state:ok"));
    }
  }

  private List<EmbeddedRedis> running() {
    return servers.stream().filter(server -> EmbeddedRedis.answers(server.port())).toList();
  }

  private List<Integer> masters() {
    return nodes()
        .filter(node -> node[2].contains("master") && !node[2].contains("fail"))
        .map(RedisCluster::port)
        .toList();
  }

  private int portOf(int slot) {
    return nodes()
        .filter(node -> node[2].contains("master") && !node[2].contains("fail"))
        .filter(node -> Stream.of(node).skip(8).anyMatch(range -> holds(range, slot)))
        .map(RedisCluster::port)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no master serves slot " + slot));
  }

  private static boolean holds(String range, int slot) {
    String[] ends = range.split("-", 2);
    return !range.startsWith("[")
        && Integer.parseInt(ends[0]) <= slot
        && slot <= Integer.parseInt(ends[ends.length - 1]);
  }

  private static int port(String[] node) {
    return Integer.parseInt(node[1].replaceFirst("@.*", "").replaceFirst(".*:", ""));
  }

  /** Lines of {@code CLUSTER NODES}: id, address, flags, master, times, epoch, state, slots. */
  private Stream<String[]> nodes() {
    return ask(running().getFirst().port(), "cluster", "nodes")
        .lines()
        .map(line -> line.split(" "));
  }

  private int slot(String key) {
    return Integer.parseInt(ask(running().getFirst().port(), "cluster", "keyslot", key));
  }

  private static String ask(int port, String... command) {
    List<String> whole = new ArrayList<>(List.of("-p", Integer.toString(port)));
    whole.addAll(List.of(command));
    return client(whole).strip();
  }

  private static String client(List<String> arguments) {
    List<String> whole =
        new ArrayList<>(List.of("redis-cli", "-e", "-a", PASSWORD, "--no-auth-warning"));
    whole.addAll(arguments);
    return run(whole);
  }

  private static String run(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException(String.join(" ", command) + ": " + said);
      }
      return said;
    } catch (IOException e) {
      throw new IllegalStateException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while Redis was asked", e);
    }
  }

  @Override
  public void close() {
    servers.forEach(EmbeddedRedis::close);
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
