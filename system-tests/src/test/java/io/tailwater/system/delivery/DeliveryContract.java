package io.tailwater.system.delivery;

import io.tailwater.system.Scale;
import io.tailwater.system.clients.Reading;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.ledger.Ledger;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platform;
import java.util.List;
import java.util.stream.Stream;

/**
 * What has to be kept over every transport, whatever fails: nothing lost, nothing repeated, nothing
 * out of order, no undue reset, checked against Kafka itself. What fails beneath all transports
 * happens to readers that roam over all of them in {@code mvn verify}, one fault after the other in
 * one run, and with {@code -Plong} each fault by itself to each transport alone.
 */
@OnPlatforms
public abstract class DeliveryContract {
  public static final Publishers.Load LOAD =
      new Publishers.Load(4, Scale.of(60, 600), Scale.of(80, 15), 2_000);

  /** So many publications that a fault, and what comes after it, are each seen by readers. */
  public static final int PROGRESS = Scale.of(100, 1_000);

  private static final int CUT_MS = 20;

  /**
   * The transports whose readers see what fails beneath all transports. Others are named by {@code
   * -Dtailwater.transports=SSE,LONG_POLL}.
   */
  static List<Transport> beneath() {
    return named(List.of(Transport.ROAMING));
  }

  /** The transports whose readers are cut: one that streams, one of frames, and all in turn. */
  static List<Transport> read() {
    return named(List.of(Transport.SSE, Transport.WS_PROTOBUF, Transport.ROAMING));
  }

  private static List<Transport> named(List<Transport> inShort) {
    String named = System.getProperty("tailwater.transports");
    if (named != null) {
      return Stream.of(named.split(",")).map(Transport::valueOf).toList();
    }
    return Scale.of(inShort, List.of(Transport.values()));
  }

  public static void deliver(
      Platform platform, Reading transport, String name, Publishers.Load load, Delivery.Fault fault)
      throws Exception {
    try (Delivery delivery = new Delivery(platform, transport, name + " " + transport)) {
      Ledger.Report report = delivery.run(load, CUT_MS, fault);
      report.assertClean();
    }
  }
}
