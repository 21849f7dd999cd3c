package io.tailwater.contract;

import io.grpc.EquivalentAddressGroup;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * gRPC channels to a service of several instances, given as a list of addresses: calls go round
 * robin over those that answer. An instance that is not ready answers UNAVAILABLE, so unary calls
 * are tried on the next one.
 */
public final class ServiceChannel {
  /** Largest message that is accepted, bytes: a page of 1 MiB that had to take one event more. */
  public static final int MAX_MESSAGE_BYTES = 16 << 20;

  /**
   * What gRPC allows. While connections are being made, several go to the one instance that is
   * connected.
   */
  private static final double MOST_ATTEMPTS = 5;

  private static final String SCHEME = "tailwater";

  static {
    NameResolverRegistry.getDefaultRegistry().register(new AddressListProvider());
  }

  /**
   * gRPC waits up to two minutes before it tries a dead address again; an instance is back within
   * seconds.
   */
  private static final long CONNECT_AGAIN_MS = 1_000;

  private static final ScheduledExecutorService AGAIN =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().daemon().name("service-connect-again").unstarted(task));

  private ServiceChannel() {}

  /**
   * Opens a channel; connections are made when the first call needs them.
   *
   * @param hostPorts each {@code host:port}; at least one
   */
  public static ManagedChannel open(List<String> hostPorts) {
    hostPorts.forEach(ServiceChannel::address);
    if (hostPorts.isEmpty()) {
      throw new IllegalArgumentException("a service needs at least one address, host:port");
    }
    Map<String, Object> retry =
        Map.of(
            "maxAttempts",
            MOST_ATTEMPTS,
            "initialBackoff",
            "0.02s",
            "maxBackoff",
            "0.2s",
            "backoffMultiplier",
            2.0,
            "retryableStatusCodes",
            List.of("UNAVAILABLE"));
    // Not Publish: a publication without a key, sent twice, would be stored twice.
    List<Map<String, String>> repeatable =
        Stream.concat(
                Stream.of("Read", "Follow", "Heads", "Namespaces").map(m -> name("EventCore", m)),
                Stream.of("Create", "Get", "Cancel").map(m -> name("AiStreams", m)))
            .toList();
    Map<String, Object> retried = Map.of("name", repeatable, "retryPolicy", retry);
    ManagedChannel channel =
        ManagedChannelBuilder.forTarget(SCHEME + ":///" + String.join(",", hostPorts))
            .usePlaintext()
            .defaultLoadBalancingPolicy("round_robin")
            .defaultServiceConfig(Map.of("methodConfig", List.of(retried)))
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .keepAliveTime(10, TimeUnit.SECONDS)
            .keepAliveTimeout(5, TimeUnit.SECONDS)
            .build();
    connectAgain(channel);
    return channel;
  }

  private static void connectAgain(ManagedChannel channel) {
    AGAIN.schedule(
        () -> {
          if (!channel.isShutdown()) {
            channel.resetConnectBackoff();
            connectAgain(channel);
          }
        },
        CONNECT_AGAIN_MS,
        TimeUnit.MILLISECONDS);
  }

  private static Map<String, String> name(String service, String method) {
    return Map.of("service", "tailwater.v1." + service, "method", method);
  }

  private static InetSocketAddress address(String hostPort) {
    int colon = hostPort.lastIndexOf(':');
    try {
      return InetSocketAddress.createUnresolved(
          hostPort.substring(0, colon), Integer.parseInt(hostPort.substring(colon + 1)));
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + hostPort + "' is no address: host:port", e);
    }
  }

  /** Resolves {@code tailwater:///host:port,host:port} to just these. */
  private static final class AddressListProvider extends NameResolverProvider {
    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args args) {
      List<InetSocketAddress> addresses =
          Arrays.stream(target.getPath().substring(1).split(","))
              .map(ServiceChannel::address)
              .toList();
      return new AddressList(addresses, args);
    }

    @Override
    public String getDefaultScheme() {
      return SCHEME;
    }

    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return 5;
    }

    @Override
    public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
      return Set.of(InetSocketAddress.class);
    }
  }

  /**
   * Looks the names up again whenever a connection was lost: a container that is started again has
   * a new address.
   */
  private static final class AddressList extends NameResolver {
    private final List<InetSocketAddress> addresses;
    private final Executor lookups;
    private final SynchronizationContext context;
    private @Nullable Listener2 listener;

    AddressList(List<InetSocketAddress> addresses, NameResolver.Args args) {
      this.addresses = addresses;
      this.lookups = Objects.requireNonNull(args.getOffloadExecutor());
      this.context = args.getSynchronizationContext();
    }

    @Override
    public String getServiceAuthority() {
      return SCHEME;
    }

    @Override
    public void start(Listener2 listener) {
      this.listener = listener;
      refresh();
    }

    @Override
    public void refresh() {
      Listener2 told = Objects.requireNonNull(listener);
      lookups.execute(
          () -> {
            StatusOr<List<EquivalentAddressGroup>> found = found();
            context.execute(
                () ->
                    told.onResult2(
                        ResolutionResult.newBuilder().setAddressesOrError(found).build()));
          });
    }

    private StatusOr<List<EquivalentAddressGroup>> found() {
      List<EquivalentAddressGroup> known =
          addresses.stream()
              .map(address -> new InetSocketAddress(address.getHostString(), address.getPort()))
              .filter(address -> !address.isUnresolved())
              .map(EquivalentAddressGroup::new)
              .toList();
      return known.isEmpty()
          ? StatusOr.fromStatus(Status.UNAVAILABLE.withDescription("unknown hosts: " + addresses))
          : StatusOr.fromValue(known);
    }

    @Override
    public void shutdown() {}
  }
}
