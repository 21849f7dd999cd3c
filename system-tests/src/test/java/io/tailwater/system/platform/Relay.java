package io.tailwater.system.platform;

import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.StreamConnection;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

/**
 * A network between a client that can't be told to break its connection and servers, of which each
 * connection gets one: passes bytes on, until it is cut. While it is down, connections are accepted
 * and reset. It can also refuse WebSockets and hold event streams back, as proxies do, and fall
 * silent in both directions.
 */
public final class Relay implements AutoCloseable {
  private volatile List<URI> servers;
  private final ServerSocket listener;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final Object lock = new Object();
  // Guarded by the lock.
  private boolean paused;
  private boolean silent;
  private volatile boolean onlyOneBlock;
  private volatile boolean down;
  private volatile boolean withoutWebSockets;
  private volatile boolean withoutStreams;

  public Relay(URI server) throws IOException {
    this(List.of(server));
  }

  public Relay(List<URI> servers) throws IOException {
    this.servers = servers;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("relay-accept").start(this::accept);
  }

  public URI address() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /** Connections to come get one of these servers. */
  public void leadTo(List<URI> others) {
    servers = others;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (down) {
          StreamConnection.cut(client, Cut.RESET);
          continue;
        }
        Thread.ofVirtual().name("relay-connect").start(() -> connect(client));
      } catch (IOException e) {
        // Closed.
      }
    }
  }

  private void connect(Socket client) {
    try {
      List<URI> now = servers;
      URI server = now.get(ThreadLocalRandom.current().nextInt(now.size()));
      Socket upstream = StreamConnection.connect(server, 0);
      sockets.addAll(List.of(client, upstream));
      Thread.ofVirtual().name("relay-up").start(() -> passUp(client, upstream));
      Thread.ofVirtual().name("relay-down").start(() -> passDown(upstream, client));
    } catch (IOException e) {
      // The server refused: the client sees its connection end.
      StreamConnection.cut(client, Cut.RESET);
    }
  }

  private void passUp(Socket client, Socket server) {
    pass(
        client,
        server,
        (bytes, count, output) -> {
          if (withoutWebSockets && text(bytes, count).contains("upgrade: websocket")) {
            throw new IOException("no WebSocket gets through");
          }
          output.write(bytes, 0, count);
          return true;
        });
  }

  private void passDown(Socket server, Socket client) {
    pass(server, client, new Down());
  }

  /** What becomes of bytes on their way; false if nothing more is to follow. */
  private interface Way {
    boolean take(byte[] bytes, int count, OutputStream output) throws IOException;
  }

  /** Confined to the thread that passes answers on. */
  private final class Down implements Way {
    private boolean held;
    private int before;

    @Override
    public boolean take(byte[] bytes, int count, OutputStream output) throws IOException {
      awaitResumed();
      held = held || (withoutStreams && text(bytes, count).contains("text/event-stream"));
      if (held) {
        return true;
      }
      int passed = onlyOneBlock ? throughBlock(bytes, count) : count;
      output.write(bytes, 0, passed);
      if (passed < count || (onlyOneBlock && before == 0)) {
        // In order, so that the client has the block before it sees the end.
        down = true;
        return false;
      }
      return true;
    }

    /** How many bytes there are through the end of a block; all if it does not end here. */
    private int throughBlock(byte[] bytes, int count) {
      for (int i = 0; i < count; i++) {
        if (bytes[i] == '\n' && before == '\n') {
          before = 0;
          return i + 1;
        }
        before = bytes[i];
      }
      return count;
    }
  }

  private void pass(Socket from, Socket to, Way way) {
    try (InputStream input = from.getInputStream();
        OutputStream output = to.getOutputStream()) {
      byte[] buffer = new byte[8192];
      for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
        awaitHeard();
        if (!way.take(buffer, count, output)) {
          return;
        }
      }
    } catch (IOException e) {
      StreamConnection.cut(from, Cut.RESET);
      StreamConnection.cut(to, Cut.RESET);
    } finally {
      sockets.removeAll(List.of(from, to));
    }
  }

  private static String text(byte[] bytes, int count) {
    return new String(bytes, 0, count, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
  }

  private void awaitResumed() throws IOException {
    awaitNot(() -> paused);
  }

  private void awaitHeard() throws IOException {
    awaitNot(() -> silent);
  }

  private void awaitNot(BooleanSupplier held) throws IOException {
    synchronized (lock) {
      while (held.getAsBoolean()) {
        try {
          lock.wait();
        } catch (InterruptedException e) {
          throw new IOException("interrupted", e);
        }
      }
    }
  }

  /** Ends the connection after the first block of its event stream, and is down from then on. */
  public void cutAfterOneBlock() {
    onlyOneBlock = true;
  }

  public boolean isDown() {
    return down;
  }

  /** Whether WebSockets are reset from now on, those that are open too. */
  public void withoutWebSockets(boolean refused) {
    withoutWebSockets = refused;
    if (refused) {
      drop(Cut.RESET);
    }
  }

  /** Whether event streams are held back from now on, as by a proxy that waits for their end. */
  public void withoutStreams(boolean held) {
    withoutStreams = held;
    if (held) {
      drop(Cut.RESET);
    }
  }

  /** Answers wait until {@link #resume}. */
  public void pause() {
    synchronized (lock) {
      paused = true;
    }
  }

  public void resume() {
    synchronized (lock) {
      paused = false;
      lock.notifyAll();
    }
  }

  /**
   * Nothing gets through until {@link #hear}, and no connection ends; as if a cable were pulled.
   */
  public void silence() {
    synchronized (lock) {
      silent = true;
    }
  }

  /** What was held back by {@link #silence} goes on, as TCP would send it again. */
  public void hear() {
    synchronized (lock) {
      silent = false;
      lock.notifyAll();
    }
  }

  /** Ends every connection; those to come are let through. */
  public void drop(Cut how) {
    List<Socket> open = List.copyOf(sockets);
    open.forEach(socket -> StreamConnection.cut(socket, how));
    sockets.removeAll(open);
  }

  /** Resets every connection, and those to come until {@link #up}. */
  public void cut() {
    down = true;
    drop(Cut.RESET);
  }

  /** Passes bytes on again. */
  public void up() {
    onlyOneBlock = false;
    down = false;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    resume();
    hear();
    cut();
  }
}
