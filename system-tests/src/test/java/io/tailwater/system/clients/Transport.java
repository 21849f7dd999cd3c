package io.tailwater.system.clients;

import io.tailwater.system.ledger.Wanted;
import java.net.URI;
import java.util.List;

/** The ways to read. */
public enum Transport implements Reading {
  SSE(new SseWire()),
  WS_JSON(new WsWire(WsFormat.JSON)),
  WS_PROTOBUF(new WsWire(WsFormat.PROTOBUF)),
  LONG_POLL(new PollWire(20)),
  SHORT_POLL(new PollWire(0)),
  /** Another one with each connection, with the same positions. */
  ROAMING(
      new SseWire(),
      new WsWire(WsFormat.JSON),
      new WsWire(WsFormat.PROTOBUF),
      new PollWire(20),
      new PollWire(0));

  private final List<Wire> wires;

  Transport(Wire... wires) {
    this.wires = List.of(wires);
  }

  @Override
  public Reader open(Wanted wanted, List<URI> gateways) {
    return ReturningReader.start(wanted, gateways, wires);
  }
}
