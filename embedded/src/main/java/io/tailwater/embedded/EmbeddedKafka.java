package io.tailwater.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A Kafka broker in this JVM: one node, KRaft, listening on 127.0.0.1 only. What was acknowledged
 * is still there when it is opened again with the same directory, also after kill -9.
 *
 * <p>A broker whose directory is taken away while it runs halts its JVM; that is Kafka's own rule.
 */
public final class EmbeddedKafka implements KafkaServer {
  private static final int NODE = 1;
  private static final int ATTEMPTS = 5;

  private final KafkaRaftServer server;
  private final int port;

  private EmbeddedKafka(KafkaRaftServer server, int port) {
    this.server = server;
    this.port = port;
  }

  /** Starts a broker on a free port. See {@link #open(Path, int, Map)}. */
  public static EmbeddedKafka open(Path data) {
    return open(data, 0, Map.of());
  }

  /** Starts a broker. See {@link #open(Path, int, Map)}. */
  public static EmbeddedKafka open(Path data, int port) {
    return open(data, port, Map.of());
  }

  /**
   * Starts a broker and returns when it accepts clients.
   *
   * @param data the directory that holds everything; made if missing
   * @param port the clients' port, 0 for a free one
   * @param overrides broker properties that replace ours, such as {@code
   *     log.retention.check.interval.ms}
   * @throws IllegalStateException if it can't start; says why
   */
  public static EmbeddedKafka open(Path data, int port, Map<String, String> overrides) {
    // A port that was free a moment ago may be taken by now, so chosen ports are tried again.
    for (int attempt = 1; ; attempt++) {
      int clients = port == 0 ? FreePort.choose() : port;
      int controller = FreePort.choose();
      try {
        return new EmbeddedKafka(start(data, clients, controller, overrides), clients);
      } catch (IllegalStateException e) {
        boolean lostPort = !FreePort.isFree(clients) || !FreePort.isFree(controller);
        if (attempt == ATTEMPTS || !lostPort || (port != 0 && !FreePort.isFree(port))) {
          throw e;
        }
      }
    }
  }

  private static KafkaRaftServer start(
      Path data, int port, int controller, Map<String, String> overrides) {
    if (!FreePort.isFree(port)) {
      throw new IllegalStateException("Kafka can't listen on 127.0.0.1:" + port + ": it is in use");
    }
    var properties = new HashMap<>(properties(data, port, controller));
    properties.putAll(settings());
    properties.putAll(overrides);
    format(data);
    var server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    try {
      server.startup();
      return server;
    } catch (RuntimeException e) {
      server.shutdown();
      throw new IllegalStateException("Kafka did not start: " + e.getMessage(), e);
    }
  }

  private static Map<String, String> properties(Path data, int port, int controller) {
    return Map.of(
        "process.roles",
        "broker,controller",
        "node.id",
        Integer.toString(NODE),
        "controller.quorum.voters",
        NODE + "@127.0.0.1:" + controller,
        "listeners",
        "CLIENTS://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller,
        "advertised.listeners",
        "CLIENTS://127.0.0.1:" + port,
        "listener.security.protocol.map",
        "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name",
        "CLIENTS",
        "controller.listener.names",
        "CONTROLLER",
        "log.dirs",
        data.toString());
  }

  /** The broker properties that don't depend on where it runs. */
  public static Map<String, String> settings() {
    return Map.ofEntries(
        Map.entry("auto.create.topics.enable", "false"),
        // One node: quick elections and fencing make a restart after kill -9 take seconds, not tens
        // of them.
        Map.entry("broker.session.timeout.ms", "2000"),
        Map.entry("broker.heartbeat.interval.ms", "500"),
        Map.entry("controller.quorum.election.timeout.ms", "200"),
        Map.entry("controller.quorum.election.backoff.max.ms", "100"),
        Map.entry("group.initial.rebalance.delay.ms", "0"),
        Map.entry("default.replication.factor", "1"),
        Map.entry("min.insync.replicas", "1"),
        Map.entry("offsets.topic.replication.factor", "1"),
        Map.entry("offsets.topic.num.partitions", "1"),
        Map.entry("transaction.state.log.replication.factor", "1"),
        Map.entry("transaction.state.log.min.isr", "1"),
        Map.entry("transaction.state.log.num.partitions", "1"),
        Map.entry("share.coordinator.state.topic.replication.factor", "1"),
        Map.entry("share.coordinator.state.topic.min.isr", "1"),
        Map.entry("share.coordinator.state.topic.num.partitions", "1"),
        Map.entry("num.network.threads", "2"),
        Map.entry("num.io.threads", "4"),
        Map.entry("background.threads", "2"),
        Map.entry("log.cleaner.dedupe.buffer.size", "2097152"));
  }

  private static void format(Path data) {
    if (Files.exists(data.resolve("meta.properties"))) {
      return;
    }
    try {
      Files.createDirectories(data);
      new Formatter()
          .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false))
          .setNodeId(NODE)
          .setClusterId(Uuid.randomUuid().toString())
          .setReleaseVersion(MetadataVersion.latestProduction())
          .setControllerListenerName("CONTROLLER")
          .setMetadataLogDirectory(Optional.of(data.toString()))
          .addDirectory(data.toString())
          .setIgnoreFormatted(true)
          .run();
    } catch (IOException e) {
      throw new UncheckedIOException("Kafka's directory can't be written: " + data, e);
    } catch (Exception e) {
      throw new IllegalStateException("Kafka's directory can't be formatted: " + data, e);
    }
  }

  /** {@code 127.0.0.1:PORT}. */
  @Override
  public String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  /** The clients' port. */
  public int port() {
    return port;
  }

  /** Stops the broker in order; returns when it has stopped. What it holds stays on disk. */
  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }

  /**
   * Runs a broker as this process: {@code --data DIR [--port N] [--exit-at-end-of-input]}. Prints
   * {@code kafka is ready: 127.0.0.1:PORT} and stops on SIGTERM, or, with the last option, when its
   * parent is gone.
   */
  public static void main(String[] args) {
    var arguments = Arguments.parse(args);
    if (arguments.exitAtEndOfInput()) {
      ParentWatch.exitAtEndOfInput();
    }
    EmbeddedKafka kafka = open(arguments.requiredData(), arguments.port());
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("kafka-stop").unstarted(kafka::close));
    System.out.println("kafka is ready: " + kafka.bootstrapServers());
    kafka.server.awaitShutdown();
  }
}
