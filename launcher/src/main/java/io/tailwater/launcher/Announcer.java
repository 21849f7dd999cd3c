package io.tailwater.launcher;

import java.io.PrintStream;
import java.util.Map;

/** Says on the console what became ready, a line each, for people or for scripts. */
record Announcer(PrintStream out, boolean json) {
  void ready(String part, String address) {
    line(
        json
            ? Json.write(Map.of("ready", part, "address", address))
            : part + " is ready: " + address);
  }

  /** What happens later: a part that died and was started again. */
  void note(String part, String event, long pid) {
    line(
        json
            ? Json.write(Map.of("part", part, "event", event, "pid", pid))
            : part + " " + event + " (pid " + pid + ")");
  }

  private synchronized void line(String line) {
    out.println(line);
    out.flush();
  }
}
