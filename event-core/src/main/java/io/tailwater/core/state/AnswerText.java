package io.tailwater.core.state;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.TextPart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the thread that reads a page: puts the deltas of an AI answer together. Pieces of a part
 * that follow each other become one.
 */
public final class AnswerText {
  private static final JsonFactory JSON = new JsonFactory();
  private static final String DELTA = "delta";
  private static final String QUEUED = "queued";
  private static final String RUNNING = "running";

  private final List<TextPart> parts = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private TextPart.@Nullable Builder part;

  /** Immutable: a delta as its event holds it. */
  private record Delta(int index, TextPart.Builder part) {}

  /** Adds an event; one that is not a delta adds nothing. Returns how many characters it added. */
  public int add(Event event) {
    Delta delta = delta(event);
    if (delta == null) {
      return 0;
    }
    TextPart.Builder next = delta.part();
    if (part == null
        || part.getPart() != next.getPart()
        || !part.getKind().equals(next.getKind())) {
      end();
      part = next;
    }
    text.append(next.getText());
    return next.getText().length();
  }

  /** All pieces that were added. */
  public List<TextPart> parts() {
    end();
    return parts;
  }

  private void end() {
    if (part != null) {
      parts.add(part.setText(text.toString()).build());
      text.setLength(0);
      part = null;
    }
  }

  /** The index of a delta; -1 for another event. */
  public static int index(Event event) {
    Delta delta = delta(event);
    return delta == null ? -1 : delta.index();
  }

  /**
   * What the closing event of an answer says of it. Without one the answer is {@code queued} or
   * {@code running}, as its newest event says.
   */
  public static String status(@Nullable Event closing, @Nullable Event newest) {
    if (closing == null) {
      return newest != null && newest.getType().equals(QUEUED) ? QUEUED : RUNNING;
    }
    if (closing.getType().equals("failed")) {
      return "failed";
    }
    return "cancelled".equals(field(closing, "finish_reason")) ? "cancelled" : "finished";
  }

  private static @Nullable String field(Event event, String wanted) {
    try (JsonParser parser = JSON.createParser(event.getData().newInput())) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (name.equals(wanted)) {
          return parser.getText();
        }
        parser.skipChildren();
      }
      return null;
    } catch (IOException e) {
      return null;
    }
  }

  private static @Nullable Delta delta(Event event) {
    if (!event.getType().equals(DELTA)) {
      return null;
    }
    TextPart.Builder part = TextPart.newBuilder();
    int index = -1;
    try (JsonParser parser = JSON.createParser(event.getData().toByteArray())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        switch (name) {
          case "index" -> index = parser.getIntValue();
          case "part" -> part.setPart(parser.getIntValue());
          case "kind" -> part.setKind(parser.getText());
          case "id" -> part.setId(token == JsonToken.VALUE_STRING ? parser.getText() : "");
          case "name" -> part.setName(token == JsonToken.VALUE_STRING ? parser.getText() : "");
          case "text" -> part.setText(parser.getText());
          default -> parser.skipChildren();
        }
      }
      return new Delta(index, part);
    } catch (IOException e) {
      return null;
    }
  }
}
