package io.tailwater.system.operations;

import com.google.gson.Gson;
import io.kubernetes.client.openapi.models.V1ConfigMap;
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
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

/**
 * The manifests of {@code deploy/kubernetes}, read with Kubernetes' own types: a field that these
 * don't have is refused.
 */
record Manifests(List<Object> all) {
  /**
   * What runs pods.
   *
   * @param names the names of its pods; those of a StatefulSet are these, those of a Deployment are
   *     made up
   */
  record Workload(String name, List<String> names, V1PodSpec pod) {}

  static Manifests read() throws IOException {
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
    return new Manifests(manifests);
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

  <T> List<T> of(Class<T> kind) {
    return all.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  List<Workload> workloads() {
    return Stream.concat(
            of(V1StatefulSet.class).stream()
                .map(
                    set ->
                        workload(
                            set.getMetadata().getName(),
                            set.getSpec().getReplicas(),
                            set.getSpec().getTemplate().getSpec())),
            of(V1Deployment.class).stream()
                .map(
                    deployment ->
                        workload(
                            deployment.getMetadata().getName(),
                            deployment.getSpec().getReplicas(),
                            deployment.getSpec().getTemplate().getSpec())))
        .toList();
  }

  private static Workload workload(String name, int replicas, V1PodSpec pod) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < replicas; i++) {
      names.add(name + "-" + i);
    }
    return new Workload(name, names, pod);
  }
}
