package io.tailwater.launcher;

import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.balancer.Balancer;
import io.tailwater.launcher.balancer.Bounds;
import io.tailwater.launcher.balancer.Gateway;
import io.tailwater.launcher.data.ConfigurationFile;
import io.tailwater.launcher.data.DataDirectory;
import io.tailwater.launcher.data.DevelopmentKey;
import io.tailwater.launcher.data.Leftovers;
import io.tailwater.launcher.data.RunningPlatform;
import io.tailwater.launcher.platform.Logs;
import io.tailwater.launcher.platform.OneProcess;
import io.tailwater.launcher.platform.Plan;
import io.tailwater.launcher.platform.Platform;
import io.tailwater.launcher.platform.Ports;
import io.tailwater.launcher.platform.SkippedRecords;
import io.tailwater.launcher.platform.Supervisor;
import io.tailwater.launcher.terminal.Announcer;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.LaunchException;
import io.tailwater.service.Ticker;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tailwater up}: the whole platform on this machine. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = {
      "Starts everything on this machine.",
      "",
      "That is Kafka, Redis, event-core, the AI service, gateways, and a balancer over the gateways,",
      "all on 127.0.0.1 only unless --host says otherwise. Ctrl-C stops it; what was published stays in the data directory.",
      "",
      "Namespaces: 'demo' is open to everyone, 'chat' needs a token, 'ai' holds the AI answers, which",
      "everyone here may start and watch; 'typing' is open and ephemeral: its events go to who listens,",
      "and are kept nowhere. More come from a configuration file:",
      "",
      "  tailwater:",
      "    namespaces:",
      "      orders:                      # channels orders:KEY",
      "        topic: shop.orders         # an existing Kafka topic, or one to be made",
      "        partitions: 12",
      "        retention: 7d",
      "        anonymous-subscribe: true",
      "",
      "AI answers are written by a mock. A local Ollama, or another server that speaks OpenAI's protocol,",
      "offers all its models with TAILWATER_AI_UPSTREAM=http://localhost:11434/v1 in the environment.",
      "",
      "Ports, from --port P: the balancer at P, gateways from P+1, Kafka at P+100, Redis at P+101,",
      "event-cores from P+110, the AI service at P+190, the backend at P+192, health and metrics of",
      "the gateways from P+201.",
      "Files, in the data directory: kafka/, event-core-N/, logs/, jwt-key (the key of './tailwater",
      "token'), and with --processes pids ('name pid' lines). While hold/NAME exists there, a process of",
      "that name is not started again after its death."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater up",
      "  ./tailwater up --port 9000 --gateways 3 --data /tmp/tailwater",
      "  ./tailwater up --processes --event-cores 2     # then: kill -9 one of DATA/pids",
      "  ./tailwater up --config orders.yml",
      "  kafka-console-producer.sh --bootstrap-server 127.0.0.1:8180 --topic demo \\",
      "    --property parse.key=true --property key.separator=:   # then: hello:{\"text\":\"hi\"}"
    })
final class UpCommand implements Callable<Integer> {
  @Option(
      names = "--port",
      paramLabel = "P",
      defaultValue = "8080",
      description = "The platform's port. Default: ${DEFAULT-VALUE}.")
  int port = 8080;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "Where that port listens; 0.0.0.0 is everywhere, and everybody there may use it. The other"
              + " ports stay on 127.0.0.1. Default: ${DEFAULT-VALUE}.")
  String host = "127.0.0.1";

  @Option(
      names = "--gateways",
      paramLabel = "N",
      defaultValue = "2",
      description = "How many edge-gateways. Default: ${DEFAULT-VALUE}.")
  int gateways = 2;

  @Option(
      names = "--event-cores",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many event-cores. Default: ${DEFAULT-VALUE}.")
  int eventCores = 1;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The data directory. Default: $TAILWATER_DATA, else ./data beside the command.")
  Path data = DataDirectory.usual();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "YAML with namespaces and other properties of the services. Default: DATA/tailwater.yml,"
              + " if it is there.")
  @Nullable Path config;

  @Option(
      names = "--processes",
      description = "Each part is its own process, and is started again when it dies.")
  boolean processes;

  @Option(names = "--json", description = "Print {\"ready\":…,\"address\":…} lines.")
  boolean json;

  @Override
  public Integer call() throws InterruptedException {
    var ports = new Ports(port);
    InetSocketAddress address = address();
    try (DataDirectory directory = DataDirectory.open(data)) {
      Logs.to(directory.log("tailwater"));
      Leftovers.end(directory);
      var plan =
          new Plan(
              ports,
              gateways,
              eventCores,
              processes,
              DevelopmentKey.ofDirectory(directory.root(), new SecureRandom()),
              configuration(directory),
              directory);
      requireFree(plan.listeners());
      ports.warning().ifPresent(warning -> System.err.println("tailwater: " + warning));
      try {
        run(plan, address, new Announcer(System.out, json));
      } finally {
        RunningPlatform.remove(directory);
      }
      return ExitStatus.DONE;
    }
  }

  private Map<String, Object> configuration(DataDirectory directory) {
    if (config != null) {
      return ConfigurationFile.read(config);
    }
    Path usual = directory.of("tailwater.yml");
    return Files.exists(usual) ? ConfigurationFile.read(usual) : new LinkedHashMap<>();
  }

  private void requireFree(Map<Integer, String> listeners) {
    listeners.forEach(
        (taken, part) -> {
          if (!FreePort.isFree(taken)) {
            throw LaunchException.portTaken(taken, part);
          }
        });
  }

  /** Where the platform's own port listens. */
  private InetSocketAddress address() {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new LaunchException(
          ExitStatus.USAGE, "'" + host + "' is not an address; 127.0.0.1 and 0.0.0.0 are.");
    }
    return address;
  }

  private static void run(Plan plan, InetSocketAddress address, Announcer announcer)
      throws InterruptedException {
    Platform platform =
        plan.processes()
            ? Supervisor.of(plan, Ticker.system())
            : new OneProcess(plan, Ticker.system());
    var parts = new ArrayList<AutoCloseable>(List.of(platform));
    var stopped = new CountDownLatch(1);
    Thread hook = Thread.ofPlatform().name("launcher-stop").unstarted(() -> close(parts, stopped));
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      platform.start(announcer);
      List<Gateway> gateways =
          IntStream.rangeClosed(1, plan.gateways())
              .mapToObj(
                  i -> new Gateway(Plan.gatewayName(i), Balancer.loopback(plan.ports().gateway(i))))
              .toList();
      synchronized (parts) {
        parts.addFirst(Balancer.open(address, gateways, Bounds.ofThisProcess()));
        parts.addFirst(SkippedRecords.watch(plan.ports(), announcer));
      }
      RunningPlatform.here(plan.ports().balancer(), plan.healthPorts()).write(plan.data());
      announcer.ready("tailwater", "http://127.0.0.1:" + plan.ports().balancer());
      stopped.await();
    } catch (LaunchException e) {
      close(parts, stopped);
      throw e;
    }
  }

  private static void close(List<AutoCloseable> parts, CountDownLatch stopped) {
    synchronized (parts) {
      for (AutoCloseable part : parts) {
        try {
          part.close();
        } catch (Exception e) {
          System.err.println("tailwater: a part did not stop in order: " + e.getMessage());
        }
      }
      parts.clear();
    }
    stopped.countDown();
  }
}
