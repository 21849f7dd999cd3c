package io.tailwater.edge.connection;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Text;
import io.tailwater.contract.WrittenJson;
import io.tailwater.contract.v1.Encoding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of messages that are defined in {@code frames.proto}: a field is named as there. {@code
 * data} is taken and given as it was written, so that no number is read and written again; bytes
 * are base64, with {@code "encoding":"base64"} beside them.
 */
public final class MessageJson {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();

  private static final String BASE64 = "base64";
  private static final String DATA = "data";
  private static final String ENCODING = "encoding";

  private MessageJson() {}

  /**
   * Reads an object in UTF-8 into a message.
   *
   * @param where what the object is, for messages, such as "a frame"
   * @throws RequestException {@code invalid_request}, which says what is wrong and what is accepted
   * @throws IOException if it is not JSON
   */
  public static void read(JsonParser parser, byte[] json, Message.Builder into, String where)
      throws IOException {
    readObject(parser, json, into, where);
  }

  /**
   * As {@link #read(JsonParser, byte[], Message.Builder, String)}, of an object that stands alone.
   *
   * @throws RequestException {@code invalid_request}, also if it is not an object
   */
  public static void read(byte[] json, Message.Builder into, String where) {
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw invalid(where + " is an object with " + fields(into.getDescriptorForType()));
      }
      readObject(parser, json, into, where);
    } catch (IOException e) {
      throw invalid(where + " is an object with " + fields(into.getDescriptorForType()));
    }
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
   * Writes a message as an object. A field that has its default is left out, unless it says yes or
   * no.
   */
  public static void write(Message message, ByteBuf out) {
    writeObject(message, out);
  }

  /** As {@link #write}. */
  public static String text(Message message) {
    ByteBuf out = Unpooled.buffer(256);
    writeObject(message, out);
    return out.toString(StandardCharsets.UTF_8);
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
