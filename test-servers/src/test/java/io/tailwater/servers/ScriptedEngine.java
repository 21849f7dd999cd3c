package io.tailwater.servers;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Listens on a socket as a Docker engine does, and answers some requests; those it forgets. */
final class ScriptedEngine implements AutoCloseable {
  private final ServerSocketChannel server;
  private final Map<String, Integer> statuses;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<SocketChannel> held = new CopyOnWriteArrayList<>();

  /**
   * @param statuses what is answered to each request line; none: the connection stays silent
   */
  ScriptedEngine(Path socket, Map<String, Integer> statuses) throws IOException {
    this.statuses = statuses;
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().name("scripted-engine").start(this::serve);
  }

  /** The requests so far, without what follows their path. */
  List<String> asked() {
    return asked;
  }

  private void serve() {
    try {
      while (true) {
        SocketChannel client = server.accept();
        ByteBuffer request = ByteBuffer.allocate(8192);
        client.read(request);
        String line =
            new String(request.array(), StandardCharsets.US_ASCII).split(" HTTP/1.1", 2)[0];
        asked.add(line);
        Integer status = statuses.get(line);
        if (status == null) {
          held.add(client);
        } else {
          String answer = "HTTP/1.1 " + status + " as scripted\r\n\r\nOK";
          client.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.US_ASCII)));
          client.close();
        }
      }
    } catch (IOException e) {
      // Closed: the test is over.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (SocketChannel client : held) {
      client.close();
    }
  }
}
