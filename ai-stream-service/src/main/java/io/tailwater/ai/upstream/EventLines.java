package io.tailwater.ai.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread: reads the data of an event stream. It decodes whole lines, so a character
 * whose bytes come in two pieces is one character.
 */
final class EventLines {
  private static final int MAX_DATA_BYTES = 4 << 20;
  private static final byte[] FIELD = "data:".getBytes(StandardCharsets.US_ASCII);

  private final InputStream stream;
  private final Runnable heard;
  private final byte[] buffer = new byte[16 << 10];
  private int at;
  private int end;
  private byte[] line = new byte[1 << 10];
  private int length;
  private boolean afterReturn;

  /**
   * @param heard is called whenever bytes have arrived
   */
  EventLines(InputStream stream, Runnable heard) {
    this.stream = stream;
    this.heard = heard;
  }

  /**
   * The data of the next event; null at the end of the stream.
   *
   * @throws IOException if the stream breaks, or has what no event stream has
   */
  @Nullable String next() throws IOException {
    StringBuilder data = null;
    while (nextLine()) {
      if (length == 0) {
        if (data != null) {
          return data.toString();
        }
      } else if (isData()) {
        String text = text(FIELD.length < length && line[FIELD.length] == ' ' ? 1 : 0);
        data = data == null ? new StringBuilder(text) : data.append('\n').append(text);
        if (data.length() > MAX_DATA_BYTES) {
          throw new IOException("an event is too large");
        }
      }
    }
    // Without the empty line the event is incomplete, but several servers end so.
    return data == null ? null : data.toString();
  }

  private boolean isData() {
    if (length < FIELD.length) {
      return false;
    }
    for (int i = 0; i < FIELD.length; i++) {
      if (line[i] != FIELD[i]) {
        return false;
      }
    }
    return true;
  }

  private String text(int space) throws CharacterCodingException {
    int from = FIELD.length + space;
    return StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT)
        .decode(ByteBuffer.wrap(line, from, length - from))
        .toString();
  }

  /** Whether there is one; it is in {@code line} then. */
  private boolean nextLine() throws IOException {
    length = 0;
    while (true) {
      if (at == end && !fill()) {
        return length > 0;
      }
      byte next = buffer[at++];
      boolean second = afterReturn && next == '\n';
      afterReturn = next == '\r';
      if (second) {
        continue;
      }
      if (next == '\n' || next == '\r') {
        return true;
      }
      append(next);
    }
  }

  private boolean fill() throws IOException {
    int count = stream.read(buffer, 0, buffer.length);
    at = 0;
    end = Math.max(0, count);
    heard.run();
    return count > 0;
  }

  private void append(byte next) throws IOException {
    if (length == line.length) {
      if (length >= MAX_DATA_BYTES) {
        throw new IOException("a line is too long");
      }
      line = java.util.Arrays.copyOf(line, 2 * length);
    }
    line[length++] = next;
  }
}
