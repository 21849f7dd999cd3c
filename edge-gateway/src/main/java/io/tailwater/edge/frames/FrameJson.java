package io.tailwater.edge.frames;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Text;
import io.tailwater.contract.WrittenJson;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.request.JsonInput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of the frames, made from their definition in {@code frames.proto}: a field is named as
 * there. {@code data} is taken and given as it was written, so that no number is read and written
 * again; bytes are base64, with {@code "encoding":"base64"} beside them.
 */
final class FrameJson {
  /** Of bytes, a parser would take UTF-16 for JSON, too. */
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();

  /** For finding a frame's id, wherever the limits of the other are exceeded. */
  private static final JsonFactory WITHOUT_LIMITS =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  /** The id of a frame that has one, but none that could be answered. */
  private static final long UNUSABLE = -1;

  private static final String BASE64 = "base64";
  private static final String DATA = "data";
  private static final String ENCODING = "encoding";

  private FrameJson() {}

  /** Reads a frame of a client, which is UTF-8. */
  static ClientMessage read(byte[] json) {
    long id;
    try {
      id = id(json);
    } catch (IOException e) {
      return ClientMessage.unreadable("the message is not a JSON object");
    }
    if (id == UNUSABLE) {
      return ClientMessage.badId();
    }
    if (id < 1) {
      return ClientMessage.of(ClientFrame.getDefaultInstance());
    }
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      ClientFrame.Builder frame = ClientFrame.newBuilder();
      readObject(parser, json, frame, "a frame");
      return ClientMessage.of(frame.build());
    } catch (RequestException e) {
      return ClientMessage.refused(id, e);
    } catch (StreamConstraintsException e) {
      return ClientMessage.refused(id, JsonInput.beyond("the frame", e));
    } catch (IOException e) {
      return ClientMessage.unreadable("the message is not a JSON object");
    }
  }

  /**
   * The frame's id, so that whatever else is wrong with it can be answered; 0 if it has none, and
   * {@link #UNUSABLE} if it is not a whole number of 1 or more.
   *
   * @throws IOException if it is not a JSON object, or something follows it
   */
  private static long id(byte[] json) throws IOException {
    long id = 0;
    try (JsonParser parser = WITHOUT_LIMITS.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("not an object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean isId = id == 0 && parser.currentName().equals("id");
        parser.nextToken();
        if (isId) {
          id = id(parser);
        }
        parser.skipChildren();
        parser.finishToken();
      }
      if (parser.nextToken() != null) {
        throw new IOException("something follows");
      }
    }
    return id;
  }

  private static long id(JsonParser parser) throws IOException {
    // Longer ones do not fit, and would take long to read.
    boolean whole =
        parser.currentToken() == JsonToken.VALUE_NUMBER_INT && parser.getTextLength() < 20;
    if (!whole || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      return UNUSABLE;
    }
    long id = parser.getLongValue();
    return id < 0 ? UNUSABLE : id;
  }

  private static void readObject(JsonParser parser, byte[] json, Message.Builder into, String where)
      throws IOException {
    Descriptor type = into.getDescriptorForType();
    Set<FieldDescriptor> seen = new HashSet<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      FieldDescriptor field = type.findFieldByName(name);
      if (field == null) {
        throw invalid(
            "there is no field '" + shortened(name) + "' in " + where + ": " + fields(type));
      }
      if (!seen.add(field)) {
        throw invalid("'" + name + "' stands twice in " + where);
      }
      if (field.getContainingOneof() != null
          && into.getOneofFieldDescriptor(field.getContainingOneof()) != null) {
        throw invalid("a frame is one of " + fields(type) + ", not several");
      }
      parser.nextToken();
      if (field.isRepeated()) {
        readList(parser, json, into, field, where);
      } else {
        into.setField(field, value(parser, json, into, field, where));
      }
    }
    decodeBytes(into, type);
  }

  private static void readList(
      JsonParser parser, byte[] json, Message.Builder into, FieldDescriptor field, String where)
      throws IOException {
    boolean objects = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
    JsonToken kind = objects ? JsonToken.START_OBJECT : JsonToken.VALUE_STRING;
    boolean list = parser.currentToken() == JsonToken.START_ARRAY;
    while (list && parser.nextToken() == kind) {
      if (objects) {
        Message.Builder part = into.newBuilderForField(field);
        readObject(parser, json, part, "'" + field.getName() + "'");
        into.addRepeatedField(field, part.build());
      } else {
        into.addRepeatedField(field, parser.getText());
      }
    }
    if (parser.currentToken() != JsonToken.END_ARRAY) {
      throw invalid(
          "'"
              + field.getName()
              + "' in "
              + where
              + (objects ? " is a list of objects" : " is a list of strings"));
    }
  }

  private static Object value(
      JsonParser parser, byte[] json, Message.Builder into, FieldDescriptor field, String where)
      throws IOException {
    JsonToken token = parser.currentToken();
    Object value =
        switch (field.getJavaType()) {
          case LONG ->
              token == JsonToken.VALUE_NUMBER_INT
                      && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                  ? parser.getLongValue()
                  : null;
          case STRING ->
              token == JsonToken.VALUE_STRING
                  ? Text.require(
                      "'" + field.getName() + "'", parser.getText(), ErrorCode.INVALID_REQUEST)
                  : null;
          case BOOLEAN ->
              token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE
                  ? parser.getBooleanValue()
                  : null;
          case ENUM ->
              token == JsonToken.VALUE_STRING && parser.getText().equals(BASE64)
                  ? Encoding.ENCODING_BASE64.getValueDescriptor()
                  : null;
          case BYTE_STRING -> UnsafeByteOperations.unsafeWrap(WrittenJson.value(parser, json));
          case MESSAGE -> {
            if (token != JsonToken.START_OBJECT) {
              yield null;
            }
            Message.Builder part = into.newBuilderForField(field);
            readObject(parser, json, part, "'" + field.getName() + "'");
            yield part.build();
          }
          case INT, FLOAT, DOUBLE -> null;
        };
    if (value == null) {
      throw invalid("'" + field.getName() + "' in " + where + " is " + kind(field));
    }
    return value;
  }

  /** What {@code encoding} says is known only when all fields are. */
  private static void decodeBytes(Message.Builder into, Descriptor type) throws IOException {
    FieldDescriptor encoding = type.findFieldByName(ENCODING);
    if (encoding == null || !isBase64(into.getField(encoding))) {
      return;
    }
    FieldDescriptor data = type.findFieldByName(DATA);
    byte[] text = ((ByteString) into.getField(data)).toByteArray();
    try (JsonParser parser = JSON.createParser(text)) {
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw invalid("'data' with \"encoding\":\"base64\" is a string");
      }
      into.setField(data, ByteString.copyFrom(Base64.getDecoder().decode(parser.getText())));
    } catch (IllegalArgumentException e) {
      throw invalid("'data' is not base64");
    }
  }

  private static boolean isBase64(@Nullable Object encoding) {
    return encoding instanceof EnumValueDescriptor value
        && value.getNumber() == Encoding.ENCODING_BASE64_VALUE;
  }

  private static String kind(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case LONG, INT -> "a whole number";
      case STRING -> "a string";
      case BOOLEAN -> "true or false";
      case ENUM -> "\"base64\", or left out";
      case MESSAGE -> "an object with " + fields(field.getMessageType());
      case BYTE_STRING, FLOAT, DOUBLE -> "a value";
    };
  }

  private static String fields(Descriptor type) {
    return type.getFields().isEmpty()
        ? "none"
        : type.getFields().stream().map(FieldDescriptor::getName).collect(Collectors.joining(", "));
  }

  private static String shortened(String name) {
    return name.length() <= 64 ? name : name.substring(0, 64) + "…";
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }

  /**
   * Writes a frame of the server; not events, which {@link FramesFormat} writes. A field that has
   * its default is left out, unless it says yes or no.
   */
  static void write(ServerFrame frame, ByteBuf out) {
    writeObject(frame, out);
  }

  private static void writeObject(Message message, ByteBuf out) {
    out.writeByte('{');
    boolean first = true;
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      boolean said =
          field.isRepeated()
              ? message.getRepeatedFieldCount(field) > 0
              : message.hasField(field)
                  || field.getJavaType() == FieldDescriptor.JavaType.BOOLEAN
                      && !field.hasPresence();
      if (said) {
        if (!first) {
          out.writeByte(',');
        }
        first = false;
        ascii("\"" + field.getName() + "\":", out);
        if (field.isRepeated()) {
          writeList(message, field, out);
        } else {
          writeValue(message, field, out);
        }
      }
    }
    out.writeByte('}');
  }

  /** A list of objects, which is the only kind that servers send. */
  private static void writeList(Message message, FieldDescriptor field, ByteBuf out) {
    out.writeByte('[');
    for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
      if (i > 0) {
        out.writeByte(',');
      }
      writeObject((Message) message.getRepeatedField(field, i), out);
    }
    out.writeByte(']');
  }

  private static void writeValue(Message message, FieldDescriptor field, ByteBuf out) {
    Object value = message.getField(field);
    switch (field.getJavaType()) {
      case LONG, INT, BOOLEAN -> ascii(value.toString(), out);
      case STRING -> EventJson.writeString((String) value, out);
      case ENUM -> ascii("\"" + BASE64 + "\"", out);
      case MESSAGE -> writeObject((Message) value, out);
      case BYTE_STRING -> {
        byte[] bytes = ((ByteString) value).toByteArray();
        FieldDescriptor encoding = message.getDescriptorForType().findFieldByName(ENCODING);
        if (encoding != null && isBase64(message.getField(encoding))) {
          ascii("\"" + Base64.getEncoder().encodeToString(bytes) + "\"", out);
        } else {
          out.writeBytes(bytes);
        }
      }
      case FLOAT, DOUBLE ->
          throw new IllegalArgumentException("no frame has a field like " + field.getName());
    }
  }

  private static void ascii(String text, ByteBuf out) {
    out.writeCharSequence(text, StandardCharsets.US_ASCII);
  }
}
