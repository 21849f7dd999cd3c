package io.tailwater.ai.generation;

import io.tailwater.ai.lease.Leases;
import io.tailwater.ai.lease.Listed;
import io.tailwater.ai.stream.InvalidRequest;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamLog;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ListStreamsRequest;
import io.tailwater.contract.v1.StreamList;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.contract.v1.StreamState.Status;
import java.util.List;
import java.util.Optional;

/**
 * Lists streams. Which ones there are is kept in the lease store, what they are is read from the
 * log. Any thread; calls block, for virtual threads.
 */
public final class CreatedStreams {
  private static final int USUAL = 20;
  private static final int MAX = 100;

  /** For each page, so that a status that few streams have does not read the whole list. */
  private static final int MAX_READ = 200;

  private final Leases leases;
  private final StreamLog log;

  public CreatedStreams(Leases leases, StreamLog log) {
    this.leases = leases;
    this.log = log;
  }

  /** Where a page ends: the text of it is the {@code next} of an answer. */
  private record Cursor(long createdMs, String id) {
    private static final Cursor NEWEST = new Cursor(Long.MAX_VALUE >> 10, "");

    static Cursor parse(String text) {
      if (text.isEmpty()) {
        return NEWEST;
      }
      int dash = text.indexOf('-');
      String ms = dash < 0 ? "" : text.substring(0, dash);
      Optional<StreamId> id = StreamId.parse(text.substring(dash + 1));
      if (!ms.matches("[0-9]{1,15}") || id.isEmpty()) {
        throw InvalidRequest.because("'after' is the 'next' of an answer before");
      }
      return new Cursor(Long.parseLong(ms), id.get().text());
    }

    static Cursor of(Listed listed) {
      return new Cursor(listed.createdMs(), listed.id().text());
    }

    /** Whether a stream comes later in the list; those of one millisecond are in reverse order. */
    boolean isBefore(Listed listed) {
      return listed.createdMs() < createdMs
          || id.isEmpty()
          || listed.createdMs() == createdMs && listed.id().text().compareTo(id) < 0;
    }

    @Override
    public String toString() {
      return createdMs + "-" + id;
    }
  }

  /**
   * A page of the list, the newest streams first.
   *
   * @throws RequestException {@code invalid_request}, {@code unavailable}
   */
  public StreamList page(ListStreamsRequest request) {
    int limit = request.getLimit() == 0 ? USUAL : request.getLimit();
    if (limit < 1 || limit > MAX) {
      throw InvalidRequest.because("'limit' is from 1 to " + MAX);
    }
    Cursor cursor = Cursor.parse(request.getAfter());
    StreamList.Builder page = StreamList.newBuilder();
    int read = 0;
    while (true) {
      List<Listed> listed =
          leases.listed(request.getCreator(), cursor.createdMs(), MAX_READ).stream()
              .filter(cursor::isBefore)
              .toList();
      for (Listed each : listed) {
        if (page.getStreamsCount() == limit || read == MAX_READ) {
          return page.setNext(cursor.toString()).build();
        }
        read++;
        cursor = Cursor.of(each);
        state(each, request).ifPresent(page::addStreams);
      }
      if (listed.isEmpty()) {
        return page.build();
      }
    }
  }

  /** Its state, if it is wanted; empty also if retention has removed the stream. */
  private Optional<StreamState> state(Listed listed, ListStreamsRequest request) {
    return log.look(listed.id())
        .map(
            logged ->
                logged.state(
                    request.getCreator().isEmpty()
                        ? leases.creator(listed.id())
                        : request.getCreator()))
        .filter(
            state ->
                request.getStatus() == Status.STATUS_UNSPECIFIED
                    || state.getStatus() == request.getStatus());
  }
}
