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
 * Any event loop: RFC 7692 without context takeover of the server. Every message to a client stands
 * alone, so that what is compressed once serves every reader, and a connection to compress for
 * costs no memory of its own. Each event loop has one compressor, and one decompressor for messages
 * of clients that stand alone, too; a {@link ClientContext} reads those that do not.
 */
public final class PerMessageDeflate {
  /**
   * The answer to an offer that is accepted, if the client's messages may refer to earlier ones.
   */
  static final String ACCEPTED_WITH_CONTEXT = "permessage-deflate; server_no_context_takeover";

  /** The answer to an offer that is accepted, if each of the client's messages must stand alone. */
  static final String ACCEPTED = ACCEPTED_WITH_CONTEXT + "; client_no_context_takeover";

  /** Smaller messages go as they are. */
  private static final int WORTHWHILE_BYTES = 128;

  private static final String NAME = "permessage-deflate";
  private static final String CLIENT_ALONE = "client_no_context_takeover";
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
    return accepted(extensions) != null;
  }

  /**
   * Whether the offer that is accepted says that each of the client's messages will stand alone.
   */
  static boolean isOfferedWithoutContext(String extensions) {
    Map<String, @Nullable String> parameters = accepted(extensions);
    return parameters != null && parameters.containsKey(CLIENT_ALONE);
  }

  /** The parameters of the first offer that can be accepted; null if there is none. */
  private static @Nullable Map<String, @Nullable String> accepted(String extensions) {
    for (String offer : extensions.split(",")) {
      if (offer.replace(';', ' ').isBlank()) {
        continue;
      }
      WebSocketExtensionData data =
          WebSocketExtensionUtil.extractExtensions(offer.toLowerCase(Locale.ROOT)).getFirst();
      // A parameter that stands twice is one here, and has to be refused.
      boolean once = data.parameters().size() == offer.split(";").length - 1;
      if (data.name().equals(NAME) && once && isAcceptable(data.parameters())) {
        return data.parameters();
      }
    }
    return null;
  }

  private static boolean isAcceptable(Map<String, @Nullable String> parameters) {
    return parameters.entrySet().stream()
        .allMatch(
            parameter -> {
              String value = parameter.getValue();
              return switch (parameter.getKey()) {
                case "server_no_context_takeover", CLIENT_ALONE -> value == null;
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
   * Decompresses a message that stands alone.
   *
   * @param limit most bytes that it may have
   */
  static Inflated inflate(ByteBuf message, int limit, ByteBuf out) {
    Inflater inflater = INFLATERS.get();
    try {
      return inflate(inflater, message, limit, out);
    } finally {
      inflater.reset();
    }
  }

  /** As {@link #inflate(ByteBuf, int, ByteBuf)}, of a message that may refer to earlier ones. */
  static Inflated inflate(Inflater inflater, ByteBuf message, int limit, ByteBuf out) {
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
