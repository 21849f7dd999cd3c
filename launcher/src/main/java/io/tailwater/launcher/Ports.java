package io.tailwater.launcher;

/**
 * Where each part listens on 127.0.0.1, counted from the balancer's port, so that everything is
 * found again after a restart: gateways from +1, Kafka at +100, Redis at +101, event-cores from
 * +110 and the AI service at +190 (two ports each: gRPC, then health and metrics).
 */
record Ports(int balancer) {
  static final int MOST_GATEWAYS = 99;
  static final int MOST_EVENT_CORES = 40;

  private static final int SPAN = 192;

  Ports {
    if (balancer < 1 || balancer + SPAN > 65_535) {
      throw new LaunchException(
          ExitStatus.USAGE,
          "--port is 1 to " + (65_535 - SPAN) + ", since the ports above it are used too.");
    }
  }

  int gateway(int index) {
    return balancer + index;
  }

  int kafka() {
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
}
