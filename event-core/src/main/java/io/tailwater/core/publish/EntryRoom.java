package io.tailwater.core.publish;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.core.state.Entry;
import io.tailwater.core.state.StateLimits;
import io.tailwater.core.state.Totals;
import io.tailwater.core.state.Value;
import io.tailwater.core.store.Keys;
import io.tailwater.core.store.Store;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Safe for any thread: refuses publications that would make a channel's state too large. It judges
 * by what is folded now, so publications that are taken at the same time may exceed a limit a
 * little.
 */
final class EntryRoom {
  private final Store store;

  EntryRoom(Store store) {
    this.store = store;
  }

  /**
   * Refuses what finds no room.
   *
   * @throws RequestException {@code too_large}
   * @throws io.tailwater.core.store.StoreException if the store cannot be read
   */
  void require(CheckedRequest checked) {
    PublishRequest request = checked.request();
    boolean shrinks = request.getOp() == EntryOp.DELETE || request.getOp() == EntryOp.EXCLUDE;
    if (request.getEntry().isEmpty() || shrinks) {
      return;
    }
    Keys keys = checked.fold().keys();
    byte[] channel = checked.record().key();
    byte[] name = request.getEntry().getBytes(StandardCharsets.UTF_8);
    byte[] stored = store.get(keys.entry(channel, name));
    Entry entry = stored == null ? null : Entry.decode(stored);
    Totals totals = Totals.decode(store.get(keys.totals(channel)));
    boolean there = entry != null && entry.isThere();
    if (!there && totals.entries() >= StateLimits.ENTRIES) {
      throw tooLarge("%d entries".formatted(StateLimits.ENTRIES));
    }
    long more = request.getData().size() + (there ? 0 : name.length) - replaced(request, entry);
    if (more > 0 && totals.bytes() + more > StateLimits.BYTES) {
      throw tooLarge("%d bytes of names and values".formatted(StateLimits.BYTES));
    }
    if (request.getOp() == EntryOp.INCLUDE
        && weight(entry) + request.getData().size() > StateLimits.SET_BYTES) {
      throw new RequestException(
          ErrorCode.TOO_LARGE,
          "a set has at most %d bytes: exclude some of its elements first"
              .formatted(StateLimits.SET_BYTES));
    }
  }

  private static long replaced(PublishRequest request, @Nullable Entry entry) {
    return request.getOp() == EntryOp.INCLUDE ? 0 : weight(entry);
  }

  private static long weight(@Nullable Entry entry) {
    return entry == null || entry.value() instanceof Value.Gone ? 0 : entry.value().weight();
  }

  private static RequestException tooLarge(String limit) {
    return new RequestException(
        ErrorCode.TOO_LARGE,
        "the state of a channel has at most " + limit + ": delete some of its entries first");
  }
}
