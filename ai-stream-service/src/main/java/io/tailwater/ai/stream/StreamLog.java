package io.tailwater.ai.stream;

import io.tailwater.ai.stream.StreamEvent.Queued;
import io.tailwater.ai.stream.StreamEvent.Start;
import io.tailwater.client.ChannelLog;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Earliest;
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
    StreamEvent began = event(first);
    StreamEvent newest = event(last);
    Start start =
        began instanceof Queued && !(newest instanceof Queued)
            ? afterQueue(id, atLeast)
            : began instanceof Start atOnce ? atOnce : null;
    return Optional.of(
        new LoggedStream(
            id,
            switch (began) {
              case Queued queued -> queued.model();
              case Start at -> at.model();
              case null, default -> "";
            },
            start,
            timeMs(first),
            newest,
            timeMs(last),
            last.getClosed()));
  }

  private @Nullable Start afterQueue(StreamId id, @Nullable Position atLeast) {
    ReadPage page =
        read(request(id, atLeast).setEarliest(Earliest.getDefaultInstance()).addTypes(Start.TYPE));
    return event(page) instanceof Start start ? start : null;
  }

  /** Reads which producer wrote the first event of a stream; empty if the event is another one. */
  public Optional<String> run(StreamId id, Position event) {
    StreamEvent first =
        event(
            read(
                request(id, event)
                    .setAfter(
                        io.tailwater.contract.v1.Position.newBuilder()
                            .setEpoch(event.epoch().text())
                            .setOffset(event.offset() - 1))));
    return switch (first) {
      case Queued queued -> Optional.of(queued.run());
      case Start start -> Optional.of(start.run());
      case null, default -> Optional.empty();
    };
  }

  private @Nullable StreamEvent event(ReadPage page) {
    return page.getEventsCount() == 0 ? null : codec.read(page.getEvents(0)).orElse(null);
  }

  private static long timeMs(ReadPage page) {
    return page.getEventsCount() == 0 ? 0 : page.getEvents(0).getTsMs();
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
