package io.tailwater.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * TCP ports of the loopback interface, below those that the system gives to outgoing connections:
 * one of theirs would be gone when a server wants its port back. A port is chosen once, by one of a
 * user's processes that choose here: it is theirs until they end.
 */
public final class FreePort {
  private static final int FIRST = 10_000;
  private static final int FIRST_OF_ROWS = 14_000;
  private static final int END = 32_000;
  private static final int ATTEMPTS = 1_000;

  /** Byte n of it is locked while a process has port n. */
  private static final FileChannel CHOSEN = chosen();

  private FreePort() {}

  private static FileChannel chosen() {
    Path file =
        Path.of(
            System.getProperty("java.io.tmpdir"),
            "tailwater-ports-" + System.getProperty("user.name"));
    try {
      return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new UncheckedIOException("no file " + file + " can be written", e);
    }
  }

  /**
   * A port that is free.
   *
   * @throws IllegalStateException if there is none left
   */
  public static int choose() {
    return random(FIRST, FIRST_OF_ROWS, 1);
  }

  /**
   * The first of so many ports in a row that are free.
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
        .filter(port -> IntStream.range(port, port + count).allMatch(FreePort::take))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("no " + count + " free ports in a row below " + end));
  }

  private static boolean take(int port) {
    try {
      return isFree(port) && CHOSEN.tryLock(port, 1, false) != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException("ports cannot be locked", e);
    }
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
