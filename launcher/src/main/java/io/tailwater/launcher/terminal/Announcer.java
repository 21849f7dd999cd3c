package io.tailwater.launcher.terminal;

import java.io.PrintStream;
import java.util.Map;

/** Says on the console what became ready, a line each, for people or for scripts. */
public record Announcer(PrintStream out, boolean json) {
  public void ready(String part, String address) {
    line(
        json
            ? Json.write(Map.of("ready", part, "address", address))
            : part + " is ready: " + address);
  }

  /** What happens later: a part that died and was started again. */
  public void note(String part, String event, long pid) {
    line(
        json
            ? Json.write(Map.of("part", part, "event", event, "pid", pid))
            : part + " " + event + " (pid " + pid + ")");
  }

  /** What a part does that a person would not expect. */
  public void warn(String part, String warning) {
    line(
        json
            ? Json.write(Map.of("part", part, "warning", warning))
            : "warning: " + part + " " + warning);
  }

  private synchronized void line(String line) {
    out.println(line);
    out.flush();
  }
}
