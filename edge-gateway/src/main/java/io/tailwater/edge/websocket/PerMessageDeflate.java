package io.tailwater.edge.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtensionData;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtensionUtil;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Any event loop: RFC 7692 without context takeover in either direction. Every message stands
 * alone, so that what is compressed once serves every reader, and a connection that compresses
 * costs no memory of its own. Each event loop has one compressor and one decompressor.
 */
public final class PerMessageDeflate {
  /** The answer to an offer that is accepted. */
  static final String ACCEPTED =
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

  /** Smaller messages go as they are. */
  private static final int WORTHWHILE_BYTES = 128;

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
   * Whether one of the offers can be accepted. As the RFC demands, offers with unknown or wrong
   * parameters are skipped; so are those with a smaller window than ours.
   *
   * @param extensions {@code Sec-WebSocket-Extensions}
   */
  static boolean isOffered(String extensions) {
    for (String offer : extensions.split(",")) {
      if (offer.replace(';', ' ').isBlank()) {
        continue;
      }
      WebSocketExtensionData data =
          WebSocketExtensionUtil.extractExtensions(offer.toLowerCase(Locale.ROOT)).getFirst();
      // A parameter that stands twice is one here, and has to be refused.
      boolean once = data.parameters().size() == offer.split(";").length - 1;
      if (data.name().equals(NAME) && once && isAcceptable(data.parameters())) {
        return true;
      }
    }
    return false;
  }

  private static boolean isAcceptable(Map<String, @Nullable String> parameters) {
    return parameters.entrySet().stream()
        .allMatch(
            parameter -> {
              String value = parameter.getValue();
              return switch (parameter.getKey()) {
                case "server_no_context_takeover", "client_no_context_takeover" -> value == null;
                case "client_max_window_bits" -> value == null || isWindow(value);
                case "server_max_window_bits" -> Integer.toString(MAX_WINDOW_BITS).equals(value);
                default -> false;
              };
            });
  }

  private static boolean isWindow(String value) {
    return value.matches("[0-9]{1,2}")
        && Integer.parseInt(value) >= MIN_WINDOW_BITS
        && Integer.parseInt(value) <= MAX_WINDOW_BITS;
  }

  /** Writes a frame of a whole message again, compressed if that is worthwhile. */
  public static void compress(ByteBuf frame, ByteBuf out) {
    int length = frame.getUnsignedByte(frame.readerIndex() + 1);
    int header = length <= 125 ? 2 : length == 126 ? 4 : FrameHeader.MAX_BYTES;
    ByteBuf payload = frame.slice(frame.readerIndex() + header, frame.readableBytes() - header);
    if (payload.readableBytes() < WORTHWHILE_BYTES) {
      out.writeBytes(frame);
      return;
    }
    int opcode = frame.getByte(frame.readerIndex()) & FrameHeader.OPCODE;
    ByteBuf smaller = out.alloc().directBuffer(payload.readableBytes() / 2 + 64);
    try {
      deflate(payload, smaller);
      FrameHeader.write(opcode | FrameHeader.COMPRESSED, smaller.readableBytes(), out);
      out.writeBytes(smaller);
    } finally {
      smaller.release();
    }
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

  /** The result of {@link #inflate}. */
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
        throw new DataFormatException("a dictionary is needed");
      }
      if (inflater.finished() || written == 0) {
        return true;
      }
    }
  }
}
