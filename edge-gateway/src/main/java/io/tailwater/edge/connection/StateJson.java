package io.tailwater.edge.connection;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.StateEntry;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.TextPart;
import io.tailwater.edge.log.StateBlock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Stateless: the JSON of the state of a channel. */
public final class StateJson {
  private StateJson() {}

  /** A block of a snapshot as text. */
  static String of(String channel, StateBlock block) {
    return JsonText.object(json -> fields(channel, block, json));
  }

  /** Appends a block of a snapshot. */
  public static void write(String channel, StateBlock block, ByteBuf out) {
    JsonText.object(out, json -> fields(channel, block, json));
  }

  private static void fields(String channel, StateBlock block, JsonGenerator json)
      throws IOException {
    json.writeStringField("channel", channel);
    if (block.first()) {
      json.writeBooleanField("first", true);
    }
    json.writeStringField("position", block.position().toString());
    content(block.page(), json);
    if (!block.last()) {
      json.writeBooleanField("more", true);
    }
  }

  /** Writes the fields with the entries or the text of a page. */
  public static void content(StatePage page, JsonGenerator json) throws IOException {
    if (page.getKind() == StateKind.STATE_TEXT) {
      text(page, json);
      return;
    }
    Epoch epoch = new Epoch(page.getEpoch());
    json.writeArrayFieldStart("entries");
    for (StateEntry entry : page.getEntriesList()) {
      json.writeStartObject();
      entry(entry, epoch, json);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void text(StatePage page, JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("parts");
    for (TextPart part : page.getPartsList()) {
      json.writeStartObject();
      json.writeNumberField("part", part.getPart());
      json.writeStringField("kind", part.getKind());
      if (!part.getId().isEmpty()) {
        json.writeStringField("id", part.getId());
      }
      if (!part.getName().isEmpty()) {
        json.writeStringField("name", part.getName());
      }
      json.writeStringField("text", part.getText());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("index", page.getIndex());
    json.writeStringField("status", page.getStatus());
  }

  /** Writes the fields of an entry. */
  public static void entry(StateEntry entry, Epoch epoch, JsonGenerator json) throws IOException {
    json.writeStringField("entry", entry.getEntry());
    json.writeStringField("version", new Position(epoch, entry.getVersion()).toString());
    Event value = Event.newBuilder().setData(entry.getData()).setKind(entry.getKind()).build();
    if (entry.getKind() != DataKind.JSON && entry.getKind() != DataKind.TEXT) {
      json.writeStringField("encoding", "base64");
    }
    ByteBuf data = Unpooled.buffer(entry.getData().size() + 2);
    EventJson.writeData(value, data);
    json.writeFieldName("data");
    json.writeRawValue(data.toString(StandardCharsets.UTF_8));
    if (!entry.getBy().isEmpty()) {
      json.writeStringField("by", entry.getBy());
    }
    json.writeNumberField("ts_ms", entry.getTsMs());
  }
}
