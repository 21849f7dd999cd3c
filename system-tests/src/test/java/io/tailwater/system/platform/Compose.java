package io.tailwater.system.platform;

import static org.awaitility.Awaitility.await;

import io.tailwater.system.Tools;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One project of {@code docker compose}, made from this repository's {@code compose.yaml}. */
public final class Compose {
  private final String project;
  private final Map<String, String> environment;
  private final List<String> begin;

  /**
   * @param project its name, with which the names of its containers and networks begin
   * @param over a file that is laid over {@code compose.yaml}, or none
   * @param environment what wins over {@code .env}
   */
  public Compose(String project, List<String> over, Map<String, String> environment) {
    this.project = project;
    this.environment = environment;
    this.begin = new ArrayList<>(command());
    begin.addAll(List.of("-p", project, "-f", "compose.yaml"));
    over.forEach(file -> begin.addAll(List.of("-f", file)));
  }

  /** Whether there is an engine, and a compose, that answer. */
  public static boolean isPossible() {
    return Docker.isPossible() && !command().isEmpty();
  }

  private static List<String> command() {
    return Stream.of(List.of("docker", "compose"), List.of("docker-compose"))
        .filter(
            one ->
                Tools.succeeds(
                    Stream.concat(one.stream(), Stream.of("version")).toArray(String[]::new)))
        .findFirst()
        .orElse(List.of());
  }

  /** Runs a command of compose. What it printed. */
  public String run(Duration limit, String... arguments) {
    return Docker.run(
        limit, environment, Stream.concat(begin.stream(), Stream.of(arguments)).toList());
  }

  /** The network that the containers share. */
  public String network() {
    return project + "_default";
  }

  /** The id of a service's container. */
  public String container(String service) {
    return run(Docker.LIMIT, "ps", "-a", "-q", service);
  }

  /** Waits until a service's container says that it is healthy. */
  public void awaitHealthy(String service) {
    await(service + " is healthy")
        .atMost(Docker.LIMIT)
        .pollInterval(Duration.ofMillis(500))
        .until(
            () ->
                Docker.docker("inspect", "-f", "{{.State.Health.Status}}", container(service))
                    .equals("healthy"));
  }

  /** Removes all that it made, volumes too. */
  public void remove() {
    run(Docker.LIMIT, "down", "-v", "--timeout", "20");
  }
}
