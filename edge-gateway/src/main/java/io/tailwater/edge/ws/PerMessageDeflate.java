package io.tailwater.edge.ws;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * RFC 7692 without context takeover in either direction: every message stands alone, so that what
 * is compressed once serves every reader, and a connection that compresses costs no memory of its
 * own. Each event loop has one compressor and one decompressor.
 */
final class PerMessageDeflate {
  /** What the server answers to an offer that it takes. */
  static final String ACCEPTED =
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

  /** Smaller messages go as they are. */
  static final int WORTHWHILE_BYTES = 128;

  private static final String NAME = "permessage-deflate";
  private static final int MAX_WINDOW_BITS = 15;
  private static final int MIN_WINDOW_BITS = 8;

  /** The empty block that ends what is flushed, and is not sent. */
  private static final byte[] TAIL = {0, 0, (byte) 0xff, (byte) 0xff};

  private static final FastThreadLocal<Deflater> DEFLATERS =
      new FastThreadLocal<>() {
        @Override
        protected Deflater initialValue() {
          return new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        }

        @Override
        protected void onRemoval(Deflater deflater) {
          deflater.end();
        }
      };

  private static final FastThreadLocal<Inflater> INFLATERS =
      new FastThreadLocal<>() {
        @Override
        protected Inflater initialValue() {
          return new Inflater(true);
        }

        @Override
        protected void onRemoval(Inflater inflater) {
          inflater.end();
        }
      };

  private PerMessageDeflate() {}

  /**
   * Whether one of the offers can be taken; those with parameters that are unknown or wrong, or
   * with a smaller window than ours, are passed over, as the RFC wants it.
   *
   * @param extensions {@code Sec-WebSocket-Extensions}
   */
  static boolean isOffered(String extensions) {
    for (String offer : extensions.split(",")) {
      if (isAcceptable(offer.toLowerCase(Locale.ROOT).split(";"))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isAcceptable(String[] parts) {
    if (!parts[0].trim().equals(NAME)) {
      return false;
    }
    Set<String> seen = new HashSet<>();
    for (int i = 1; i < parts.length; i++) {
      String[] parameter = parts[i].trim().split("=", 2);
      String name = parameter[0].trim();
      String value = parameter.length == 1 ? "" : parameter[1].trim().replace("\"", "");
      boolean known =
          switch (name) {
            case "server_no_context_takeover", "client_no_context_takeover" ->
                parameter.length == 1;
            case "client_max_window_bits" -> parameter.length == 1 || isWindow(value);
            case "server_max_window_bits" -> value.equals(Integer.toString(MAX_WINDOW_BITS));
            default -> false;
          };
      if (!known || !seen.add(name)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isWindow(String value) {
    return value.matches("[0-9]{1,2}")
        && Integer.parseInt(value) >= MIN_WINDOW_BITS
        && Integer.parseInt(value) <= MAX_WINDOW_BITS;
  }

  /** Compresses a message. */
  static void deflate(ByteBuf message, ByteBuf out) {
    Deflater deflater = DEFLATERS.get();
    deflater.setInput(message.nioBuffer());
    int written;
    do {
      out.ensureWritable(1024);
      ByteBuffer free = out.nioBuffer(out.writerIndex(), out.writableBytes());
      written = deflater.deflate(free, Deflater.SYNC_FLUSH);
      out.writerIndex(out.writerIndex() + written);
    } while (out.writableBytes() == 0 || !deflater.needsInput());
    deflater.reset();
    out.writerIndex(out.writerIndex() - TAIL.length);
  }

  /** What came of a compressed message. */
  enum Inflated {
    WHOLE,
    TOO_LARGE,
    BROKEN
  }

  /**
   * Decompresses a message.
   *
   * @param limit most bytes that it may have
   */
  static Inflated inflate(ByteBuf message, int limit, ByteBuf out) {
    Inflater inflater = INFLATERS.get();
    try {
      inflater.setInput(message.nioBuffer());
      if (!drain(inflater, limit, out)) {
        return Inflated.TOO_LARGE;
      }
      if (!inflater.finished()) {
        inflater.setInput(TAIL);
        if (!drain(inflater, limit, out)) {
          return Inflated.TOO_LARGE;
        }
      }
      return Inflated.WHOLE;
    } catch (DataFormatException e) {
      return Inflated.BROKEN;
    } finally {
      inflater.reset();
    }
  }

  private static boolean drain(Inflater inflater, int limit, ByteBuf out)
      throws DataFormatException {
    while (true) {
      out.ensureWritable(1024);
      int written = inflater.inflate(out.nioBuffer(out.writerIndex(), out.writableBytes()));
      out.writerIndex(out.writerIndex() + written);
      if (out.readableBytes() > limit) {
        return false;
      }
      if (inflater.needsDictionary()) {
        throw new DataFormatException("a dictionary is asked for");
      }
      if (inflater.finished() || written == 0) {
        return true;
      }
    }
  }
}
