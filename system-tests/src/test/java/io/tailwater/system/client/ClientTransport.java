package io.tailwater.system.client;

import java.util.Locale;

/** What the client can be told to read by. */
enum ClientTransport {
  WEBSOCKET,
  SSE,
  LONG_POLL,
  SHORT_POLL,
  AUTO;

  /** As the client calls it. */
  String option() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
