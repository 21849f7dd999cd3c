package io.tailwater.core.store;

import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rocksdb.RocksIterator;

/** Everything that a store holds, byte for byte. */
public final class StoreDump {
  private StoreDump() {}

  /** Keys and values in hexadecimal digits. */
  public static SortedMap<String, String> of(Store store) {
    SortedMap<String, String> all = new TreeMap<>();
    try (Store.View view = store.view();
        RocksIterator iterator = view.iterator()) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        all.put(
            HexFormat.of().formatHex(iterator.key()), HexFormat.of().formatHex(iterator.value()));
      }
    }
    return all;
  }
}
