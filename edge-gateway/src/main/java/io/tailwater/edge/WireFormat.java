package io.tailwater.edge;

import io.netty.buffer.ByteBuf;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.Event;

/**
 * How a transport writes one event. Stateless: its bytes are the same for every reader, and shared
 * by them.
 */
public interface WireFormat {
  /** How many formats there may be. */
  int SLOTS = 4;

  /**
   * Which of the {@link #SLOTS} encodings of a run is this format's; no two formats have the same.
   */
  int slot();

  /** Appends the event. */
  void encode(Channel channel, Epoch epoch, Event event, ByteBuf out);
}
