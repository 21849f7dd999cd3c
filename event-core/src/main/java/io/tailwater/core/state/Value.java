package io.tailwater.core.state;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.DataKind;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/** Immutable: what an entry holds. */
public sealed interface Value {
  /** What was put. */
  record Register(DataKind kind, ByteString data) implements Value {}

  /** The sum of what was added. */
  record Counter(BigInteger sum) implements Value {}

  /**
   * A set.
   *
   * @param elements each in its RFC 8785 form, with the offset of the event that last included it
   */
  record Elements(SortedMap<String, Long> elements) implements Value {
    public Elements {
      elements = Collections.unmodifiableSortedMap(new TreeMap<>(elements));
    }
  }

  /** Nothing: the entry was deleted, and what was written before that must not bring it back. */
  record Gone() implements Value {}

  /** The value as readers get it; empty for {@link Gone}. */
  default ByteString data() {
    return switch (this) {
      case Register(DataKind kind, ByteString data) -> data;
      case Counter(BigInteger sum) -> Numbers.counter(sum);
      case Elements(SortedMap<String, Long> elements) -> Canonical.array(elements.keySet());
      case Gone() -> ByteString.EMPTY;
    };
  }

  /** What {@link #data} is. */
  default DataKind kind() {
    return this instanceof Register register ? register.kind() : DataKind.JSON;
  }

  /** Its size, for limits, bytes. */
  default long weight() {
    return switch (this) {
      case Register(DataKind kind, ByteString data) -> data.size();
      case Counter(BigInteger sum) -> Long.BYTES;
      case Elements(SortedMap<String, Long> elements) ->
          elements.keySet().stream().mapToLong(Value::weight).sum();
      case Gone() -> 0;
    };
  }

  private static long weight(String element) {
    return element.getBytes(StandardCharsets.UTF_8).length + Long.BYTES;
  }
}
