package io.tailwater.client;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A gRPC channel to a service of several instances, given as a list of addresses. Calls go round
 * robin over the instances that answer. An instance that is not ready answers {@code UNAVAILABLE};
 * calls that the {@code .proto} declares repeatable are then sent to the next one. Any thread.
 */
public final class ServiceChannel extends Channel implements AutoCloseable {
  /** Largest message that is accepted, bytes: a page of 1 MiB that had to take one event more. */
  public static final int MAX_MESSAGE_BYTES = 16 << 20;

  /** Name of the thread that shortens gRPC's pauses between attempts to connect. */
  static final String THREAD = "client-reconnect";

  /**
   * What gRPC allows. While other connections are being made, several attempts go to the one
   * instance that is connected.
   */
  private static final double MAX_ATTEMPTS = 5;

  /** gRPC pauses up to two minutes after a failure to connect; an instance is back in seconds. */
  private static final long RECONNECT_MS = 1_000;

  /** Of all channels; they give it nothing that waits. */
  private static final ScheduledExecutorService RECONNECT =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name(THREAD).factory());

  private final ManagedChannel channel;
  private final Executor turn;
  private final ScheduledFuture<?> reconnecting;

  private ServiceChannel(ManagedChannel channel, Executor turn) {
    this.channel = channel;
    this.turn = turn;
    reconnecting =
        RECONNECT.scheduleWithFixedDelay(
            channel::resetConnectBackoff, RECONNECT_MS, RECONNECT_MS, TimeUnit.MILLISECONDS);
  }

  /**
   * Opens a channel; it connects when the first call needs it.
   *
   * @param hostPorts each {@code host:port}; at least one
   * @param service whose calls may be repeated as their {@code idempotency_level} says
   * @throws IllegalArgumentException says which address is wrong and what is accepted
   */
  public static ServiceChannel open(List<String> hostPorts, ServiceDescriptor service) {
    return open(hostPorts, service, CallSecurity.NONE);
  }

  /**
   * Opens a channel whose calls are secured; otherwise as {@link #open(List, ServiceDescriptor)}.
   *
   * @param security as the service has it
   */
  public static ServiceChannel open(
      List<String> hostPorts, ServiceDescriptor service, CallSecurity security) {
    return build(security.channel(AddressList.target(hostPorts)), service, Runnable::run);
  }

  /**
   * Opens a channel that lives on one event loop: its connections are the loop's, and it brings its
   * answers there at once, so whoever takes them must not block. A call from the loop then crosses
   * no thread. Otherwise as {@link #open(List, ServiceDescriptor, CallSecurity)}.
   *
   * @param loop outlives the channel
   * @param sockets a kind that the loop can serve
   */
  public static ServiceChannel onLoop(
      List<String> hostPorts,
      ServiceDescriptor service,
      CallSecurity security,
      EventLoop loop,
      Class<? extends SocketChannel> sockets) {
    return build(
        security
            .channel(AddressList.target(hostPorts))
            .eventLoopGroup(loop)
            .channelType(sockets)
            .directExecutor(),
        service,
        loop);
  }

  /**
   * Opens a channel to one instance of a service, of those that its name stands for. With TLS the
   * instance shows a certificate of this name.
   *
   * @param instance resolved
   */
  public static ServiceChannel toInstance(
      InetSocketAddress instance, ServiceDescriptor service, CallSecurity security) {
    String address = instance.getAddress().getHostAddress() + ":" + instance.getPort();
    return build(
        security
            .channel(AddressList.target(List.of(address)))
            .overrideAuthority(AddressList.authority(instance)),
        service,
        Runnable::run);
  }

  private static ServiceChannel build(
      NettyChannelBuilder channel, ServiceDescriptor service, Executor turn) {
    return new ServiceChannel(
        channel
            .defaultLoadBalancingPolicy("round_robin")
            .defaultServiceConfig(configuration(service))
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .keepAliveTime(10, TimeUnit.SECONDS)
            .keepAliveTimeout(5, TimeUnit.SECONDS)
            .build(),
        turn);
  }

  private static Map<String, ?> configuration(ServiceDescriptor service) {
    List<Map<String, String>> names =
        service.getMethods().stream()
            .filter(ServiceChannel::isRepeatable)
            .map(
                method ->
                    Map.of(
                        "service",
                        service.getName(),
                        "method",
                        String.valueOf(method.getBareMethodName())))
            .toList();
    if (names.isEmpty()) {
      return Map.of();
    }
    Map<String, ?> retry =
        Map.of(
            "maxAttempts",
            MAX_ATTEMPTS,
            "initialBackoff",
            "0.02s",
            "maxBackoff",
            "0.2s",
            "backoffMultiplier",
            2.0,
            "retryableStatusCodes",
            List.of("UNAVAILABLE"));
    return Map.of("methodConfig", List.of(Map.of("name", names, "retryPolicy", retry)));
  }

  /** Whether a call that was sent twice does what it does once, as its {@code .proto} says. */
  static boolean isRepeatable(MethodDescriptor<?, ?> method) {
    return method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier supplier
        && supplier.getMethodDescriptor().getOptions().getIdempotencyLevel()
            != IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
  }

  /**
   * Runs a task when the loop that the channel lives on has read all that has arrived there, and at
   * once if the channel lives on none. Tasks run in order.
   */
  void later(Runnable task) {
    try {
      turn.execute(task);
    } catch (RejectedExecutionException ended) {
      task.run();
    }
  }

  @Override
  public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
    return channel.newCall(method, options);
  }

  @Override
  public String authority() {
    return channel.authority();
  }

  /** Ends all calls and connections. */
  @Override
  public void close() {
    reconnecting.cancel(false);
    channel.shutdownNow();
  }
}
