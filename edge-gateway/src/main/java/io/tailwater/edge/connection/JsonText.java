package io.tailwater.edge.connection;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON objects around events: notices, answers and reports. Like an event, which {@link
 * EventJson} writes, an object is one line for every parser's idea of a line. Stateless.
 */
public final class JsonText {
  private static final JsonFactory FACTORY =
      new JsonFactoryBuilder().characterEscapes(new LineBreaks()).build();

  private JsonText() {}

  /** Writes the fields of an object. */
  @FunctionalInterface
  public interface Fields {
    /** Writes them in order. */
    void write(JsonGenerator json) throws IOException;
  }

  /** Appends an object. */
  public static void object(ByteBuf out, Fields fields) {
    try (JsonGenerator json =
        FACTORY.createGenerator((OutputStream) new ByteBufOutputStream(out))) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An object as text. */
  public static String object(Fields fields) {
    ByteBuf out = Unpooled.buffer(128);
    object(out, fields);
    return out.toString(StandardCharsets.UTF_8);
  }

  /**
   * Writes an array whose elements are JSON already.
   *
   * @param out what the generator writes to
   */
  public static void arrayOf(ByteBuf elements, JsonGenerator json, ByteBuf out) throws IOException {
    json.writeStartArray();
    json.flush();
    out.writeBytes(elements);
    json.writeEndArray();
  }

  /** Escapes the line breaks that JSON allows in a string. */
  private static final class LineBreaks extends CharacterEscapes {
    private static final long serialVersionUID = 1;

    @Override
    public int[] getEscapeCodesForAscii() {
      return standardAsciiEscapesForJSON();
    }

    @Override
    public @Nullable SerializableString getEscapeSequence(int character) {
      return switch (character) {
        case 0x85, 0x2028, 0x2029 -> new SerializedString("\\u%04x".formatted(character));
        default -> null;
      };
    }
  }
}
