package io.tailwater.core.publish;

import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.core.fold.Head;
import io.tailwater.core.store.Keys;
import io.tailwater.core.store.Remembered;
import io.tailwater.core.store.Store;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Safe for any thread: reads from the store what the fold decided about an appended record. */
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
    byte[] stored = store.get(keys.event(channel, offset));
    if (stored != null) {
      return isOf(request, Store.event(stored)) ? Verdicts.of(Outcome.STORED, offset) : null;
    }
    if (!request.getKey().isEmpty()) {
      byte[] entry =
          store.get(keys.idempotency(channel, utf8(request.getBy()), utf8(request.getKey())));
      if (entry != null && Remembered.decode(entry).offset() < offset) {
        return Verdicts.of(Outcome.DUPLICATE, Remembered.decode(entry).offset());
      }
    }
    byte[] closed = store.get(keys.closed(channel));
    if (closed != null && ByteBuffer.wrap(closed).getLong() < offset) {
      return Verdicts.of(Outcome.CLOSED, ByteBuffer.wrap(closed).getLong());
    }
    return null;
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
