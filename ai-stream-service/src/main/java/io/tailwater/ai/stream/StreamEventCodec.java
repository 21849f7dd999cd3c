package io.tailwater.ai.stream;

import com.google.protobuf.ByteString;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.stream.StreamEvent.Delta;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamEvent.Queued;
import io.tailwater.ai.stream.StreamEvent.Start;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.PublishRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** Writes a generation's events for the log and reads them back. Any thread. */
public final class StreamEventCodec {
  /** The publisher of all events here, so that all instances share their idempotency keys. */
  static final String PUBLISHER = "tailwater-ai";

  private final ObjectMapper json;

  public StreamEventCodec(ObjectMapper json) {
    this.json = json;
  }

  /**
   * The request to publish an event.
   *
   * @param step names the event within its stream; a step is stored once, whichever instance
   *     publishes it
   */
  public PublishRequest request(StreamId id, String step, StreamEvent event) {
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
      throw new UncheckedIOException("records of texts and numbers can be written as JSON", e);
    }
  }

  /** Reads an event of the log; empty if it has another form. */
  public Optional<StreamEvent> read(Event event) {
    return switch (event.getType()) {
      case Queued.TYPE -> read(event, Queued.class);
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
