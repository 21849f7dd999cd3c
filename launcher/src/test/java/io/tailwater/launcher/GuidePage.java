package io.tailwater.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A page of the guide with its code blocks, in their order. Immutable. */
record GuidePage(String name, List<Block> blocks) {
  /** Where the guide is. */
  static final Path GUIDE = Path.of("").toAbsolutePath().resolveSibling("docs").resolve("guide");

  private static final Pattern BLOCK =
      Pattern.compile(
          "(?:<!-- (not run|needs): ([^\n]*?) -->\n)?```([^\n]*)\n(.*?)```(?:\n\n```text\n(.*?)```)?",
          Pattern.DOTALL);

  /** Languages of blocks that show something and cannot be run. */
  private static final Set<String> SHOWN = Set.of("", "text", "json", "proto", "mermaid");

  /** The first line of a block that is a file: a comment with its name. */
  private static final Pattern FILE =
      Pattern.compile("\\A(?://|#|<!--) ([A-Za-z_.-]+\\.[a-z]+)(?: -->)?\n");

  /**
   * A code block.
   *
   * @param language as written after the three backticks
   * @param text what is in the block
   * @param expected lines that its output contains in this order, or an empty text
   * @param notRun the reason why it is not run, or an empty text
   * @param needs a program without which it is not run, or an empty text
   */
  record Block(String language, String text, String expected, String notRun, String needs) {
    private static Block of(MatchResult found) {
      String mark = found.group(1) == null ? "" : found.group(1);
      return new Block(
          found.group(3),
          found.group(4),
          found.group(5) == null ? "" : found.group(5),
          mark.equals("not run") ? found.group(2) : "",
          mark.equals("needs") ? found.group(2) : "");
    }

    /** The name of the file that the block is, if it is one. */
    Optional<String> file() {
      return FILE.matcher(text).results().map(found -> found.group(1)).findFirst();
    }

    boolean isRun() {
      return notRun.isEmpty() && !SHOWN.contains(language);
    }

    /** What its output has to match. */
    Pattern wanted() {
      List<String> lines =
          expected.lines().map(line -> Pattern.quote(line).replace("…", "\\E[^\\n]*\\Q")).toList();
      return Pattern.compile(String.join(".*", lines), Pattern.DOTALL);
    }
  }

  static GuidePage read(String name) throws IOException {
    String text = Files.readString(GUIDE.resolve(name));
    return new GuidePage(name, BLOCK.matcher(text).results().map(Block::of).toList());
  }

  /** The names of all pages, in every language. */
  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.walk(GUIDE)) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .map(file -> GUIDE.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  /**
   * The namespaces that pages tell their readers to configure, as one file for {@code --config}.
   */
  static String configuration() throws IOException {
    String head = "tailwater:\n  namespaces:\n";
    StringBuilder all = new StringBuilder(head);
    for (String name : names()) {
      for (Block block : read(name).blocks()) {
        if (block.language().equals("yaml") && block.text().contains(head)) {
          all.append(block.text().split(Pattern.quote(head), 2)[1]);
        }
      }
    }
    return all.toString();
  }
}
