package io.tailwater.system.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.ledger.Seen;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What becomes of a client that stops reading, by its namespace; and that it is seen to be slow.
 */
@OnPlatforms
final class SlowPolicyIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final int BATCH = 100;
  private static final int BATCHES = 8;
  private static final int EVENT_BYTES = 25_000;

  /** Keeps of a channel its newest run only, and sends little at once. */
  private final ExtraGateway own;

  private final URI gateway;

  SlowPolicyIT(InProcessPlatform platform) {
    own =
        platform.gateway(
            Map.of(
                "micronaut.server.netty.child-options.so-sndbuf",
                8_192,
                "tailwater.edge.tail-bytes",
                4_096));
    gateway = own.address();
  }

  @AfterEach
  void stop() {
    own.close();
  }

  @Test
  void aReaderOfTheLatestIsToldWhatItSkippedAndGetsTheNewest() {
    Channel channel = new Channel(Namespaces.TICKER, "slow");
    try (Reader reader = start(channel)) {
      List<Position> ids = stallAndPublish(reader, channel, () -> assertStuck(standing(channel)));
      await().atMost(LIMIT).until(() -> ids.getLast().equals(reader.seen().newest(channel)));
      assertThat(reader.seen().resets())
          .isNotEmpty()
          .allSatisfy(reset -> assertThat(reset.reason()).isEqualTo("skipped"));
      List<Position> seen = reader.seen().events(channel).stream().map(Seen.Event::id).toList();
      assertThat(seen).hasSizeLessThan(ids.size());
      assertThat(ids).containsSubsequence(seen);
      assertThat(reader.connections()).isEqualTo(1);
    }
  }

  @Test
  void aReaderThatIsDisconnectedComesBackAndGetsEverything() {
    Channel channel = new Channel(Namespaces.STRICT, "slow");
    try (Reader reader = start(channel)) {
      // It may have been disconnected before it reads on, when the network took a little more.
      List<Position> ids =
          stallAndPublish(
              reader,
              channel,
              () -> {
                JsonNode standing = standing(channel);
                if (!standing.isMissingNode()) {
                  assertStuck(standing);
                }
              });
      await().atMost(LIMIT).until(() -> ids.getLast().equals(reader.seen().newest(channel)));
      assertThat(reader.connections()).isGreaterThan(1);
      assertThat(reader.seen().resets()).isEmpty();
      assertThat(reader.seen().events(channel).stream().map(Seen.Event::id))
          .containsExactlyElementsOf(ids);
    }
  }

  private Reader start(Channel channel) {
    Reader reader =
        Transport.SSE.open(
            Wanted.of(channel.namespace(), channel).withReceiveBytes(65_536), List.of(gateway));
    await().atMost(LIMIT).until(() -> reader.seen().liveOn(channel) > 0);
    return reader;
  }

  /** Publishes more than the network holds while the reader does not read, then lets it go on. */
  private List<Position> stallAndPublish(
      Reader reader, Channel channel, ThrowingRunnable isStalled) {
    reader.pause();
    List<Position> ids = publish(channel);
    await().atMost(LIMIT).untilAsserted(isStalled);
    reader.resume();
    return ids;
  }

  private static void assertStuck(JsonNode standing) {
    assertThat(standing.path("state").asText()).isEqualTo("waiting");
    assertThat(standing.path("reason").asText()).isEqualTo("unwritable");
    assertThat(standing.path("lag").asLong()).isPositive();
  }

  private JsonNode standing(Channel channel) {
    return Http.send(
            HttpRequest.newBuilder(
                    gateway.resolve(
                        "/v1/admin/connections?channel=" + Wanted.encoded(channel.toString())))
                .header(
                    "Authorization",
                    "Bearer " + Tokens.caller("admin", List.of("admin.connections"))))
        .json()
        .path("connections")
        .path(0)
        .path("channels")
        .path(0);
  }

  private List<Position> publish(Channel channel) {
    List<Position> ids = new ArrayList<>();
    for (int i = 0; i < BATCHES; i++) {
      ids.addAll(Http.publishBatch(gateway, channel, BATCH, EVENT_BYTES));
    }
    return ids;
  }
}
