package io.tailwater.system.clients;

import io.tailwater.system.ledger.Wanted;
import java.net.URI;
import java.util.List;

/** A way to read. */
public interface Reading {
  /** A reader that has begun to connect. */
  Reader open(Wanted wanted, List<URI> gateways);
}
