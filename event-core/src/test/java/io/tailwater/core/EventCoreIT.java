package io.tailwater.core;

import static io.tailwater.core.CoreClient.all;
import static io.tailwater.core.CoreClient.event;
import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.contract.v1.NamespacesRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.embedded.EmbeddedKafka;
import io.tailwater.embedded.EmbeddedRedis;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EventCoreIT {
  @Test
  void whatIsPublishedIsRead(@TempDir Path dir) throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.open(dir.resolve("kafka"));
        EmbeddedRedis redis = EmbeddedRedis.open();
        Cores.Running core =
            Cores.start(
                Cores.properties(
                    "event-core-1",
                    kafka.bootstrapServers(),
                    redis.uri(),
                    dir.resolve("core"),
                    Map.of("tailwater.namespaces.demo.partitions", 3)))) {
      core.ready();
      for (int i = 0; i < 5; i++) {
        long t = System.nanoTime();
        PublishVerdict verdict = core.client().publish(event("demo:a", "{\"n\":" + i + "}"));
        System.out.println(verdict + " " + (System.nanoTime() - t) / 1000 + " us");
        assertThat(verdict.getOutcome()).isEqualTo(Outcome.STORED);
      }
      ReadPage page = core.client().read(all("demo:a"));
      System.out.println(page);
      assertThat(page.getEventsList()).hasSize(5);
      System.out.println(core.client().calls().heads(HeadsRequest.getDefaultInstance()));
      System.out.println(core.client().calls().namespaces(NamespacesRequest.getDefaultInstance()));
      try (var http = java.net.http.HttpClient.newHttpClient()) {
        for (String path : new String[] {"/health/readiness", "/health", "/prometheus"}) {
          var r =
              http.send(
                  java.net.http.HttpRequest.newBuilder(
                          java.net.URI.create("http://127.0.0.1:" + core.httpPort() + path))
                      .build(),
                  java.net.http.HttpResponse.BodyHandlers.ofString());
          System.out.println(
              path
                  + " "
                  + r.statusCode()
                  + " "
                  + r.body().substring(0, Math.min(1500, r.body().length())));
        }
      }
      org.awaitility.Awaitility.await()
          .until(() -> core.context().getBean(Core.class).folds().all().size() == 3);
      Thread.getAllStackTraces().keySet().stream()
          .map(Thread::getName)
          .sorted()
          .forEach(System.out::println);
    }
  }
}
