package io.tailwater.system.clients;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Parses one event stream to the letter of the HTML standard, section "Interpreting an event
 * stream". That includes what many parsers are kinder about: the id buffer of a new stream is
 * empty, so a block without an id before the first one that has it makes a reader forget its
 * position. Where the standard repairs what a server should never send (bytes that are no UTF-8),
 * this one throws. Confined to its reader's thread.
 */
public final class EventStreamParser {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private final Consumer<Block> blocks;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final StringBuilder data = new StringBuilder();
  private boolean hasData;
  private boolean hadId;
  private boolean firstLine = true;
  private boolean afterCarriageReturn;
  private String type = "";
  private String lastEventId = "";
  private OptionalLong retryMs = OptionalLong.empty();
  private long comments;

  public EventStreamParser(Consumer<Block> blocks) {
    this.blocks = blocks;
  }

  /** Takes the next bytes; blocks that they complete go to the consumer. */
  public void feed(byte[] bytes, int length, long nowNanos) {
    for (int i = 0; i < length; i++) {
      byte next = bytes[i];
      boolean endsCrLf = afterCarriageReturn && next == '\n';
      afterCarriageReturn = next == '\r';
      if (endsCrLf) {
        continue;
      }
      if (next == '\n' || next == '\r') {
        endOfLine(nowNanos);
      } else {
        line.write(next);
      }
    }
  }

  /** The newest {@code retry:} of this stream. */
  OptionalLong retryMs() {
    return retryMs;
  }

  /** How many comment lines came: heartbeats. */
  long comments() {
    return comments;
  }

  private void endOfLine(long nowNanos) {
    String text = decoded();
    line.reset();
    if (firstLine && text.startsWith(BYTE_ORDER_MARK)) {
      text = text.substring(1);
    }
    firstLine = false;
    int colon = text.indexOf(':');
    if (text.isEmpty()) {
      dispatch(nowNanos);
    } else if (colon == 0) {
      comments++;
    } else if (colon < 0) {
      field(text, "");
    } else {
      String value = text.substring(colon + 1);
      field(text.substring(0, colon), value.startsWith(" ") ? value.substring(1) : value);
    }
  }

  private String decoded() {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(line.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw new IllegalStateException("a line of the stream is no UTF-8", e);
    }
  }

  private void field(String name, String value) {
    switch (name) {
      case "event" -> type = value;
      case "data" -> {
        data.append(value).append('\n');
        hasData = true;
      }
      case "id" -> {
        if (value.indexOf('\0') < 0) {
          lastEventId = value;
          hadId = true;
        }
      }
      case "retry" -> {
        if (value.matches("[0-9]{1,15}")) {
          retryMs = OptionalLong.of(Long.parseLong(value));
        }
      }
      default -> {
        // The standard ignores other fields.
      }
    }
  }

  private void dispatch(long nowNanos) {
    @Nullable String text = hasData ? data.substring(0, data.length() - 1) : null;
    // "If the data buffer is an empty string": one empty data line is a buffer with a newline.
    blocks.accept(new Block(type.isEmpty() ? "message" : type, text, lastEventId, hadId, nowNanos));
    data.setLength(0);
    hasData = false;
    hadId = false;
    type = "";
  }
}
