package io.tailwater.launcher.balancer;

import java.net.InetSocketAddress;

/**
 * A gateway behind the balancer.
 *
 * @param name its name, with which the ids of its Socket.IO sessions begin
 * @param address where it listens
 */
public record Gateway(String name, InetSocketAddress address) {}
