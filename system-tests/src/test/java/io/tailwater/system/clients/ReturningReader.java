package io.tailwater.system.clients;

import io.tailwater.system.ledger.Seen;
import io.tailwater.system.ledger.Wanted;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * Comes back with its positions, for ever, unless it is told that there is nothing left or that it
 * is not wanted. Each connection goes to one of its gateways, and speaks one of its transports,
 * picked at random. What the contract does not allow is noted as a violation.
 */
final class ReturningReader implements Reader {
  private static final long FIRST_RETRY_MS = 1_000;

  private final Wanted wanted;
  private final List<URI> gateways;
  private final List<Wire> wires;
  private final Seen seen;
  private final Thread thread;
  private final Object lock = new Object();
  // Guarded by the lock.
  private @Nullable Socket socket;
  private boolean paused;
  private boolean closed;
  private boolean finished;
  private @Nullable String failure;
  private int connections;
  // Confined to the reader's thread.
  private final Held held;
  private final RandomGenerator random;
  private long retryMs = FIRST_RETRY_MS;

  private ReturningReader(Wanted wanted, List<URI> gateways, List<Wire> wires) {
    this.wanted = wanted;
    this.gateways = gateways;
    this.wires = wires;
    this.seen = new Seen(wanted.name());
    this.held = new Held(wanted.scopes(), wanted.after());
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(wanted.name().hashCode());
    this.thread = Thread.ofVirtual().name("reader-" + wanted.name()).unstarted(this::run);
  }

  /** A reader that has begun to connect. */
  static Reader start(Wanted wanted, List<URI> gateways, List<Wire> wires) {
    ReturningReader reader = new ReturningReader(wanted, gateways, wires);
    reader.thread.start();
    return reader;
  }

  private void run() {
    while (goesOn()) {
      try {
        connect();
      } catch (IOException e) {
        // Refused, cut or reset: a client comes back from all of these.
      } catch (RuntimeException e) {
        seen.violation("what can't be read: " + e);
        giveUp("what can't be read: " + e);
      }
      rest(retryMs);
    }
  }

  private void connect() throws IOException {
    URI gateway = gateways.get(random.nextInt(gateways.size()));
    Socket connected = StreamConnection.connect(gateway, wanted.receiveBytes());
    try {
      if (take(connected)) {
        wires
            .get(random.nextInt(wires.size()))
            .read(new Turn(this, wanted, held, gateway, connected, random));
      }
    } finally {
      StreamConnection.cut(connected, Cut.CLOSE);
    }
  }

  private boolean take(Socket connected) {
    synchronized (lock) {
      socket = connected;
      return !closed;
    }
  }

  boolean goesOn() {
    synchronized (lock) {
      return !closed && !finished && failure == null;
    }
  }

  void accepted() {
    synchronized (lock) {
      connections++;
    }
  }

  void finish() {
    synchronized (lock) {
      finished = true;
    }
  }

  void giveUp(String why) {
    synchronized (lock) {
      failure = why;
    }
  }

  void retryAfter(long ms) {
    retryMs = ms;
  }

  void awaitResumed() {
    synchronized (lock) {
      while (paused && !closed) {
        await(0);
      }
    }
  }

  /** Waits for a time that the contract names, as patient as this reader is. */
  void rest(long ms) {
    long until = System.nanoTime() + ms * 1_000_000 / wanted.patience();
    synchronized (lock) {
      for (long left = until - System.nanoTime();
          left > 0 && goesOn();
          left = until - System.nanoTime()) {
        await(left / 1_000_000 + 1);
      }
    }
  }

  private void await(long ms) {
    try {
      lock.wait(ms);
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  @Override
  public Seen seen() {
    return seen;
  }

  @Override
  public void cut(Cut how) {
    synchronized (lock) {
      if (socket != null) {
        StreamConnection.cut(socket, how);
      }
    }
  }

  @Override
  public void pause() {
    synchronized (lock) {
      paused = true;
    }
  }

  @Override
  public void resume() {
    synchronized (lock) {
      paused = false;
      lock.notifyAll();
    }
  }

  @Override
  public boolean finished() {
    synchronized (lock) {
      return finished;
    }
  }

  @Override
  public @Nullable String failure() {
    synchronized (lock) {
      return failure;
    }
  }

  @Override
  public int connections() {
    synchronized (lock) {
      return connections;
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    cut(Cut.CLOSE);
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
