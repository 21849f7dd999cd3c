package io.tailwater.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * TCP ports of the loopback interface, below those that the system gives to outgoing connections:
 * one of theirs would be gone when a server wants its port back.
 */
public final class FreePort {
  private static final int FIRST = 10_000;
  private static final int FIRST_OF_ROWS = 14_000;
  private static final int END = 32_000;
  private static final int ATTEMPTS = 1_000;

  private FreePort() {}

  /**
   * A port that was free a moment ago.
   *
   * @throws IllegalStateException if there is none left
   */
  public static int choose() {
    return random(FIRST, FIRST_OF_ROWS, 1);
  }

  /**
   * The first of so many ports in a row that were free a moment ago.
   *
   * @throws IllegalStateException if there are none left
   */
  public static int chooseRow(int count) {
    return random(FIRST_OF_ROWS, END, count);
  }

  private static int random(int first, int end, int count) {
    int places = (end - first) / count;
    return IntStream.generate(() -> first + count * ThreadLocalRandom.current().nextInt(places))
        .limit(ATTEMPTS)
        .filter(port -> IntStream.range(port, port + count).allMatch(FreePort::isFree))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("no " + count + " free ports in a row below " + end));
  }

  /** Whether a server could listen on this port of the loopback interface now. */
  public static boolean isFree(int port) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
