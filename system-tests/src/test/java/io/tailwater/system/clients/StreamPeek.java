package io.tailwater.system.clients;

import io.tailwater.system.ledger.Wanted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One event stream, read block by block on the test's own thread. */
public final class StreamPeek implements AutoCloseable {
  private final Socket socket;
  private final StreamConnection stream;
  private final List<Block> blocks = new ArrayList<>();
  private final EventStreamParser parser = new EventStreamParser(blocks::add);
  private int given;
  private final byte[] buffer = new byte[8192];

  private StreamPeek(Socket socket, StreamConnection stream) {
    this.socket = socket;
    this.stream = stream;
  }

  public static StreamPeek open(URI gateway, Wanted wanted) {
    return open(gateway, wanted.path(), Map.of("Accept", "text/event-stream"));
  }

  public static StreamPeek open(URI gateway, String path, Map<String, String> headers) {
    try {
      Socket socket = StreamConnection.connect(gateway, 0);
      return new StreamPeek(socket, StreamConnection.get(socket, gateway, path, headers));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@link #open(URI, String, Map)}, from another address of this machine. */
  public static StreamPeek from(
      InetAddress address, URI gateway, String path, Map<String, String> headers) {
    try {
      Socket socket = StreamConnection.connect(gateway, 0, address);
      return new StreamPeek(socket, StreamConnection.get(socket, gateway, path, headers));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int status() {
    return stream.status();
  }

  public String header(String name) {
    return stream.header(name);
  }

  /** All blocks so far. */
  public List<Block> blocks() {
    return List.copyOf(blocks);
  }

  /** The block that follows those which this gave before; reads on until it is there. */
  public Block next() {
    while (blocks.size() == given) {
      if (!more()) {
        throw new IllegalStateException("the stream ended after " + blocks);
      }
    }
    return blocks.get(given++);
  }

  /** Reads on until so many {@code tw.live} have come; the position then. */
  public String untilLive(int count) {
    while (blocks.stream().filter(block -> block.type().equals("tw.live")).count() < count) {
      if (!more()) {
        throw new IllegalStateException("the stream ended after " + blocks);
      }
    }
    return blocks.getLast().lastEventId();
  }

  /** Reads on to the end of the stream. */
  public List<Block> untilEnd() {
    while (more()) {
      // The blocks are kept.
    }
    return blocks();
  }

  private boolean more() {
    try {
      int read = stream.read(buffer);
      if (read > 0) {
        parser.feed(buffer, read, System.nanoTime());
      }
      return read >= 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    StreamConnection.cut(socket, Cut.CLOSE);
  }
}
