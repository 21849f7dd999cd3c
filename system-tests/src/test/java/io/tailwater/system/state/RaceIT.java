package io.tailwater.system.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.LaunchedPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Many writers of one entry, over all gateways, while a process is killed with -9. */
@OnPlatforms
@ResourceLock(Platforms.LAUNCHED)
final class RaceIT {
  private static final int WRITERS = 50;
  private static final int EACH = Scale.of(1, 20);
  private static final long LIMIT_SECONDS = Scale.of(180, 900);
  private static final String QUERY = "/v1/events?entry=n&channel=board:race-";

  private final String run = Long.toString(ProcessHandle.current().pid());
  private final AtomicInteger acknowledged = new AtomicInteger();

  @Test
  void everyAcknowledgedIncrementCountsOnceWhileAnEventCoreIsKilled(LaunchedPlatform platform)
      throws Exception {
    List<URI> gateways = platform.gateways();
    CountDownLatch some = new CountDownLatch(WRITERS * EACH / 5);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        String name = "w" + i;
        URI gateway = gateways.get(i % gateways.size());
        writers.add(threads.submit(() -> increment(gateway, name, some)));
      }
      assertThat(some.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      platform.hold("event-core-1");
      try {
        for (Future<?> writer : writers) {
          writer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        }
      } finally {
        platform.release("event-core-1");
      }
    }
    assertThat(acknowledged).hasValue(WRITERS * EACH);
    for (URI gateway : gateways) {
      JsonNode current = write(gateway, "0", "absent", "end").json().path("current");
      assertThat(current.path("data").asInt()).isEqualTo(WRITERS * EACH);
    }
  }

  private void increment(URI gateway, String name, CountDownLatch some) {
    String version = "absent";
    int value = 0;
    int attempt = 0;
    for (int done = 0; done < EACH; ) {
      Http.Answer answer = answered(gateway, value + 1, version, name + "-" + attempt++);
      if (answer.status() == 201) {
        acknowledged.incrementAndGet();
        some.countDown();
        done++;
        version = answer.json().path("version").asText();
        value++;
      } else {
        JsonNode current = answer.json().path("current");
        assertThat(answer.status()).as(answer.body()).isEqualTo(412);
        version = current.isNull() ? "absent" : current.path("version").asText();
        value = current.path("data").asInt();
      }
    }
  }

  /** Repeats, with the same key, until it is known what became of it. */
  private Http.Answer answered(URI gateway, int value, String version, String key) {
    while (true) {
      Http.Answer answer = write(gateway, Integer.toString(value), version, key);
      if (answer.status() != 503 && answer.status() != 429) {
        return answer;
      }
    }
  }

  private Http.Answer write(URI gateway, String value, String version, String key) {
    boolean absent = version.equals("absent");
    return Http.send(
        HttpRequest.newBuilder(gateway.resolve(QUERY + run))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", run + "-" + key)
            .header(absent ? "If-None-Match" : "If-Match", absent ? "*" : "\"" + version + "\"")
            .POST(HttpRequest.BodyPublishers.ofString(value)));
  }
}
