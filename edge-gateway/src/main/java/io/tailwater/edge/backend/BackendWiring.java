package io.tailwater.edge.backend;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.netty.channel.EventLoop;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.backend.v1.BackendGrpc;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.connection.Connections;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.limits.Places;
import io.tailwater.edge.loop.EdgeLoops;
import io.tailwater.edge.session.Sessions;
import jakarta.inject.Singleton;

/** Makes the parts of this package. */
@Factory
final class BackendWiring {
  /** Name of the threads that look up the backend's addresses. */
  private static final String LOOKUPS = "edge-backend-dns";

  private static final int MAX_CALLS = 10_000;
  private static final long MAX_CALL_BYTES = 64L << 20;

  /** From the start on, so that the first call finds it connected. */
  @Context
  @Bean(preDestroy = "close")
  Backends backends(
      BackendConfiguration configuration,
      GrpcConfiguration grpc,
      EdgeLoops loops,
      Connections connections,
      Sessions sessions,
      KnownConnections known,
      @Value("${tailwater.instance}") String gateway,
      MeterRegistry meters) {
    CallSecurity security = new CallSecurity(grpc);
    Orders orders = new Orders(connections, sessions::connection);
    EventLoop loop = loops.any().eventLoop();
    Backends backends =
        new Backends(
            configuration.backends(),
            instance ->
                new Link(
                    String.valueOf(instance),
                    ServiceChannel.toInstance(
                        instance, BackendGrpc.getServiceDescriptor(), security),
                    gateway,
                    orders::carryOut,
                    known,
                    loop),
            task -> Thread.ofVirtual().name(LOOKUPS).start(task),
            loop,
            meters);
    backends.start();
    return backends;
  }

  @Singleton
  KnownConnections known(EdgeLoops loops) {
    return new KnownConnections(loops.any().eventLoop());
  }

  @Singleton
  Authority authority(
      Backends backends, AuthorizeConfiguration configuration, MeterRegistry meters) {
    return new BackendAuthority(backends, configuration, Ticker.systemTicker(), meters);
  }

  /** From the start on, so that its metrics are there before the first call. */
  @Context
  Calls calls(Backends backends, Authority authority, Admission admission, MeterRegistry meters) {
    return new Calls(
        backends,
        authority,
        admission,
        Places.ofCalls(MAX_CALLS, MAX_CALL_BYTES, meters),
        new CallMetrics(meters));
  }
}
