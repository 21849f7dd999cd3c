package io.tailwater.system.client;

import io.tailwater.system.Scale;
import io.tailwater.system.clients.ClientProgram;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.Reading;
import io.tailwater.system.delivery.Delivery;
import io.tailwater.system.delivery.DeliveryContract;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.BreakablePlatform;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Platform;
import java.io.IOException;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The delivery contract, kept by our JavaScript client over every transport. */
@SuppressWarnings("NullAway.Init")
final class ClientDeliveryIT extends DeliveryContract {
  private final AtomicInteger opened = new AtomicInteger();
  private ClientProgram program;

  @BeforeEach
  void startProgram() throws IOException, InterruptedException {
    program = ClientReader.program();
  }

  @AfterEach
  void endProgram() throws InterruptedException {
    program.close();
  }

  static Set<ClientTransport> client() {
    return Scale.of(
        EnumSet.of(ClientTransport.WEBSOCKET, ClientTransport.AUTO),
        EnumSet.allOf(ClientTransport.class));
  }

  static Set<ClientTransport> clientBeneath() {
    return Scale.of(EnumSet.of(ClientTransport.AUTO), EnumSet.allOf(ClientTransport.class));
  }

  @ParameterizedTest
  @MethodSource("client")
  void keepsEveryEventWhileItIsCutAndChangesGateways(
      ClientTransport transport, InProcessPlatform platform) throws Exception {
    deliver(platform, transport, "client cuts", delivery -> delivery.awaitPublications(PROGRESS));
  }

  @ParameterizedTest
  @MethodSource("clientBeneath")
  void keepsEveryEventWhileRedisIsKilledAndComesBack(
      ClientTransport transport, BreakablePlatform platform) throws Exception {
    deliver(
        platform,
        transport,
        "client redis",
        delivery -> {
          try {
            platform.redis().kill();
            delivery.awaitPublications(PROGRESS);
          } finally {
            platform.redis().start();
          }
          delivery.awaitPublications(PROGRESS);
        });
  }

  private void deliver(
      Platform platform, ClientTransport transport, String name, Delivery.Fault fault)
      throws Exception {
    deliver(platform, readers(transport), name, LOAD, fault);
  }

  private Reading readers(ClientTransport transport) {
    return new Reading() {
      @Override
      public Reader open(Wanted wanted, List<URI> gateways) {
        ClientReader reader =
            new ClientReader(
                program,
                transport,
                wanted,
                gateways,
                opened.incrementAndGet() + " " + wanted.name());
        if (transport == ClientTransport.AUTO) {
          reader.call();
        }
        return reader;
      }

      @Override
      public String toString() {
        return transport.option();
      }
    };
  }
}
