package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Ingress;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import io.tailwater.system.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/** The manifests, read with Kubernetes' own types: a field that these don't have is refused. */
final class KubernetesTest {
  @Test
  void everyManifestIsWhatKubernetesKnows() throws IOException {
    assertThat(manifests()).hasSizeGreaterThanOrEqualTo(11);
  }

  @Test
  void everyPodHasProbesAndMayNotWriteToItsImage() throws IOException {
    assertThat(pods())
        .hasSize(4)
        .allSatisfy(
            pod -> {
              assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
              assertThat(pod.getContainers())
                  .allSatisfy(
                      container -> {
                        assertThat(container.getReadinessProbe().getHttpGet().getPath())
                            .isEqualTo("/health/readiness");
                        assertThat(container.getLivenessProbe().getHttpGet().getPath())
                            .isEqualTo("/health/liveness");
                        assertThat(container.getSecurityContext().getReadOnlyRootFilesystem())
                            .isTrue();
                        assertThat(container.getResources().getLimits()).containsKey("memory");
                      });
            });
  }

  @Test
  void noServiceAndNoIngressHasThePortOfManagement() throws IOException {
    assertThat(services())
        .hasSize(4)
        .allSatisfy(
            service ->
                assertThat(service.getSpec().getPorts())
                    .allSatisfy(
                        port ->
                            assertThat(port.getTargetPort().getStrValue()).isIn("http", "grpc")));
    assertThat(pods())
        .allSatisfy(
            pod ->
                assertThat(pod.getContainers())
                    .allSatisfy(
                        container -> {
                          assertThat(container.getPorts())
                              .extracting(V1ContainerPort::getName)
                              .contains("management");
                          assertThat(
                                  List.of(
                                      container.getReadinessProbe(),
                                      container.getLivenessProbe(),
                                      container.getStartupProbe()))
                              .allSatisfy(
                                  probe ->
                                      assertThat(probe.getHttpGet().getPort().getStrValue())
                                          .isEqualTo("management"));
                        }));
  }

  @Test
  void everyPodIsReachedOnlyByThoseWhoAreNamed() throws IOException {
    List<V1NetworkPolicy> policies =
        manifests().stream()
            .filter(V1NetworkPolicy.class::isInstance)
            .map(V1NetworkPolicy.class::cast)
            .toList();
    assertThat(policies)
        .as("one closes everything")
        .anySatisfy(policy -> assertThat(policy.getSpec().getIngress()).isNullOrEmpty());
    assertThat(policies)
        .filteredOn(policy -> policy.getSpec().getIngress() != null)
        .hasSizeGreaterThanOrEqualTo(4)
        .allSatisfy(
            policy ->
                assertThat(policy.getSpec().getIngress())
                    .allSatisfy(
                        rule -> {
                          assertThat(rule.getFrom()).isNotEmpty();
                          assertThat(rule.getPorts()).isNotEmpty();
                        }));
  }

  @Test
  void passwordsComeFromTheSecretAndTheProxyThatEndsTlsIsTrusted() throws IOException {
    assertThat(pods())
        .allSatisfy(
            pod ->
                assertThat(pod.getContainers().getFirst().getEnv())
                    .filteredOn(variable -> variable.getName().equals("REDIS_URI"))
                    .hasSizeLessThanOrEqualTo(1)
                    .allSatisfy(
                        variable ->
                            assertThat(variable.getValueFrom().getSecretKeyRef()).isNotNull()));
    assertThat(pods().stream().flatMap(pod -> pod.getContainers().getFirst().getEnv().stream()))
        .anySatisfy(
            variable ->
                assertThat(variable.getName()).isEqualTo("TAILWATER_EDGE_LIMITS_TRUSTED_PROXIES"));
  }

  private static List<V1Service> services() throws IOException {
    return manifests().stream()
        .filter(V1Service.class::isInstance)
        .map(V1Service.class::cast)
        .toList();
  }

  private static List<V1PodSpec> pods() throws IOException {
    return manifests().stream()
        .flatMap(
            manifest ->
                switch (manifest) {
                  case V1Deployment deployment ->
                      Stream.of(deployment.getSpec().getTemplate().getSpec());
                  case V1StatefulSet set -> Stream.of(set.getSpec().getTemplate().getSpec());
                  default -> Stream.of();
                })
        .toList();
  }

  private static List<Object> manifests() throws IOException {
    LoaderOptions strict = new LoaderOptions();
    strict.setAllowDuplicateKeys(false);
    List<Object> manifests = new ArrayList<>();
    try (Stream<Path> files = Files.list(Repository.path("deploy/kubernetes"))) {
      for (Path file : files.filter(name -> name.toString().endsWith(".yaml")).sorted().toList()) {
        for (Object document : new Yaml(strict).loadAll(Files.readString(file))) {
          manifests.add(typed((Map<?, ?>) document));
        }
      }
    }
    return manifests;
  }

  private static Object typed(Map<?, ?> document) throws IOException {
    String json = new Gson().toJson(document);
    String kind = document.get("apiVersion") + " " + document.get("kind");
    return switch (kind) {
      case "v1 ConfigMap" -> V1ConfigMap.fromJson(json);
      case "v1 Service" -> V1Service.fromJson(json);
      case "apps/v1 Deployment" -> V1Deployment.fromJson(json);
      case "apps/v1 StatefulSet" -> V1StatefulSet.fromJson(json);
      case "policy/v1 PodDisruptionBudget" -> V1PodDisruptionBudget.fromJson(json);
      case "networking.k8s.io/v1 NetworkPolicy" -> V1NetworkPolicy.fromJson(json);
      case "networking.k8s.io/v1 Ingress" -> V1Ingress.fromJson(json);
      default -> throw new IllegalStateException("not a kind of this folder: " + kind);
    };
  }
}
