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
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A network between a client that can't be told to break its connection and a server: passes bytes
 * on, until it is cut. While it is down, connections are accepted and reset.
 */
public final class Relay implements AutoCloseable {
  private final URI server;
  private final ServerSocket listener;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile boolean onlyOneBlock;
  private volatile boolean down;

  public Relay(URI server) throws IOException {
    this.server = server;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("relay-accept").start(this::accept);
  }

  public URI address() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (down) {
          StreamConnection.cut(client, Cut.RESET);
          continue;
        }
        Socket upstream = StreamConnection.connect(server, 0);
        sockets.addAll(List.of(client, upstream));
        Thread.ofVirtual().name("relay-up").start(() -> pass(client, upstream));
        Thread.ofVirtual().name("relay-down").start(() -> pass(upstream, client));
      } catch (IOException e) {
        // Closed, or the server refused: the client sees its connection end.
      }
    }
  }

  private void pass(Socket from, Socket to) {
    try (InputStream input = from.getInputStream();
        OutputStream output = to.getOutputStream()) {
      int before = 0;
      for (int next = input.read(); next >= 0; next = input.read()) {
        output.write(next);
        if (next == '\n' && before == '\n' && onlyOneBlock) {
          // In order, so that the client has the block before it sees the end.
          down = true;
          return;
        }
        before = next;
      }
    } catch (IOException e) {
      StreamConnection.cut(from, Cut.RESET);
      StreamConnection.cut(to, Cut.RESET);
    }
  }

  /** Ends the connection after the first block of its event stream, and is down from then on. */
  public void cutAfterOneBlock() {
    onlyOneBlock = true;
  }

  public boolean isDown() {
    return down;
  }

  /** Resets every connection, and those to come until {@link #up}. */
  public void cut() {
    down = true;
    sockets.forEach(socket -> StreamConnection.cut(socket, Cut.RESET));
    sockets.clear();
  }

  /** Passes bytes on again. */
  public void up() {
    onlyOneBlock = false;
    down = false;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }
}
