package io.tailwater.system.platform;

import io.tailwater.system.Tools;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/**
 * An address of this machine whose cable can be pulled: then the kernel drops all packets from and
 * to it, so that nobody confirms anything, and no connection ends. Needs the rights to change the
 * kernel's filter. For one thread.
 */
public final class AddressBehindCable implements AutoCloseable {
  private final InetAddress address;
  private boolean pulled;

  /**
   * Skips the test where the filter cannot be changed.
   *
   * @param last the last number of the loopback address
   */
  public AddressBehindCable(int last) throws IOException {
    Tools.require("iptables (Debian: iptables), as root", "iptables", "-w", "-S", "INPUT");
    this.address = InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
  }

  public InetAddress address() {
    return address;
  }

  /** Nothing gets through until {@link #plug}. */
  public void pull() throws IOException, InterruptedException {
    pulled = true;
    filter("-I");
  }

  /** What TCP sends again gets through. */
  public void plug() throws IOException, InterruptedException {
    filter("-D");
    pulled = false;
  }

  private void filter(String change) throws IOException, InterruptedException {
    for (String side : List.of("-s", "-d")) {
      Process process =
          new ProcessBuilder(
                  "iptables", "-w", change, "INPUT", side, address.getHostAddress(), "-j", "DROP")
              .inheritIO()
              .start();
      if (process.waitFor() != 0) {
        throw new IOException("iptables changed nothing");
      }
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    if (pulled) {
      plug();
    }
  }
}
