package io.tailwater.launcher.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code DATA/pids}: a line {@code name pid} for each process that runs now. Replaced by rename, so
 * a reader always finds a whole one. Confined to the supervisor's thread.
 */
public final class PidFile {
  private static final Logger LOG = LoggerFactory.getLogger(PidFile.class);

  private final Path file;
  private final Map<String, Long> pids = new TreeMap<>();

  public PidFile(Path file) {
    this.file = file;
  }

  public void put(String name, long pid) {
    pids.put(name, pid);
    write();
  }

  public void remove(String name) {
    pids.remove(name);
    write();
  }

  public void delete() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("{} is left behind", file, e);
    }
  }

  private void write() {
    var text = new StringBuilder();
    pids.forEach((name, pid) -> text.append(name).append(' ').append(pid).append('\n'));
    try {
      WholeFile.replacePublic(file, text.toString());
    } catch (IOException e) {
      LOG.warn("{} is out of date", file, e);
    }
  }
}
