package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1EnvVar;
import io.kubernetes.client.openapi.models.V1HTTPGetAction;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1Probe;
import io.kubernetes.client.openapi.models.V1Service;
import io.tailwater.contract.Channel;
import io.tailwater.system.calls.Conversation;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.Compose;
import io.tailwater.system.platform.Docker;
import io.tailwater.system.platform.Tokens;
import io.tailwater.system.presence.Onlooker;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The pods of the manifests, each a container that is made as a kubelet makes it: with its
 * variables and those of the Services beside it, its user, its read-only image, its memory, and its
 * probes. The network resolves the names of the Services. There is no cluster, so the control
 * plane, the network policies and the Ingress are not tried.
 */
@Tag("compose")
final class KubernetesIT {
  private static final String REDIS_PASSWORD = "kubernetes";

  /** What the README of the manifests has its reader create. */
  private static final Map<String, String> SECRET =
      Map.of(
          "jwt-key",
          Tokens.KEY,
          "grpc-secrets",
          "a-secret-of-these-tests",
          "redis-uri",
          "redis://:" + REDIS_PASSWORD + "@redis:6379");

  private static final Compose BESIDE =
      new Compose("tailwater-pods", List.of(), Map.of("REDIS_PASSWORD", REDIS_PASSWORD));
  private static final List<Pod> PODS = new ArrayList<>();

  /** A container. */
  private record Pod(String workload, String id, V1Container manifest) {
    URI address(String port) {
      int number =
          manifest.getPorts().stream()
              .filter(one -> one.getName().equals(port))
              .mapToInt(V1ContainerPort::getContainerPort)
              .findFirst()
              .orElseThrow();
      return URI.create(
          "http://" + Docker.docker("port", id, number + "/tcp").lines().findFirst().orElseThrow());
    }

    boolean answers(V1HTTPGetAction probe) {
      try {
        URI address = address(probe.getPort().getStrValue()).resolve(probe.getPath());
        return Http.send(HttpRequest.newBuilder(address)).status() < 400;
      } catch (IllegalStateException e) {
        return false;
      }
    }
  }

  @BeforeAll
  static void start() throws Exception {
    boolean possible = Compose.isPossible();
    if (!possible) {
      System.out.println("KubernetesIT is skipped: no Docker engine with compose answers here");
    }
    assumeTrue(possible, "no Docker engine");
    Manifests manifests = Manifests.read();
    if (!Docker.isBuilt()) {
      manifests.workloads().forEach(KubernetesIT::build);
    }
    BESIDE.run(Docker.LIMIT, "up", "-d", "kafka", "redis");
    for (Manifests.Workload workload : manifests.workloads()) {
      for (String name : workload.names()) {
        PODS.add(run(manifests, workload, name));
      }
    }
    for (Pod pod : PODS) {
      V1Probe startup = pod.manifest().getStartupProbe();
      Duration patience =
          Duration.ofSeconds((long) startup.getPeriodSeconds() * startup.getFailureThreshold());
      await(pod.workload() + " has started")
          .atMost(patience)
          .until(() -> pod.answers(startup.getHttpGet()));
      await(pod.workload() + " is ready")
          .atMost(Docker.LIMIT)
          .until(() -> pod.answers(pod.manifest().getReadinessProbe().getHttpGet()));
    }
  }

  private static void build(Manifests.Workload workload) {
    String image = workload.pod().getContainers().getFirst().getImage();
    Docker.run(
        Docker.BUILD_LIMIT,
        Map.of(),
        List.of("docker", "build", "-q", "--target", workload.name(), "-t", image, "."));
  }

  private static Pod run(Manifests manifests, Manifests.Workload workload, String name) {
    V1PodSpec spec = workload.pod();
    V1Container container = spec.getContainers().getFirst();
    List<String> command = new ArrayList<>(List.of("run", "-d", "--network", BESIDE.network()));
    // As a kubelet starts what has ended; pods need not wait for Kafka.
    command.addAll(List.of("--restart", "always"));
    // The name of a Service with one pod's, as a headless one of a StatefulSet gives it.
    command.addAll(List.of("--network-alias", workload.name()));
    command.addAll(List.of("--network-alias", name + "." + workload.name()));
    command.addAll(
        List.of(
            "--user",
            spec.getSecurityContext().getRunAsUser()
                + ":"
                + spec.getSecurityContext().getRunAsGroup()));
    command.addAll(List.of("--read-only", "--security-opt", "no-new-privileges"));
    container
        .getSecurityContext()
        .getCapabilities()
        .getDrop()
        .forEach(one -> command.addAll(List.of("--cap-drop", one)));
    long memory =
        Objects.requireNonNull(container.getResources().getLimits().get("memory"))
            .getNumber()
            .longValueExact();
    command.addAll(List.of("--memory", memory + "b"));
    container
        .getVolumeMounts()
        .forEach(
            mount ->
                command.addAll(
                    mount.getMountPath().equals("/tmp")
                        ? List.of("--tmpfs", "/tmp:exec,mode=1777")
                        : List.of("-v", mount.getMountPath())));
    variables(manifests, spec, container, name)
        .forEach(variable -> command.addAll(List.of("-e", variable)));
    container
        .getPorts()
        .forEach(port -> command.addAll(List.of("-p", "127.0.0.1::" + port.getContainerPort())));
    command.add(container.getImage());
    return new Pod(workload.name(), Docker.docker(command.toArray(String[]::new)), container);
  }

  /** Each as {@code NAME=value}; later ones win. */
  private static List<String> variables(
      Manifests manifests, V1PodSpec spec, V1Container container, String name) {
    List<String> variables = new ArrayList<>();
    if (!Boolean.FALSE.equals(spec.getEnableServiceLinks())) {
      manifests
          .of(V1Service.class)
          .forEach(
              service ->
                  variables.addAll(
                      links(
                          service.getMetadata().getName(),
                          service.getSpec().getPorts().getFirst().getPort())));
      variables.addAll(links("kafka", 9092));
      variables.addAll(links("redis", 6379));
    }
    container
        .getEnvFrom()
        .forEach(
            source ->
                manifests.of(V1ConfigMap.class).stream()
                    .filter(
                        map ->
                            map.getMetadata().getName().equals(source.getConfigMapRef().getName()))
                    .forEach(
                        map ->
                            map.getData()
                                .forEach((key, value) -> variables.add(key + "=" + value))));
    container.getEnv().forEach(one -> variables.add(one.getName() + "=" + value(one, name)));
    return variables;
  }

  /** What Kubernetes tells a pod of a Service in its namespace. */
  private static List<String> links(String service, int port) {
    String begin = service.toUpperCase(Locale.ROOT).replace('-', '_');
    return Stream.of(
            "_SERVICE_HOST=10.0.0.1",
            "_SERVICE_PORT=" + port,
            "_PORT=tcp://10.0.0.1:" + port,
            "_PORT_" + port + "_TCP=tcp://10.0.0.1:" + port,
            "_PORT_" + port + "_TCP_PORT=" + port)
        .map(end -> begin + end)
        .toList();
  }

  private static String value(V1EnvVar variable, String pod) {
    if (variable.getValue() != null) {
      return variable.getValue();
    }
    if (variable.getValueFrom().getFieldRef() != null) {
      assertThat(variable.getValueFrom().getFieldRef().getFieldPath()).isEqualTo("metadata.name");
      return pod;
    }
    return Objects.requireNonNull(SECRET.get(variable.getValueFrom().getSecretKeyRef().getKey()));
  }

  @AfterAll
  static void remove() {
    if (Compose.isPossible()) {
      PODS.forEach(pod -> Docker.docker("rm", "-f", "-v", pod.id()));
      BESIDE.remove();
    }
  }

  @Test
  void everyPodIsAlive() {
    assertThat(PODS)
        .hasSize(8)
        .allSatisfy(
            pod ->
                assertThat(pod.answers(pod.manifest().getLivenessProbe().getHttpGet())).isTrue());
  }

  @Test
  void eventsPresenceAndAnswersGoThroughEveryGateway() {
    List<URI> gateways = gateways();
    String channel = "chat:kubernetes";
    try (Onlooker onlooker = Onlooker.open(gateways.getFirst(), channel);
        WsPeer lena = Onlooker.present(gateways.getLast(), "lena", channel)) {
      onlooker.until(seen -> seen.members().contains("lena") && !seen.stale());
      Http.Answer published =
          Http.send(
              Http.publication(gateways.getFirst(), Channel.parse(channel), "{\"n\":1}")
                  .header("Authorization", "Bearer " + Onlooker.token("max")));
      assertThat(published.status()).as(published.body()).isEqualTo(201);
      assertThat(lena.await("events").at("/events/0/data/n").asInt()).isEqualTo(1);
    }
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(gateways.getFirst().resolve("/v1/chat/completions"))
                .header(
                    "Authorization",
                    "Bearer " + Tokens.token("max", List.of("ai:*"), List.of("ai:*")))
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"mock\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}")));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().at("/choices/0/message/content").asText()).isNotEmpty();
  }

  @Test
  void callsGoOnWhileABackendIsKilled() throws Exception {
    Pod backend =
        PODS.stream()
            .filter(pod -> pod.workload().equals("grpc-backend"))
            .findFirst()
            .orElseThrow();
    try (Conversation conversation =
        new Conversation(gateways().getFirst(), "chat:kubernetes calls", 100)) {
      conversation.awaitUnderWay();
      Docker.docker("kill", backend.id());
      assertThat(conversation.isUnderWay()).isTrue();
      System.out.printf(
          "kubernetes: %d calls repeated after one of two backends was killed%n",
          conversation.end());
    }
    Docker.docker("start", backend.id());
    await()
        .atMost(Docker.LIMIT)
        .until(() -> backend.answers(backend.manifest().getReadinessProbe().getHttpGet()));
  }

  private static List<URI> gateways() {
    return PODS.stream()
        .filter(pod -> pod.workload().equals("edge-gateway"))
        .map(pod -> pod.address("http"))
        .toList();
  }
}
