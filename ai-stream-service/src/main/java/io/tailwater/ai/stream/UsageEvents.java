package io.tailwater.ai.stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.protobuf.ByteString;
import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamEvent.Usage;
import io.tailwater.client.Verdict.Stored;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.PublishRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes what answers cost, for those who send bills: one event for each stream, on a channel
 * for each subject. It is published before the end of the stream, so that an instance that dies in
 * between leaves a stream without an end, which another instance ends, and accounts for. All of
 * them use one idempotency key, so the log has one event. Any thread.
 */
public final class UsageEvents {
  private static final Logger LOG = LoggerFactory.getLogger(UsageEvents.class);
  private static final String TYPE = "usage";

  /** Readers wait for the end of their answer meanwhile. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** The key of the channel of streams whose creator was forgotten. */
  private static final String UNKNOWN = "unknown";

  private final String namespace;
  private final ObjectMapper json;
  private final StreamMetrics metrics;

  /**
   * @param namespace where to publish; empty for nowhere
   */
  public UsageEvents(String namespace, ObjectMapper json, StreamMetrics metrics) {
    this.namespace = namespace;
    this.json = json;
    this.metrics = metrics;
  }

  /** The data of an event, as {@code docs/protocol.md} defines it. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  record Record(
      String stream,
      @Nullable String subject,
      String model,
      String status,
      @JsonProperty("prompt_tokens") int promptTokens,
      @JsonProperty("completion_tokens") int completionTokens,
      @JsonProperty("total_tokens") int totalTokens,
      @Nullable String cost,
      @Nullable String currency) {}

  /**
   * Publishes the event of a stream that is about to end. If the log does not take it within
   * seconds, that is logged and counted.
   *
   * @param creator subject; empty if it is not known
   * @param closing the event that closes the stream
   * @param price of the model, if it has one
   */
  public void publish(
      StreamWriter writer,
      StreamId id,
      String creator,
      String model,
      StreamEvent closing,
      Usage usage,
      @Nullable Price price)
      throws InterruptedException {
    if (namespace.isEmpty()) {
      return;
    }
    String status =
        closing instanceof Finish finish
            ? finish.finishReason().equals(Finish.CANCELLED) ? "cancelled" : "finished"
            : "failed";
    Record record =
        new Record(
            id.text(),
            creator.isEmpty() ? null : creator,
            model,
            status,
            usage.promptTokens(),
            usage.completionTokens(),
            usage.totalTokens(),
            price == null ? null : price.text(usage),
            price == null ? null : price.currency());
    if (!(writer.publish(request(id, record), PATIENCE) instanceof Stored)) {
      metrics.usageLost();
      LOG.warn("the usage of stream {} was not published: {}", id, record);
    }
  }

  private PublishRequest request(StreamId id, Record record) {
    String key =
        record.subject() == null || !Channel.isKey(record.subject()) ? UNKNOWN : record.subject();
    try {
      return PublishRequest.newBuilder()
          .setChannel(new Channel(namespace, key).toString())
          .setType(TYPE)
          .setBy(StreamEventCodec.PUBLISHER)
          .setKey(id.text())
          .setData(ByteString.copyFrom(json.writeValueAsBytes(record)))
          .setContentType("application/json")
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException("records of texts and numbers can be written as JSON", e);
    }
  }
}
