package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1Service;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The manifests, read with Kubernetes' own types: a field that these don't have is refused. */
final class KubernetesTest {
  @Test
  void everyManifestIsWhatKubernetesKnows() throws IOException {
    assertThat(Manifests.read().all()).hasSizeGreaterThanOrEqualTo(11);
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
    assertThat(Manifests.read().of(V1Service.class))
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
    List<V1NetworkPolicy> policies = Manifests.read().of(V1NetworkPolicy.class);
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

  @Test
  void noServiceOfTheNamespaceBecomesASetting() throws IOException {
    // Kubernetes would set REDIS_PORT=tcp://... for a Service redis, which services refuse.
    assertThat(pods()).allSatisfy(pod -> assertThat(pod.getEnableServiceLinks()).isFalse());
  }

  private static List<V1PodSpec> pods() throws IOException {
    return Manifests.read().workloads().stream().map(Manifests.Workload::pod).toList();
  }
}
