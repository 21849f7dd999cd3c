package io.tailwater.ai;

import com.google.protobuf.ByteString;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.StreamEvent.Delta;
import io.tailwater.ai.StreamEvent.Failed;
import io.tailwater.ai.StreamEvent.Finish;
import io.tailwater.ai.StreamEvent.Start;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.PublishRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** A generation's events as they stand in the log. */
final class StreamEventCodec {
  /**
   * The publisher of everything here; also what makes idempotency keys of all instances one set.
   */
  static final String PUBLISHER = "tailwater-ai";

  private final ObjectMapper json;

  StreamEventCodec(ObjectMapper json) {
    this.json = json;
  }

  /**
   * The publication of an event.
   *
   * @param step what this event is in its stream, unique there: the same step is published only
   *     once, whoever does it
   */
  PublishRequest publication(StreamId id, String step, StreamEvent event) {
    try {
      return PublishRequest.newBuilder()
          .setChannel(id.channel().toString())
          .setType(event.type())
          .setBy(PUBLISHER)
          .setKey(id + "-" + step)
          .setData(ByteString.copyFrom(json.writeValueAsBytes(event)))
          .setClose(event.closes())
          .setContentType("application/json")
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException("a record of texts and numbers has a JSON text", e);
    }
  }

  /** What an event of the log says; nothing if it is none of ours. */
  Optional<StreamEvent> read(Event event) {
    return switch (event.getType()) {
      case Start.TYPE -> read(event, Start.class);
      case Delta.TYPE -> read(event, Delta.class);
      case Finish.TYPE -> read(event, Finish.class);
      case Failed.TYPE -> read(event, Failed.class);
      default -> Optional.empty();
    };
  }

  private Optional<StreamEvent> read(Event event, Class<? extends StreamEvent> shape) {
    try {
      return Optional.ofNullable(json.readValue(event.getData().toByteArray(), shape));
    } catch (IOException notOurs) {
      return Optional.empty();
    }
  }
}
