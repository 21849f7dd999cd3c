package io.tailwater.launcher.platform;

import io.tailwater.embedded.EmbeddedKafka;
import io.tailwater.embedded.EmbeddedRedis;
import io.tailwater.launcher.data.WholeFile;
import io.tailwater.launcher.terminal.Json;
import io.tailwater.launcher.terminal.LaunchException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How each part of a plan is run as its own process. */
final class ProcessCommands {
  // Ctrl-C in a terminal goes to every process of it; only the supervisor is to take it, and to
  // stop the rest in order.
  private static final List<String> DEAF_TO_CTRL_C =
      List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "tailwater");
  private static final List<String> KAFKA_OPTIONS =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m");

  /** The cache of {@code ./tailwater}, from which this JVM started too. */
  private static final String AOT_CACHE = "tailwater.aot-cache";

  // In the environment and not among the arguments, so that ps shows which part a process is.
  private static final Map<String, String> CLASS_PATH =
      Map.of("CLASSPATH", System.getProperty("java.class.path"));

  private final Plan plan;
  private final Readiness readiness = new Readiness();

  ProcessCommands(Plan plan) {
    this.plan = plan;
  }

  /** All parts, in the order in which they can be started: what is in one list together. */
  List<List<ChildSpec>> order() {
    try {
      return List.of(
          List.of(kafka(), redis()), services(plan.eventCoreSpecs()), services(plan.edgeSpecs()));
    } catch (IOException e) {
      throw new LaunchException("A part can't be started: " + e.getMessage() + ".");
    }
  }

  private List<ChildSpec> services(List<ServiceSpec> specs) throws IOException {
    List<ChildSpec> children = new ArrayList<>();
    for (ServiceSpec spec : specs) {
      children.add(service(spec));
    }
    return children;
  }

  private ChildSpec kafka() {
    int port = plan.ports().kafka();
    List<String> command = java("kafka", KAFKA_OPTIONS);
    command.addAll(
        List.of(
            EmbeddedKafka.class.getName(),
            "--data",
            plan.data().of("kafka").toString(),
            "--port",
            Integer.toString(port),
            "--exit-at-end-of-input"));
    return new ChildSpec(
        "kafka",
        command,
        CLASS_PATH,
        "127.0.0.1:" + port,
        output("kafka"),
        () -> Readiness.accepts(port));
  }

  private ChildSpec redis() throws IOException {
    int port = plan.ports().redis();
    return new ChildSpec(
        "redis",
        EmbeddedRedis.command(port),
        Map.of(),
        "redis://127.0.0.1:" + port,
        output("redis"),
        () -> EmbeddedRedis.answers(port));
  }

  private ChildSpec service(ServiceSpec service) throws IOException {
    Path properties = plan.data().of("run").resolve(service.name() + ".json");
    WholeFile.replacePrivate(properties, Json.write(service.properties()) + "\n");
    List<String> command = java(service.name(), service.jvmOptions());
    command.addAll(
        List.of(
            ServiceProcess.class.getName(),
            service.name(),
            service.service().name(),
            properties.toString()));
    return new ChildSpec(
        service.name(),
        command,
        CLASS_PATH,
        service.address(),
        output(service.name()),
        () -> readiness.isReady(service.healthPort()));
  }

  private List<String> java(String name, List<String> options) {
    var command = new ArrayList<>(DEAF_TO_CTRL_C);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dtailwater.log=" + plan.data().log(name));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    // The supervisor starts it again; MemoryExhaustion does the same for direct memory.
    command.add("-XX:+ExitOnOutOfMemoryError");
    // As of ./tailwater: a cache is for one kind of object headers.
    command.add("-XX:+UseCompactObjectHeaders");
    String cache = System.getProperty(AOT_CACHE);
    if (cache != null) {
      // Ignored without a word where it does not fit.
      command.addAll(List.of("-XX:AOTCache=" + cache, "-Xlog:disable"));
    }
    command.addAll(options);
    return command;
  }

  private Path output(String name) {
    return plan.data().of("logs").resolve(name + ".out");
  }
}
