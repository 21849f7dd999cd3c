package io.tailwater.system.javaclient;

import io.tailwater.core.faults.BroadcastFaults;
import io.tailwater.javaclient.Transport;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.Reading;
import io.tailwater.system.delivery.Delivery;
import io.tailwater.system.delivery.DeliveryContract;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.BreakablePlatform;
import io.tailwater.system.platform.GarbledSegments;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.LaunchedPlatform;
import io.tailwater.system.platform.Platform;
import io.tailwater.system.platform.Platforms;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The delivery contract, kept by our Java client over every transport. */
final class JavaClientDeliveryIT extends DeliveryContract {
  static Set<Transport> cut() {
    return Scale.of(EnumSet.of(Transport.AUTO, Transport.SSE), EnumSet.allOf(Transport.class));
  }

  @ParameterizedTest
  @MethodSource("cut")
  void keepsEveryEventWhileItIsCutAndChangesGateways(
      Transport transport, InProcessPlatform platform) throws Exception {
    deliver(platform, transport, "java cuts", delivery -> delivery.awaitPublications(PROGRESS));
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource
  void keepsEveryEventWhileRedisIsKilledAndComesBack(
      Transport transport, BreakablePlatform platform) throws Exception {
    deliver(
        platform,
        transport,
        "java redis",
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

  @Tag("long")
  @ParameterizedTest
  @EnumSource
  void keepsEveryEventWhileSegmentsAreDroppedRepeatedAndReordered(
      Transport transport, BreakablePlatform platform) throws Exception {
    List<BroadcastFaults> faults = platform.broadcastFaults();
    faults.forEach(each -> each.inject(GarbledSegments::new));
    try {
      deliver(
          platform, transport, "java garbled", delivery -> delivery.awaitPublications(PROGRESS));
    } finally {
      faults.forEach(each -> each.inject(sink -> sink));
    }
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource
  @ResourceLock(Platforms.LAUNCHED)
  void keepsEveryEventWhileAGatewayAndAnEventCoreAreKilledAndComeBack(
      Transport transport, LaunchedPlatform platform) throws Exception {
    deliver(
        platform,
        transport,
        "java kills",
        delivery -> {
          for (String part : List.of("edge-gateway-1", "event-core-1")) {
            platform.hold(part);
            delivery.awaitPublications(PROGRESS);
            platform.release(part);
            delivery.awaitPublications(PROGRESS);
          }
        });
  }

  private static void deliver(
      Platform platform, Transport transport, String name, Delivery.Fault fault) throws Exception {
    deliver(platform, new Readers(transport), name, LOAD, fault);
  }

  /** Readers of one transport; with {@code AUTO}, the program does more than to read. */
  private record Readers(Transport transport) implements Reading {
    @Override
    public Reader open(Wanted wanted, List<URI> gateways) {
      JavaClientReader reader = new JavaClientReader(transport, wanted, gateways);
      if (transport == Transport.AUTO) {
        var unused = reader.client().callAsync("none.none", "", null, Duration.ofSeconds(5));
      }
      return reader;
    }

    @Override
    public String toString() {
      return "by " + transport;
    }
  }
}
