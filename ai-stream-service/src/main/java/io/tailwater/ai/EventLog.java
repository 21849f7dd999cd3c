package io.tailwater.ai;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tailwater.ai.StreamEvent.Start;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Earliest;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads generations back from event-core. Calls block; made for virtual threads. */
final class EventLog {
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

  private final Channel eventCore;
  private final StreamEventCodec codec;

  EventLog(Channel eventCore, StreamEventCodec codec) {
    this.eventCore = eventCore;
    this.codec = codec;
  }

  /**
   * What the log holds of a generation; nothing if it knows none of this id.
   *
   * @throws RequestException {@code unavailable} if event-core does not answer
   */
  Optional<LoggedStream> look(StreamId id) {
    return look(id, null);
  }

  /**
   * Likewise, but as of a verdict at least.
   *
   * @param verdict stored or duplicate
   */
  Optional<LoggedStream> look(StreamId id, @Nullable PublishVerdict verdict) {
    ReadPage first = read(request(id, verdict).setEarliest(Earliest.getDefaultInstance()));
    if (!first.getKnown()) {
      return Optional.empty();
    }
    ReadPage last = read(request(id, verdict).setLast(1));
    return Optional.of(
        new LoggedStream(
            id,
            start(first).orElse(null),
            first.getEventsCount() == 0 ? 0 : first.getEvents(0).getTsMs(),
            last.getEventsCount() == 0 ? null : codec.read(last.getEvents(0)).orElse(null),
            last.getClosed()));
  }

  /** The start event that a verdict names, if it is one. */
  Optional<Start> start(StreamId id, PublishVerdict verdict) {
    Position before =
        Position.newBuilder()
            .setEpoch(verdict.getEpoch())
            .setOffset(verdict.getOffset() - 1)
            .build();
    return start(read(request(id, verdict).setAfter(before)));
  }

  /** Whether an event-core answers. */
  boolean answers() {
    try {
      EventCoreGrpc.newBlockingStub(eventCore)
          .withDeadlineAfter(PROBE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
          .heads(HeadsRequest.getDefaultInstance());
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private Optional<Start> start(ReadPage page) {
    if (page.getEventsCount() == 0) {
      return Optional.empty();
    }
    Event event = page.getEvents(0);
    return codec.read(event).filter(Start.class::isInstance).map(Start.class::cast);
  }

  private static ReadRequest.Builder request(StreamId id, @Nullable PublishVerdict verdict) {
    ReadRequest.Builder request =
        ReadRequest.newBuilder().setChannel(id.channel().toString()).setLimit(1);
    return verdict == null
        ? request
        : request.setAtLeast(verdict.getOffset()).setAtLeastEpoch(verdict.getEpoch());
  }

  private ReadPage read(ReadRequest.Builder request) {
    try {
      return EventCoreGrpc.newBlockingStub(eventCore)
          .withDeadlineAfter(READ_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
          .withWaitForReady()
          .read(request.build());
    } catch (StatusRuntimeException e) {
      throw failure(e.getStatus());
    }
  }

  private static RequestException failure(Status status) {
    return switch (status.getCode()) {
      case INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED, FAILED_PRECONDITION ->
          new RequestException(
              ErrorCode.INTERNAL, "event-core refused to read: " + status.getDescription());
      default ->
          new RequestException(ErrorCode.UNAVAILABLE, "the log can't be read now; try again");
    };
  }
}
