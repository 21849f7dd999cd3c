package io.tailwater.service;

import io.micronaut.context.ApplicationContext;
import io.micronaut.core.naming.NameUtils;
import io.micronaut.runtime.server.EmbeddedServer;
import java.lang.annotation.Annotation;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of the platform's services as a program: its name, the settings it reads, and how it starts
 * and stops. Immutable.
 *
 * @param name for instance {@code event-core}; also the folder of its {@code application.yml} and
 *     the value of {@code tailwater.service}, which switches its beans on
 * @param threads what the names of its threads begin with, for instance {@code core-}
 * @param roots where its settings are, for instance {@code tailwater.core}
 * @param named the settings of records that exist once for each name, by their root: for {@code
 *     tailwater.namespaces} the keys behind {@code tailwater.namespaces.NAME}
 * @param eager annotations of the beans that are created at start, with all that they need
 * @param beforeClose what a process does when it is told to stop, before its context closes
 */
public record Program(
    String name,
    String threads,
    Set<String> roots,
    Map<String, Set<String>> named,
    Set<Class<? extends Annotation>> eager,
    Consumer<ApplicationContext> beforeClose) {
  private static final Logger LOG = LoggerFactory.getLogger(Program.class);
  private static final int FAILED = 1;

  /** Copies the collections. */
  public Program {
    roots = Set.copyOf(roots);
    named = Map.copyOf(named);
    eager = Set.copyOf(eager);
  }

  /** A service whose beans are created when they are needed, and that closes at once. */
  public static Program of(String name, String threads, String... roots) {
    return new Program(name, threads, Set.of(roots), Map.of(), Set.of(), _ -> {});
  }

  /**
   * The same service, which also reads a record for each name below a root.
   *
   * @param record its components are the settings, except {@code name}
   */
  public Program withNamed(String root, Class<? extends Record> record) {
    Set<String> keys =
        Arrays.stream(record.getRecordComponents())
            .map(RecordComponent::getName)
            .filter(component -> !component.equals("name"))
            .map(NameUtils::hyphenate)
            .collect(Collectors.toUnmodifiableSet());
    return new Program(name, threads, roots, Map.of(root, keys), eager, beforeClose);
  }

  /**
   * The same service, which creates beans with these annotations at start. Other beans are created
   * when they are needed, except those of the scope {@code @Context}. Some libraries have beans
   * that connect to a server when they are created.
   */
  public Program eagerly(Set<Class<? extends Annotation>> annotations) {
    return new Program(name, threads, roots, named, annotations, beforeClose);
  }

  /** The same service, which does this first when its process is told to stop. */
  public Program closingAfter(Consumer<ApplicationContext> first) {
    return new Program(name, threads, roots, named, eager, first);
  }

  /**
   * Starts the service and returns once its servers listen. Closing the context stops everything.
   *
   * @param properties win over files and environment variables
   * @throws StartException if it cannot start
   */
  public ApplicationContext start(Map<String, Object> properties) {
    ApplicationContext context = context(properties);
    try {
      context.start();
      // The gRPC server starts and stops with this one.
      context.findBean(EmbeddedServer.class).ifPresent(EmbeddedServer::start);
      return context;
    } catch (RuntimeException e) {
      context.close();
      throw new StartException(Reason.of(e), e);
    }
  }

  // The builder takes an array of classes, which has no type parameter.
  @SuppressWarnings("unchecked")
  private ApplicationContext context(Map<String, Object> properties) {
    Map<String, Object> all = new HashMap<>(properties);
    all.put("tailwater.service", name);
    // Elsewhere in Micronaut -1 is a free port; the gRPC server knows only 0.
    all.computeIfPresent(
        "grpc.server.port", (_, port) -> String.valueOf(port).equals("-1") ? 0 : port);
    // Its timer looks up a bean at every run; in a closing context that recreates the service.
    all.putIfAbsent("micronaut.health.monitor.enabled", false);
    NamedVariables variables = NamedVariables.of(named, System.getenv());
    return ApplicationContext.builder()
        .overrideConfigLocations("classpath:" + name + "/")
        .deduceEnvironment(false)
        .banner(false)
        .eagerInitAnnotated(eager.toArray(Class[]::new))
        .environmentVariableExcludes(variables.names())
        .propertySources(variables.source())
        .properties(all)
        .singletons(this)
        .build();
  }

  /**
   * The service's {@code main}: runs until SIGTERM. A service that cannot start logs one sentence
   * and ends with exit code 1; a process that runs out of memory ends with a line that says so.
   */
  public void run() throws InterruptedException {
    MemoryExhaustion.endProcess();
    ApplicationContext context;
    try {
      context = start(Map.of());
    } catch (StartException e) {
      LOG.error("{} cannot start: {}", name, e.getMessage());
      LOG.debug("because of", e);
      System.exit(FAILED);
      return;
    }
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name(threads + "stop")
                .unstarted(
                    () -> {
                      stop(context);
                      stopped.countDown();
                    }));
    LOG.info("{} is running", name);
    stopped.await();
  }

  private void stop(ApplicationContext context) {
    try {
      beforeClose.accept(context);
    } catch (RuntimeException e) {
      LOG.warn("{} does not stop in order", name, e);
    }
    context.close();
  }
}
