package io.tailwater.edge.admin;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.client.PublishMetrics;
import io.tailwater.client.Publisher;
import io.tailwater.client.ServiceChannel;
import io.tailwater.client.UnaryCalls;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.edge.access.Revocations;
import io.tailwater.edge.connection.ConnectionAdmin;
import io.tailwater.edge.connection.Drain;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.Publishers;
import io.tailwater.edge.log.SegmentSource;
import io.tailwater.edge.loop.EdgeLoops;
import io.tailwater.edge.revocation.RevocationLog;
import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;

/** Makes the parts of this package. */
@Factory
final class AdminWiring {
  private static final int MAX_WAITING = 1_000;
  private static final long MAX_WAITING_BYTES = 4L << 20;

  @Context
  AllGateways gateways(
      ConnectionAdmin connections,
      RevocationLog revocations,
      GatewayReport report,
      RedisPublisher publisher,
      RedisListener listener) {
    AllGateways gateways =
        new AllGateways(
            connections,
            revocations,
            report,
            publisher,
            listener,
            () -> ThreadLocalRandom.current().nextLong());
    gateways.listen();
    return gateways;
  }

  @Singleton
  GatewayReport report(
      ConnectionAdmin connections,
      MeterRegistry meters,
      Namespaces namespaces,
      Revocations revocations,
      SegmentSource segments,
      Drain drain,
      @Named("event-core") ServiceChannel eventCores) {
    return new GatewayReport(
        connections,
        new GatewayCounters(meters),
        new GatewayReport.State(namespaces, revocations, segments, drain),
        new UnaryCalls<>(EventCoreGrpc.newStub(eventCores), "no event-core answers right now"),
        InstantSource.system());
  }

  @Context
  OverviewBroadcast overview(GatewayReport report, RedisPublisher publisher, EdgeLoops loops) {
    OverviewBroadcast overview = new OverviewBroadcast(report, publisher, InstantSource.system());
    overview.start(loops.any().eventLoop());
    return overview;
  }

  /** With a publisher of its own, which the publications of clients do not fill. */
  @Singleton
  Revoking revoking(
      Publishers publishers, Revocations revocations, ObjectMapper json, MeterRegistry meters) {
    Publisher publisher =
        publishers.open(
            MAX_WAITING,
            MAX_WAITING_BYTES,
            new PublishMetrics(meters, "tailwater.edge.revocations.publish"));
    return new Revoking(publisher::publish, revocations, json, InstantSource.system());
  }
}
