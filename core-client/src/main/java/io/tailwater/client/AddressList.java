package io.tailwater.client;

import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
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
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Owned by gRPC's synchronization context of one channel: resolves the names of a list of
 * addresses. It does so again whenever a connection is lost, since a container that was restarted
 * has a new address.
 */
final class AddressList extends NameResolver {
  private static final String SCHEME = "tailwater";

  static {
    NameResolverRegistry.getDefaultRegistry().register(new Provider());
  }

  private final List<InetSocketAddress> addresses;
  private final Executor lookups;
  private final SynchronizationContext context;
  private @Nullable Listener2 listener;

  private AddressList(List<InetSocketAddress> addresses, NameResolver.Args args) {
    this.addresses = addresses;
    this.lookups = Objects.requireNonNull(args.getOffloadExecutor());
    this.context = args.getSynchronizationContext();
  }

  /**
   * The target of a channel to these addresses.
   *
   * @param hostPorts each {@code host:port}; at least one
   * @throws IllegalArgumentException says which is wrong and what is accepted
   */
  static String target(List<String> hostPorts) {
    if (hostPorts.isEmpty()) {
      throw new IllegalArgumentException("a service needs at least one address, host:port");
    }
    hostPorts.forEach(AddressList::address);
    return SCHEME + ":///" + String.join(",", hostPorts);
  }

  private static InetSocketAddress address(String hostPort) {
    int colon = hostPort.lastIndexOf(':');
    try {
      return InetSocketAddress.createUnresolved(
          hostPort.substring(0, colon), Integer.parseInt(hostPort.substring(colon + 1)));
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + hostPort + "' is not an address of the form host:port", e);
    }
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
    context.throwIfNotInThisSynchronizationContext();
    Listener2 notified = Objects.requireNonNull(listener);
    lookups.execute(
        () -> {
          StatusOr<List<EquivalentAddressGroup>> found = found();
          context.execute(
              () ->
                  notified.onResult2(
                      ResolutionResult.newBuilder().setAddressesOrError(found).build()));
        });
  }

  private StatusOr<List<EquivalentAddressGroup>> found() {
    List<EquivalentAddressGroup> known =
        addresses.stream()
            .map(address -> new InetSocketAddress(address.getHostString(), address.getPort()))
            .filter(address -> !address.isUnresolved())
            .map(AddressList::group)
            .toList();
    return known.isEmpty()
        ? StatusOr.fromStatus(Status.UNAVAILABLE.withDescription("unknown hosts: " + addresses))
        : StatusOr.fromValue(known);
  }

  /** With TLS each instance shows a certificate of its own name. */
  private static EquivalentAddressGroup group(InetSocketAddress address) {
    return new EquivalentAddressGroup(
        address,
        Attributes.newBuilder()
            .set(EquivalentAddressGroup.ATTR_AUTHORITY_OVERRIDE, authority(address))
            .build());
  }

  /** As it stands in a URI. */
  static String authority(InetSocketAddress address) {
    String host = address.getHostString();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  @Override
  public void shutdown() {}

  /** Makes resolvers for {@code tailwater:///host:port,host:port}. */
  private static final class Provider extends NameResolverProvider {
    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args args) {
      List<InetSocketAddress> addresses =
          Arrays.stream(target.getPath().substring(1).split(","))
              .map(AddressList::address)
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
}
