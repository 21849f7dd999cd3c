package io.tailwater.launcher.platform;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A process that the supervisor keeps running.
 *
 * @param name in {@code DATA/pids}
 * @param command the process that it starts has the part's own pid
 * @param environment variables that it gets beside ours
 * @param address what the part is reached at, for people
 * @param output where its console output goes: what its log file can't say, such as a crash
 * @param ready asks it
 */
record ChildSpec(
    String name,
    List<String> command,
    Map<String, String> environment,
    String address,
    Path output,
    ReadyCheck ready) {

  /** Whether a part serves now. */
  interface ReadyCheck {
    boolean isReady() throws InterruptedException;
  }
}
