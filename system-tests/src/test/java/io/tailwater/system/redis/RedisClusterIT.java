package io.tailwater.system.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.contract.SegmentChannel;
import io.tailwater.embedded.EmbeddedRedis;
import io.tailwater.embedded.FreePort;
import io.tailwater.servers.RedisCluster;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.delivery.DeliveryContract;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platform;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Event-cores and gateways over a real Redis Cluster, beside the others and on their Kafka. */
@OnPlatforms
@Order(2)
final class RedisClusterIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String SOME = SegmentChannel.name(Namespaces.DEMO, 0);
  private static final String OTHER = SegmentChannel.name(Namespaces.CHAT, 1);

  private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();
  private static RedisCluster cluster;
  private static Sharded sharded;

  /** The platform that these tests are about. */
  private record Sharded(List<URI> gateways, List<URI> management, String bootstrapServers)
      implements Platform {
    @Override
    public void close() {
      // Its services are closed one by one.
    }
  }

  @BeforeAll
  static void start(InProcessPlatform beside) {
    Tools.require(
        "Redis 7 (Debian: redis-server)",
        "sh",
        "-c",
        "redis-server --version | grep -q ' v=[7-9]'");
    cluster = opened(RedisCluster.open());
    List<String> eventCores = new ArrayList<>();
    for (int i = 1; i <= 2; i++) {
      int port = FreePort.choose();
      Map<String, Object> settings = Namespaces.properties();
      settings.put("redis.uris", cluster.uris());
      settings.put("tailwater.core.broadcast-group", "sharded");
      opened(beside.eventCore("event-core-sharded-" + i, port, settings));
      eventCores.add("127.0.0.1:" + port);
    }
    List<URI> gateways = new ArrayList<>();
    List<URI> management = new ArrayList<>();
    for (int i = 1; i <= 2; i++) {
      ExtraGateway gateway =
          opened(
              beside.gateway(
                  Map.of(
                      "tailwater.instance",
                      "edge-gateway-sharded-" + i,
                      "redis.uris",
                      cluster.uris(),
                      "tailwater.edge.event-cores",
                      eventCores)));
      gateways.add(gateway.address());
      management.add(gateway.management());
    }
    sharded = new Sharded(gateways, management, beside.bootstrapServers());
    gateways.forEach(
        gateway ->
            await().atMost(LIMIT).until(() -> InProcessPlatform.answers(gateway, "demo:start")));
  }

  private static <T extends AutoCloseable> T opened(T part) {
    OPEN.push(part);
    return part;
  }

  @AfterAll
  static void stop() throws Exception {
    while (!OPEN.isEmpty()) {
      OPEN.pop().close();
    }
  }

  @Test
  void keepsEveryEventWhileAServerIsKilledAndComesBackAndASlotMoves() throws Exception {
    DeliveryContract.deliver(
        sharded,
        Transport.ROAMING,
        "cluster",
        DeliveryContract.LOAD,
        delivery -> {
          EmbeddedRedis victim = cluster.homeOf(SOME);
          victim.kill();
          delivery.awaitPublications(DeliveryContract.PROGRESS);
          await().atMost(LIMIT).until(() -> sharded.management().stream().allMatch(this::byRedis));
          delivery.awaitPublications(DeliveryContract.PROGRESS);
          victim.start();
          cluster.awaitWhole();
          cluster.move(OTHER);
          delivery.awaitPublications(DeliveryContract.PROGRESS);
        });
    await().atMost(LIMIT).until(() -> sharded.management().stream().allMatch(this::byRedis));
  }

  @Test
  void ephemeralEventsAndQuestionsReachEveryGateway() {
    Channel channel = new Channel(Namespaces.TYPING, "sharded");
    for (URI reading : sharded.gateways()) {
      try (StreamPeek stream = StreamPeek.open(reading, Wanted.of("sharded", channel))) {
        stream.next();
        assertThat(stream.next().type()).isEqualTo("tw.live");
        for (URI sending : sharded.gateways()) {
          String data = "{\"by\":\"" + sending + "\"}";
          assertThat(Http.send(Http.publication(sending, channel, data)).status()).isEqualTo(201);
          assertThat(stream.next().data()).contains(sending.toString());
        }
      }
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(list(reading).path("gateways")).hasSize(2));
      assertThat(list(reading).path("complete").asBoolean()).isTrue();
    }
  }

  /** Whether a gateway has all its segments over Redis, as it says itself. */
  private boolean byRedis(URI management) {
    return Http.send(HttpRequest.newBuilder(management.resolve("/health/readiness")))
        .body()
        .contains("\"segments\":\"redis\"");
  }

  private static JsonNode list(URI gateway) {
    String token = Tokens.caller("admin", List.of("admin.connections"));
    return Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections"))
                .header("Authorization", "Bearer " + token))
        .json();
  }
}
