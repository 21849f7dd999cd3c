package io.tailwater.core.publish;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.core.fold.Head;
import io.tailwater.core.state.Entry;
import io.tailwater.core.state.Reason;
import io.tailwater.core.store.Keys;
import io.tailwater.core.store.Remembered;
import io.tailwater.core.store.Store;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Safe for any thread: what the fold decided about an appended record, as its store has it. */
final class Judgement {
  private final Store store;

  Judgement(Store store) {
    this.store = store;
  }

  /**
   * Reads a verdict.
   *
   * @param before the fold's head before the record was sent
   * @param offset of the record; the fold has passed it
   * @return null if the fold's log no longer holds what was sent: the topic was recreated, or the
   *     event has already expired
   * @throws io.tailwater.core.store.StoreException if the store cannot be read
   */
  PublishVerdict.@Nullable Builder of(CheckedRequest checked, Head before, long offset) {
    PublishVerdict.Builder found = find(checked, offset);
    Head now = checked.fold().head();
    return found != null && now.begun() == before.begun() ? found.setEpoch(now.epoch()) : null;
  }

  private PublishVerdict.@Nullable Builder find(CheckedRequest checked, long offset) {
    Keys keys = checked.fold().keys();
    byte[] channel = checked.record().key();
    PublishRequest request = checked.request();
    Event event = event(checked, offset);
    if (event != null) {
      return isOf(request, event) ? written(checked, Outcome.STORED, event) : null;
    }
    Reason reason = checked.fold().conflicts().reason(offset);
    if (reason != null) {
      return conflict(checked, reason);
    }
    if (!request.getKey().isEmpty()) {
      byte[] entry =
          store.get(keys.idempotency(channel, utf8(request.getBy()), utf8(request.getKey())));
      if (entry != null && Remembered.decode(entry).offset() < offset) {
        long first = Remembered.decode(entry).offset();
        Event repeated = event(checked, first);
        return repeated == null
            ? Verdicts.of(Outcome.DUPLICATE, first)
            : written(checked, Outcome.DUPLICATE, repeated);
      }
    }
    byte[] closed = store.get(keys.closed(channel));
    if (closed != null && ByteBuffer.wrap(closed).getLong() < offset) {
      return Verdicts.of(Outcome.CLOSED, ByteBuffer.wrap(closed).getLong());
    }
    // Nothing else drops a record that is still retained; too many were refused since.
    boolean refused = !request.getEntry().isEmpty() && offset > checked.fold().head().earliest();
    return refused ? conflict(checked, Reason.IF) : null;
  }

  /** The event at an offset of the channel; from memory if it is new, as it mostly is. */
  private @Nullable Event event(CheckedRequest checked, long offset) {
    byte[] channel = checked.record().key();
    Event held = checked.fold().ring().event(offset);
    if (held != null && held.getChannelKey().equals(new String(channel, StandardCharsets.UTF_8))) {
      return held;
    }
    byte[] stored = store.get(checked.fold().keys().event(channel, offset));
    return stored == null ? null : Store.event(stored);
  }

  private PublishVerdict.Builder written(CheckedRequest checked, Outcome outcome, Event event) {
    PublishVerdict.Builder verdict = Verdicts.of(outcome, event.getOffset());
    if (event.getEntry().isEmpty()) {
      return verdict;
    }
    if (!event.getSuperseded()) {
      return verdict.setVersion(event.getOffset());
    }
    Entry standing = entry(checked, event.getEntry());
    return verdict
        .setSuperseded(true)
        .setVersion(standing == null ? event.getOffset() : standing.version());
  }

  private PublishVerdict.Builder conflict(CheckedRequest checked, Reason reason) {
    if (reason == Reason.TOO_LARGE) {
      return Verdicts.of(
          new RequestException(ErrorCode.TOO_LARGE, "the state of the channel is too large"));
    }
    PublishVerdict.Builder verdict =
        PublishVerdict.newBuilder().setOutcome(Outcome.CONFLICT).setReason(reason.wire());
    String name = checked.request().getEntry();
    Entry current = entry(checked, name);
    if (current != null && current.isThere()) {
      verdict.setCurrent(current.toMessage(name));
    }
    return verdict;
  }

  /** The entry as it is now; null if there is none, or if it has expired. */
  private @Nullable Entry entry(CheckedRequest checked, String name) {
    byte[] stored = store.get(checked.fold().keys().entry(checked.record().key(), utf8(name)));
    Entry entry = stored == null ? null : Entry.decode(stored);
    return entry != null && entry.version() > checked.fold().head().earliest() ? entry : null;
  }

  /** Whether the event at the record's offset is the record, and not another topic's. */
  private static boolean isOf(PublishRequest request, Event event) {
    return event.getKey().equals(request.getKey())
        && event.getBy().equals(request.getBy())
        && event.getCloses() == request.getClose()
        && event.getData().equals(request.getData());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
