package io.tailwater.javaclient.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the format text/event-stream, however its bytes are cut. Confined to a client's loop. A
 * block of more than {@link #MAX_BLOCK} bytes is refused.
 */
public final class SseParser {
  public static final int MAX_BLOCK = 16 * 1024 * 1024;

  /**
   * @param type empty if the block has none
   * @param id null if the block has none
   */
  public record Block(String type, String data, @Nullable String id) {}

  private final Consumer<Block> blocks;
  private byte[] line = new byte[1024];
  private int length;
  private boolean afterReturn;
  private String type = "";
  private final StringBuilder data = new StringBuilder();
  private boolean hasData;
  private @Nullable String id;
  private long retryMs;

  public SseParser(Consumer<Block> blocks) {
    this.blocks = blocks;
  }

  /** Milliseconds to wait before coming back, as the server said; 0 if it did not. */
  public long retryMs() {
    return retryMs;
  }

  public void feed(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      byte next = bytes.get();
      boolean endedByReturn = afterReturn && next == '\n';
      afterReturn = next == '\r';
      if (endedByReturn) {
        continue;
      }
      if (next == '\n' || next == '\r') {
        line(new String(line, 0, length, StandardCharsets.UTF_8));
        length = 0;
      } else {
        append(next);
      }
    }
  }

  private void append(byte next) {
    if (length == line.length) {
      if (length + data.length() >= MAX_BLOCK) {
        throw new IllegalArgumentException("a block of the stream is too large");
      }
      line = Arrays.copyOf(line, 2 * length);
    }
    line[length++] = next;
  }

  private void line(String text) {
    if (text.isEmpty()) {
      dispatch();
      return;
    }
    int colon = text.indexOf(':');
    if (colon == 0) {
      // A comment.
      return;
    }
    String name = colon < 0 ? text : text.substring(0, colon);
    String value =
        colon < 0 ? "" : text.substring(text.startsWith(": ", colon) ? colon + 2 : colon + 1);
    switch (name) {
      case "data" -> data(value);
      case "event" -> type = value;
      case "id" -> id = value;
      case "retry" -> retry(value);
      default -> {
        // Unknown fields are ignored.
      }
    }
  }

  private void data(String value) {
    if (hasData) {
      data.append('\n');
    }
    data.append(value);
    hasData = true;
  }

  private void retry(String value) {
    if (value.matches("\\d{1,9}")) {
      retryMs = Long.parseLong(value);
    }
  }

  private void dispatch() {
    Block block = new Block(type, data.toString(), id);
    boolean isWhole = hasData;
    type = "";
    data.setLength(0);
    hasData = false;
    id = null;
    if (isWhole) {
      blocks.accept(block);
    }
  }
}
