package io.tailwater.edge.presence;

import io.tailwater.edge.loop.EdgeLoop;
import java.util.List;

/** A client that watches who is present in a channel. Confined to its event loop. */
public interface Watcher {
  /** Its event loop. Any thread. */
  EdgeLoop loop();

  /**
   * Shows the client what is new.
   *
   * @param updates in order; shared by all watchers of the channel
   * @return false if it cannot be written to now; it then needs the whole state, later
   */
  boolean show(List<PresenceUpdate> updates);
}
