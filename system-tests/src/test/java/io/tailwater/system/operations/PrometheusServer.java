package io.tailwater.system.operations;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Json;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.ForeignServer;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.representer.Representer;

/**
 * A Prometheus as this system has it, with the product's own configuration: only where each job's
 * instances are, and how often they are asked, is the test's.
 */
final class PrometheusServer implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final URI address = URI.create("http://127.0.0.1:" + FreePort.choose());
  private final ForeignServer server;

  /**
   * @param targets of each job, {@code host:port}
   */
  PrometheusServer(Map<String, List<String>> targets) throws IOException {
    Path directory = Files.createTempDirectory("tailwater-prometheus-");
    Path file = directory.resolve("prometheus.yml");
    Files.writeString(file, configuration(targets));
    server =
        new ForeignServer(
            directory,
            List.of(
                "prometheus",
                "--config.file=" + file,
                "--storage.tsdb.path=" + directory.resolve("data"),
                "--web.listen-address=" + address.getAuthority()));
    await("Prometheus is ready").atMost(LIMIT).until(this::ready);
  }

  /** Skips or fails the test that needs Prometheus where there is none, see {@link Tools}. */
  static void require() {
    Tools.require("Prometheus (Debian: prometheus)", "prometheus", "--version");
  }

  @SuppressWarnings("unchecked")
  private static String configuration(Map<String, List<String>> targets) {
    Yaml yaml =
        new Yaml(
            new SafeConstructor(new LoaderOptions()),
            new Representer(new DumperOptions()),
            new DumperOptions());
    Map<String, Object> all = yaml.load(Repository.read("observability/prometheus.yml"));
    ((Map<String, Object>) requireNonNull(all.get("global"))).put("scrape_interval", "1s");
    for (Map<String, Object> job :
        (List<Map<String, Object>>) requireNonNull(all.get("scrape_configs"))) {
      if (job.remove("dns_sd_configs") == null) {
        throw new IllegalStateException(job + " has no names to look up");
      }
      job.put(
          "static_configs",
          List.of(Map.of("targets", targets.getOrDefault(job.get("job_name"), List.of()))));
    }
    return yaml.dump(all);
  }

  private boolean ready() {
    return server.listens(address.getPort())
        && Http.send(HttpRequest.newBuilder(address.resolve("/-/ready"))).status() == 200;
  }

  /** What it knows of those that it asks. */
  JsonNode targets() {
    return ask("/api/v1/targets");
  }

  /**
   * The series that an expression has now.
   *
   * @throws IllegalStateException if Prometheus does not accept the expression
   */
  JsonNode query(String expression) {
    return ask("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
        .path("result");
  }

  private JsonNode ask(String path) {
    Http.Answer answer = Http.send(HttpRequest.newBuilder(address.resolve(path)));
    if (answer.status() != 200) {
      throw new IllegalStateException(path + ": " + answer.body());
    }
    return Json.tree(answer.body()).path("data");
  }

  @Override
  public void close() throws Exception {
    server.close();
  }
}
