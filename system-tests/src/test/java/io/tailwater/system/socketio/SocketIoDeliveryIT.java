package io.tailwater.system.socketio;

import io.tailwater.system.Scale;
import io.tailwater.system.clients.ClientProgram;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.Reading;
import io.tailwater.system.delivery.Delivery;
import io.tailwater.system.delivery.DeliveryContract;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.BreakablePlatform;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.LaunchedPlatform;
import io.tailwater.system.platform.Platform;
import java.io.IOException;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The delivery contract, kept for Socket.IO's own client: what arrives, with what recovery brings.
 * A client whose rooms cannot be known, since Redis is away, subscribes again at its positions.
 */
@SuppressWarnings("NullAway.Init")
final class SocketIoDeliveryIT extends DeliveryContract {
  private final AtomicInteger opened = new AtomicInteger();
  private ClientProgram program;

  /** In the order in which a client tries them. */
  enum Transports {
    POLLING("polling"),
    WEBSOCKET("websocket"),
    UPGRADE("polling", "websocket");

    final List<String> names;

    Transports(String... names) {
      this.names = List.of(names);
    }
  }

  @BeforeEach
  void startProgram() throws IOException, InterruptedException {
    program = ClientProgram.start("socketio-readers");
  }

  @AfterEach
  void endProgram() throws InterruptedException {
    program.close();
  }

  static Set<Transports> cut() {
    return Scale.of(EnumSet.of(Transports.UPGRADE), EnumSet.allOf(Transports.class));
  }

  @ParameterizedTest
  @MethodSource("cut")
  void recoversEveryEventWhileItIsCutAndChangesGateways(
      Transports transports, InProcessPlatform platform) throws Exception {
    deliver(
        platform,
        transports,
        "socketio cuts",
        false,
        delivery -> delivery.awaitPublications(PROGRESS));
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource
  void recoversEveryEventWhileAGatewayAndAnEventCoreAreKilledAndComeBack(
      Transports transports, LaunchedPlatform platform) throws Exception {
    deliver(
        platform,
        transports,
        "socketio kills",
        false,
        delivery -> {
          for (String part : List.of("edge-gateway-1", "event-core-1")) {
            platform.hold(part);
            delivery.awaitPublications(PROGRESS);
            platform.release(part);
            delivery.awaitPublications(PROGRESS);
          }
        });
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource(names = "WEBSOCKET")
  void losesNothingWhileRedisIsKilledAndComesBackEmpty(
      Transports transports, BreakablePlatform platform) throws Exception {
    deliver(
        platform,
        transports,
        "socketio redis",
        true,
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
      Platform platform,
      Transports transports,
      String name,
      boolean unrecovered,
      Delivery.Fault fault)
      throws Exception {
    deliver(platform, new Readers(transports, unrecovered), name, LOAD, fault);
  }

  private final class Readers implements Reading {
    private final Transports transports;
    private final boolean unrecovered;

    Readers(Transports transports, boolean unrecovered) {
      this.transports = transports;
      this.unrecovered = unrecovered;
    }

    @Override
    public Reader open(Wanted wanted, List<URI> gateways) {
      return new SocketIoReader(
          program,
          opened.incrementAndGet() + " " + wanted.name(),
          wanted,
          gateways,
          transports.names,
          unrecovered);
    }

    @Override
    public String toString() {
      return "by " + transports;
    }
  }
}
