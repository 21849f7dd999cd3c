package io.tailwater.edge.ui;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Factory;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.client.ChannelLog;
import io.tailwater.client.PublishMetrics;
import io.tailwater.client.Publisher;
import io.tailwater.edge.ai.AiStreams;
import io.tailwater.edge.ai.Answers;
import io.tailwater.edge.ai.StreamKeys;
import io.tailwater.edge.log.Publishers;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** Makes the parts of this package. */
@Factory
final class UiWiring {
  /** Chats that get an answer at the same time. */
  private static final int MAX_WAITING = 10_000;

  private static final long MAX_WAITING_BYTES = 16L << 20;

  @Singleton
  UiAnswers answers(
      Publishers publishers,
      ChannelLog log,
      AiStreams streams,
      StreamKeys keys,
      Answers answers,
      ObjectMapper json,
      MeterRegistry meters) {
    Publisher publisher =
        publishers.open(
            MAX_WAITING,
            MAX_WAITING_BYTES,
            new PublishMetrics(meters, "tailwater.edge.ui.publish"));
    return new UiAnswers(
        streams, keys, new Chats(log, publisher::publish, json), answers, InstantSource.system());
  }
}
