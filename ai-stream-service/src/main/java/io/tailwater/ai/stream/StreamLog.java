package io.tailwater.ai.stream;

import io.tailwater.ai.stream.StreamEvent.Start;
import io.tailwater.client.ChannelLog;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Earliest;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Reads generations from the log. Any thread; calls block, for virtual threads. */
public final class StreamLog {
  private final ChannelLog log;
  private final StreamEventCodec codec;

  /** Over a log that waits for an event-core. */
  public StreamLog(ChannelLog log, StreamEventCodec codec) {
    this.log = log;
    this.codec = codec;
  }

  /**
   * Reads a generation; empty if the log has no stream of this id.
   *
   * @throws RequestException {@code unavailable} if no event-core answers
   */
  public Optional<LoggedStream> look(StreamId id) {
    return look(id, null);
  }

  /**
   * Reads a generation as of an event at least.
   *
   * @param atLeast the event's id; null for none
   * @throws RequestException {@code unavailable} if no event-core answers
   */
  public Optional<LoggedStream> look(StreamId id, @Nullable Position atLeast) {
    ReadPage first = read(request(id, atLeast).setEarliest(Earliest.getDefaultInstance()));
    if (!first.getKnown()) {
      return Optional.empty();
    }
    ReadPage last = read(request(id, atLeast).setLast(1));
    return Optional.of(
        new LoggedStream(
            id,
            start(first).orElse(null),
            first.getEventsCount() == 0 ? 0 : first.getEvents(0).getTsMs(),
            last.getEventsCount() == 0 ? null : codec.read(last.getEvents(0)).orElse(null),
            last.getClosed()));
  }

  /** Reads the start event of this id; empty if the event is another one. */
  public Optional<Start> start(StreamId id, Position event) {
    return start(
        read(
            request(id, event)
                .setAfter(
                    io.tailwater.contract.v1.Position.newBuilder()
                        .setEpoch(event.epoch().text())
                        .setOffset(event.offset() - 1))));
  }

  private Optional<Start> start(ReadPage page) {
    if (page.getEventsCount() == 0) {
      return Optional.empty();
    }
    Event event = page.getEvents(0);
    return codec.read(event).filter(Start.class::isInstance).map(Start.class::cast);
  }

  private static ReadRequest.Builder request(StreamId id, @Nullable Position atLeast) {
    ReadRequest.Builder request =
        ReadRequest.newBuilder().setChannel(id.channel().toString()).setLimit(1);
    return atLeast == null
        ? request
        : request.setAtLeast(atLeast.offset()).setAtLeastEpoch(atLeast.epoch().text());
  }

  private ReadPage read(ReadRequest.Builder request) {
    try {
      return log.read(request.build()).get();
    } catch (ExecutionException e) {
      throw refusal(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(ErrorCode.UNAVAILABLE, "this instance is stopping; try again");
    }
  }

  /** Another refusal than unavailable is a fault of this service, not of its caller. */
  private static RequestException refusal(@Nullable Throwable failure) {
    if (failure instanceof RequestException refused) {
      return refused.code() == ErrorCode.UNAVAILABLE
          ? refused
          : new RequestException(
              ErrorCode.INTERNAL, "the log refused to be read: " + refused.text());
    }
    throw new AssertionError("reads fail with refusals only", failure);
  }
}
