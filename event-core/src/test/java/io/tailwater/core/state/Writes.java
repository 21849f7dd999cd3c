package io.tailwater.core.state;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Event;
import org.jspecify.annotations.Nullable;

/** Records of a log as tests of the reducer write them. */
final class Writes {
  static final String EPOCH = "k3Zq";

  /** Long after the beginning of time, so that clocks can be earlier. */
  static final long NOW = 1_700_000_000_000L;

  static final Terms FOREVER = new Terms(EPOCH, 0, true);

  private Writes() {}

  /** A record before it has an offset. */
  record Write(
      EntryOp op, String data, String key, Expected expected, long atMs, @Nullable Long seen) {
    static Write of(EntryOp op, String data, String key) {
      return new Write(op, data, key, new Expected.Any(), 0, null);
    }

    Write at(long newAtMs) {
      return new Write(op, data, key, expected, newAtMs, seen);
    }

    Write seen(long through) {
      return new Write(op, data, key, expected, atMs, through);
    }

    Write expecting(Expected newExpected) {
      return new Write(op, data, key, newExpected, atMs, seen);
    }

    Event event(long offset, long tsMs) {
      return Event.newBuilder()
          .setChannelKey("board")
          .setOffset(offset)
          .setTsMs(tsMs)
          .setKey(key)
          .setEntry("e")
          .setOp(op)
          .setKind(DataKind.JSON)
          .setData(ByteString.copyFromUtf8(data))
          .build();
    }

    Reduction apply(Terms terms, @Nullable Entry before, long offset, long tsMs) {
      return Reducer.apply(terms, before, write(), event(offset, tsMs));
    }

    private EntryWrite write() {
      Position through = seen == null ? null : new Position(new Epoch(EPOCH), seen);
      return new EntryWrite("e", op, expected, atMs, through, false);
    }
  }

  static Expected version(long offset) {
    return new Expected.Version(new Position(new Epoch(EPOCH), offset));
  }
}
