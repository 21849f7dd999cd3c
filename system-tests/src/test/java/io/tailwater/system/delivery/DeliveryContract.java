package io.tailwater.system.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Scale;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.ledger.Ledger;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platform;
import java.util.List;
import java.util.stream.Stream;

/**
 * What has to be kept over every transport, whatever fails: nothing lost, nothing repeated, nothing
 * out of order, no undue reset, checked against Kafka itself. What fails beneath all transports
 * happens to readers that roam over all of them in {@code mvn verify}, and to each transport alone
 * with {@code -Plong}.
 */
@OnPlatforms
public abstract class DeliveryContract {
  public static final Publishers.Load LOAD = new Publishers.Load(4, Scale.of(60, 600), 15, 2_000);

  /** So many publications that a fault, and what comes after it, are each seen by readers. */
  public static final int PROGRESS = Scale.of(100, 1_000);

  private static final int CUT_MS = 20;

  /**
   * The transports whose readers see what fails beneath all transports. Others are named by {@code
   * -Dtailwater.transports=SSE,LONG_POLL}.
   */
  static List<Transport> beneath() {
    String named = System.getProperty("tailwater.transports");
    if (named != null) {
      return Stream.of(named.split(",")).map(Transport::valueOf).toList();
    }
    return Scale.of(List.of(Transport.ROAMING), List.of(Transport.values()));
  }

  public static void deliver(
      Platform platform,
      Transport transport,
      String name,
      Publishers.Load load,
      Delivery.Fault fault)
      throws Exception {
    try (Delivery delivery = new Delivery(platform, transport, name + " " + transport)) {
      Ledger.Report report = delivery.run(load, CUT_MS, fault);
      assertThat(report.isClean()).as(report.toString()).isTrue();
    }
  }
}
