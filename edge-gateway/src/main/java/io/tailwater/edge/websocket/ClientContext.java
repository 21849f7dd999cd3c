package io.tailwater.edge.websocket;

import io.netty.buffer.ByteBuf;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Confined to its connection's event loop: decompresses the messages of a client that may refer to
 * its earlier ones. It takes memory outside of the heap, some 45 KB, from the first compressed
 * message on and until {@link #end}.
 */
final class ClientContext {
  private @Nullable Inflater inflater;

  /**
   * Decompresses the next message.
   *
   * @param limit most bytes that it may have
   */
  PerMessageDeflate.Inflated inflate(ByteBuf message, int limit, ByteBuf out) {
    Inflater own = inflater;
    if (own == null) {
      own = new Inflater(true);
      inflater = own;
    }
    PerMessageDeflate.Inflated result = PerMessageDeflate.inflate(own, message, limit, out);
    if (own.finished()) {
      // The client ended its stream with the message, so the next one begins another.
      own.reset();
    }
    return result;
  }

  /** Gives its memory back. */
  void end() {
    if (inflater != null) {
      inflater.end();
      inflater = null;
    }
  }
}
