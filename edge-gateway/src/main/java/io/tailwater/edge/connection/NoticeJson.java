package io.tailwater.edge.connection;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.buffer.ByteBuf;
import io.tailwater.contract.Position;
import io.tailwater.contract.Scope;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.Notice;
import java.io.IOException;
import java.util.Map;

/** Stateless: the JSON of what clients are told about their channels and patterns. */
public final class NoticeJson {
  private NoticeJson() {}

  /** A notice about a channel or pattern as text. */
  static String of(Scope scope, Notice notice) {
    return JsonText.object(json -> fields(scope, notice, json));
  }

  /** Appends a notice about a channel or pattern. */
  public static void write(Scope scope, Notice notice, ByteBuf out) {
    JsonText.object(out, json -> fields(scope, notice, json));
  }

  private static void fields(Scope scope, Notice notice, JsonGenerator json) throws IOException {
    json.writeStringField("channel", scope.toString());
    switch (notice) {
      case Notice.Live live -> {}
      case Notice.End end -> {}
      case Notice.Reset(Missed missed) -> {
        json.writeStringField("reason", missed.reason().wire());
        json.writeStringField("earliest", missed.earliest().toString());
      }
      case Notice.PartitionsReset reset -> partitions(reset, json);
    }
  }

  private static void partitions(Notice.PartitionsReset reset, JsonGenerator json)
      throws IOException {
    json.writeStringField("reason", reset.reason().wire());
    if (reset.earliest().isEmpty()) {
      return; // it is about all of them
    }
    json.writeArrayFieldStart("partitions");
    for (Map.Entry<Integer, Position> one : reset.earliest().entrySet()) {
      json.writeStartObject();
      json.writeNumberField("partition", one.getKey());
      json.writeStringField("earliest", one.getValue().toString());
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
