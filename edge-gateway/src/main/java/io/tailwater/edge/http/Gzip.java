package io.tailwater.edge.http;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decodes a body of one gzip member (RFC 1952) as a whole, or not at all. What Java's own stream
 * would pass over is refused: bytes behind the member, and further members.
 */
final class Gzip {
  private static final int FIXED_HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 8;
  private static final int MAGIC = 0x8b1f;
  private static final int DEFLATE = 8;
  private static final int HEADER_CHECKSUM = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private Gzip() {}

  /**
   * @param maxBytes of the decoded body
   * @throws RequestException {@code too_large}, or {@code invalid_request} which names the fault
   */
  static byte[] decode(byte[] coded, int maxBytes) {
    int header = headerBytes(coded);
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(coded, header, coded.length - header);
      byte[] body = inflated(inflater, maxBytes);
      requireTrailer(coded, coded.length - inflater.getRemaining(), body);
      return body;
    } catch (DataFormatException e) {
      throw fault("its compressed data are damaged");
    } finally {
      inflater.end();
    }
  }

  private static byte[] inflated(Inflater inflater, int maxBytes) throws DataFormatException {
    ByteArrayOutputStream body = new ByteArrayOutputStream(Math.min(maxBytes, 16 << 10));
    byte[] piece = new byte[16 << 10];
    while (!inflater.finished()) {
      int length = inflater.inflate(piece);
      if (length == 0 && !inflater.finished()) {
        throw inflater.needsDictionary()
            ? fault("its compressed data need a dictionary")
            : fault("it ends too early");
      }
      if (body.size() + length > maxBytes) {
        throw new RequestException(
            ErrorCode.TOO_LARGE, "the decoded body is at most " + maxBytes + " bytes");
      }
      body.write(piece, 0, length);
    }
    return body.toByteArray();
  }

  private static int headerBytes(byte[] coded) {
    if (coded.length < FIXED_HEADER_BYTES) {
      throw fault("it ends too early");
    }
    ByteBuffer bytes = ByteBuffer.wrap(coded).order(ByteOrder.LITTLE_ENDIAN);
    int flags = coded[3];
    if ((bytes.getShort() & 0xffff) != MAGIC || coded[2] != DEFLATE || (flags & RESERVED) != 0) {
      throw fault("it does not begin as gzip does");
    }
    bytes.position(FIXED_HEADER_BYTES);
    if ((flags & EXTRA) != 0) {
      require(bytes, 2);
      int extra = bytes.getShort() & 0xffff;
      require(bytes, extra);
      bytes.position(bytes.position() + extra);
    }
    if ((flags & NAME) != 0) {
      skipText(bytes);
    }
    if ((flags & COMMENT) != 0) {
      skipText(bytes);
    }
    if ((flags & HEADER_CHECKSUM) != 0) {
      int length = bytes.position();
      require(bytes, 2);
      if ((checksum(coded, length) & 0xffff) != (bytes.getShort() & 0xffff)) {
        throw fault("the checksum of its header is wrong");
      }
    }
    return bytes.position();
  }

  private static void skipText(ByteBuffer bytes) {
    do {
      require(bytes, 1);
    } while (bytes.get() != 0);
  }

  private static void require(ByteBuffer bytes, int count) {
    if (bytes.remaining() < count) {
      throw fault("it ends too early");
    }
  }

  private static void requireTrailer(byte[] coded, int at, byte[] body) {
    ByteBuffer bytes = ByteBuffer.wrap(coded).order(ByteOrder.LITTLE_ENDIAN).position(at);
    require(bytes, TRAILER_BYTES);
    if ((int) checksum(body, body.length) != bytes.getInt()) {
      throw fault("its checksum is wrong");
    }
    if (body.length != bytes.getInt()) {
      throw fault("its length is wrong");
    }
    if (bytes.remaining() >= 2 && (bytes.getShort(bytes.position()) & 0xffff) == MAGIC) {
      throw fault("it has several members, and one is accepted");
    }
    if (bytes.hasRemaining()) {
      throw fault("something follows its end");
    }
  }

  private static long checksum(byte[] bytes, int length) {
    CRC32 checksum = new CRC32();
    checksum.update(bytes, 0, length);
    return checksum.getValue();
  }

  private static RequestException fault(String what) {
    return new RequestException(
        ErrorCode.INVALID_REQUEST,
        "the gzip body cannot be decoded: " + what + "; nothing of it was used");
  }
}
