package io.tailwater.launcher.platform;

import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.LaunchException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where each part listens on 127.0.0.1, counted from the balancer's port, so that everything is
 * found again after a restart: gateways from +1, Kafka at +100, Redis at +101, event-cores from
 * +110, the AI service at +190 and the backend at +192 (two ports each: gRPC, then health and
 * metrics), and from +201 the gateways' ports for health and metrics.
 */
public record Ports(int balancer) {
  static final int MOST_GATEWAYS = 99;
  static final int MOST_EVENT_CORES = 40;

  /** How many ports in a row a platform takes. */
  public static final int SPAN = 300;

  public Ports {
    if (balancer < 1 || balancer + SPAN > 65_535) {
      throw new LaunchException(
          ExitStatus.USAGE,
          "--port is 1 to " + (65_535 - SPAN) + ", since the ports above it are used too.");
    }
  }

  public int gateway(int index) {
    return balancer + index;
  }

  int management(int gateway) {
    return balancer + 200 + gateway;
  }

  public int kafka() {
    return balancer + 100;
  }

  int redis() {
    return balancer + 101;
  }

  int eventCore(int index) {
    return balancer + 110 + 2 * (index - 1);
  }

  int aiStreams() {
    return balancer + 190;
  }

  int backend() {
    return balancer + 192;
  }

  /**
   * What can go wrong later with these ports: the system may give one of them to an outgoing
   * connection while the part that listens there is restarted. Empty if it cannot.
   */
  public Optional<String> warning() {
    return Optional.of(ephemeralRange())
        .filter(range -> balancer + SPAN >= range.first() && balancer <= range.last())
        .map(
            range ->
                ("Ports %d to %d overlap those of outgoing connections on this machine (%d to %d):"
                        + " one of them may be taken when a part is started again. A --port below"
                        + " %d avoids it.")
                    .formatted(
                        balancer,
                        balancer + SPAN,
                        range.first(),
                        range.last(),
                        range.first() - SPAN));
  }

  private record Range(int first, int last) {}

  private static Range ephemeralRange() {
    // In one read: the kernel gives the rest of this file to nobody who reads it in pieces.
    try (BufferedReader range =
        Files.newBufferedReader(Path.of("/proc/sys/net/ipv4/ip_local_port_range"))) {
      String[] ends = range.readLine().strip().split("\\s+");
      return new Range(Integer.parseInt(ends[0]), Integer.parseInt(ends[1]));
    } catch (IOException e) {
      // Not Linux. Others begin at 49152.
      return new Range(49_152, 65_535);
    }
  }
}
