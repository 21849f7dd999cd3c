package io.tailwater.core;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.v1.Event;

/** Reads what the fold wrote. */
final class Stored {
  private Stored() {}

  static Event event(byte[] bytes) {
    try {
      return Event.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException("the store holds an event that cannot be read");
    }
  }
}
