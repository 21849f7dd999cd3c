package io.tailwater.system.clients;

import java.io.IOException;

/** How a reader reads over one transport. Without state: what a reader knows is in its turn. */
interface Wire {
  /**
   * Reads over one connection until it ends or the reader does.
   *
   * @throws IOException if it was refused, cut or reset: a reader comes back from all of these
   */
  void read(Turn turn) throws IOException;
}
