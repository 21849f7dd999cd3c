package io.tailwater.system.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.contract.Channel;
import io.tailwater.system.clients.ClientProgram;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Http;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How the client chooses its transport while the network changes beneath it. */
@OnPlatforms
final class ClientAutoIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration PATIENCE = Duration.ofMinutes(6);

  private final InProcessPlatform platform;
  private final List<String> published = new ArrayList<>();

  ClientAutoIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void stepsDownWhereTransportsAreBarredAndUpAgainWithEveryEventInOrder() throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, "client steps");
    try (ClientProgram program = ClientReader.program();
        ClientReader reader =
            new ClientReader(
                program,
                ClientTransport.AUTO,
                Wanted.of("stepping", channel),
                platform.gateways(),
                "stepping")) {
      await().atMost(LIMIT).until(() -> reader.seen().liveOn(channel) > 0);
      assertThat(reader.transport()).isEqualTo("sse");
      publish(channel);
      comesBack(reader, channel);
      reader.call();
      becomes(reader, "websocket");
      publish(channel);
      comesBack(reader, channel);
      reader.relay().withoutWebSockets(true);
      publish(channel);
      becomes(reader, "sse");
      publish(channel);
      comesBack(reader, channel);
      reader.relay().withoutStreams(true);
      publish(channel);
      becomes(reader, "long-poll");
      publish(channel);
      comesBack(reader, channel);
      reader.relay().withoutWebSockets(false);
      reader.relay().withoutStreams(false);
      for (String better : List.of("sse", "websocket")) {
        // Minutes without trouble pass for the client. On a busy machine some pings are slow, which
        // is trouble.
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofSeconds(6))
            .until(
                () -> {
                  program.send(Map.of("skip", Duration.ofSeconds(70).toMillis()));
                  return reader.transport().equals(better);
                });
        publish(channel);
      }
      await().atMost(LIMIT).until(() -> reader.seen().count() >= published.size());
      assertThat(reader.seen().data(channel)).isEqualTo(published);
      assertThat(reader.seen().resets()).isEmpty();
      assertThat(reader.failure()).isNull();
    }
  }

  private static void becomes(ClientReader reader, String transport) {
    await().atMost(LIMIT).until(() -> reader.transport().equals(transport));
  }

  /** A cut is noticed, and the channel is live again on the connection that follows. */
  private static void comesBack(ClientReader reader, Channel channel) {
    int before = reader.connections();
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () -> {
              if (reader.connections() == before) {
                // Between two requests there is nothing to cut.
                reader.relay().drop(Cut.RESET);
              }
              return reader.seen().liveOn(channel) > before;
            });
  }

  /** A few events, over both gateways. */
  private void publish(Channel channel) {
    for (int i = 0; i < 5; i++) {
      URI gateway = platform.gateways().get(i % platform.gateways().size());
      String data = "\"" + published.size() + "\"";
      Http.publish(gateway, channel, data);
      published.add(data);
    }
  }
}
