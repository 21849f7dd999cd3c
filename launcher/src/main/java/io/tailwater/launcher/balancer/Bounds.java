package io.tailwater.launcher.balancer;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * What connections may take of the balancer.
 *
 * @param connections the maximum number of open ones; further ones are reset
 * @param perAddress the maximum number of open ones from one address
 * @param head how long a connection's first request may take to send its head
 * @param idle how long nothing may pass in either direction; streams have heartbeats that are more
 *     frequent, and a poll is answered earlier
 */
public record Bounds(int connections, int perAddress, Duration head, Duration idle) {
  private static final int MAX_CONNECTIONS = 20_000;
  private static final int FILES_OF_OTHERS = 1_000;

  // One for the client, one for the gateway, and the gateway's own, which may be in this process.
  private static final int FILES_OF_A_CONNECTION = 3;

  /**
   * As many connections as this process has files for, at most {@value #MAX_CONNECTIONS}. One
   * address may have three quarters of them, since on one machine most clients share an address.
   */
  public static Bounds ofThisProcess() {
    int connections =
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            ? (int)
                Math.clamp(
                    (unix.getMaxFileDescriptorCount() - FILES_OF_OTHERS) / FILES_OF_A_CONNECTION,
                    64,
                    MAX_CONNECTIONS)
            : MAX_CONNECTIONS;
    return new Bounds(
        connections, connections * 3 / 4, Duration.ofSeconds(15), Duration.ofSeconds(90));
  }
}
