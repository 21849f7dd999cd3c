package io.tailwater.edge.socketio;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tailwater.contract.WrittenJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event of a client with its arguments. Immutable.
 *
 * @param values behind the name
 */
record Arguments(String name, List<Value> values) {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String PLACEHOLDER = "_placeholder";
  private static final String NUMBER = "num";

  /** Before the names of events whose argument is as in a frame. */
  private static final String OURS = "tw:";

  private static final String DATA = "data";
  private static final byte[] AS_BASE64 =
      "\",\"encoding\":\"base64\"".getBytes(StandardCharsets.US_ASCII);

  /**
   * One argument.
   *
   * @param json as it was written, with bytes inside of it as texts of base64
   * @param bytes the bytes that it consists of; null if it is something else
   * @param at JSON Pointers to the texts of base64 in it
   */
  record Value(byte[] json, byte @Nullable [] bytes, List<String> at) {
    static Value of(byte[] json) {
      return new Value(json, null, List.of());
    }
  }

  /**
   * JSON Pointers to the texts of base64 in the {@link #array}.
   *
   * @param before stands before each: where the array itself stands
   */
  List<String> bytesAt(String before) {
    List<String> all = new ArrayList<>(0);
    for (int i = 0; i < values.size(); i++) {
      for (String at : values.get(i).at()) {
        all.add(before + "/" + i + at);
      }
    }
    return all;
  }

  /** The arguments as one JSON array. */
  byte[] array() {
    ByteArrayOutputStream array = new ByteArrayOutputStream();
    array.write('[');
    for (int i = 0; i < values.size(); i++) {
      if (i > 0) {
        array.write(',');
      }
      array.writeBytes(values.get(i).json());
    }
    array.write(']');
    return array.toByteArray();
  }

  /**
   * Reads what {@link SocketPacket} has found to be an event.
   *
   * @param attachments its messages of bytes, in their order
   * @return null if a placeholder is one of no attachment
   */
  static @Nullable Arguments read(byte[] payload, List<byte[]> attachments) {
    try (JsonParser parser = JSON.createParser(payload)) {
      parser.nextToken();
      parser.nextToken();
      return read(parser.getText(), parser, payload, attachments);
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Reads what {@link SocketPacket} has found to be an acknowledgement: one JSON array, with bytes
   * inside of it as texts of base64.
   *
   * @return null if a placeholder is one of no attachment
   */
  static byte @Nullable [] array(byte[] payload, List<byte[]> attachments) {
    try (JsonParser parser = JSON.createParser(payload)) {
      parser.nextToken();
      Arguments all = read("", parser, payload, attachments);
      return all == null ? null : all.array();
    } catch (IOException e) {
      return null;
    }
  }

  /** Reads the rest of an array. */
  private static @Nullable Arguments read(
      String name, JsonParser parser, byte[] payload, List<byte[]> attachments) throws IOException {
    List<Value> values = new ArrayList<>(1);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      byte[] json = WrittenJson.value(parser, payload);
      Value value =
          attachments.isEmpty() ? Value.of(json) : filled(json, attachments, name.startsWith(OURS));
      if (value == null) {
        return null;
      }
      values.add(value);
    }
    return new Arguments(name, values);
  }

  /**
   * Where a placeholder stands in the text, and which attachment belongs there.
   *
   * @param data whether it is the field {@code data} of the argument
   * @param pointer as in RFC 6901
   */
  private record Place(int start, int end, byte[] bytes, boolean data, String pointer) {}

  /** An object that is being read. */
  private static final class Candidate {
    private final int start;
    private int fields;
    private String field = "";
    private boolean marked;
    private int number = -1;

    Candidate(int start) {
      this.start = start;
    }

    boolean isPlaceholder() {
      return marked && fields == 2 && number >= 0;
    }
  }

  /**
   * @param frame whether data that is bytes is named so beside it, as in a frame
   */
  private static @Nullable Value filled(byte[] json, List<byte[]> attachments, boolean frame)
      throws IOException {
    List<Place> places = places(json, attachments);
    if (places == null || places.isEmpty()) {
      return places == null ? null : Value.of(json);
    }
    ByteArrayOutputStream filled = new ByteArrayOutputStream();
    int copied = 0;
    for (Place place : places) {
      filled.write(json, copied, place.start() - copied);
      filled.write('"');
      filled.writeBytes(Base64.getEncoder().encode(place.bytes()));
      if (frame && place.data()) {
        filled.writeBytes(AS_BASE64);
      } else {
        filled.write('"');
      }
      copied = place.end();
    }
    filled.write(json, copied, json.length - copied);
    boolean whole = places.getFirst().start() == 0 && places.getFirst().end() == json.length;
    return new Value(
        filled.toByteArray(),
        whole ? places.getFirst().bytes() : null,
        places.stream().map(Place::pointer).toList());
  }

  private static @Nullable List<Place> places(byte[] json, List<byte[]> attachments)
      throws IOException {
    List<Place> places = new ArrayList<>();
    Deque<Candidate> open = new ArrayDeque<>();
    try (JsonParser parser = JSON.createParser(json)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case START_OBJECT ->
              open.push(new Candidate((int) parser.currentTokenLocation().getByteOffset()));
          case END_OBJECT -> {
            Candidate ended = open.pop();
            if (ended.marked && !ended.isPlaceholder()
                || ended.number >= attachments.size() && ended.marked) {
              return null;
            }
            if (ended.isPlaceholder()) {
              int end = (int) parser.currentLocation().getByteOffset();
              boolean data = open.size() == 1 && open.element().field.equals(DATA);
              String pointer = parser.getParsingContext().pathAsPointer().toString();
              places.add(new Place(ended.start, end, attachments.get(ended.number), data, pointer));
            }
          }
          case FIELD_NAME -> {
            Candidate object = open.element();
            object.fields++;
            String name = parser.currentName();
            object.field = name;
            if (name.equals(PLACEHOLDER) && parser.nextToken() == JsonToken.VALUE_TRUE) {
              object.marked = true;
            } else if (name.equals(NUMBER)
                && parser.nextToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() == JsonParser.NumberType.INT) {
              object.number = parser.getIntValue();
            }
            if (parser.currentToken() == JsonToken.START_OBJECT) {
              open.push(new Candidate((int) parser.currentTokenLocation().getByteOffset()));
            }
          }
          default -> {
            // Values of other fields.
          }
        }
      }
    }
    return places;
  }
}
