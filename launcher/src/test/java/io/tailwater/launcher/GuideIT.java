package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.launcher.GuidePage.Block;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/**
 * Runs the code blocks of every page of the guide, word for word and in their order. Only ports and
 * the data directory differ.
 *
 * <ul>
 *   <li>{@code sh} blocks of a page are run in one shell.
 *   <li>{@code js} blocks are run by Node, in place of a page, for at most five seconds.
 *   <li>A block whose first line is a comment with a file's name is written to this file, for the
 *       commands after it. The scripts of a page in HTML are parsed.
 *   <li>A {@code text} block after a block lists lines that its output contains, in this order;
 *       {@code …} in it stands for anything in a line.
 *   <li>{@code <!-- not run: reason -->} before a block leaves it out, {@code <!-- needs: program
 *       -->} leaves it out where the program is missing.
 * </ul>
 */
@ExtendWith(OnUp.class)
@ResourceLock(OnUp.PLATFORM)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GuideIT {
  /** Stands between the outputs of two blocks. */
  private static final String BETWEEN = "--- next block ---";

  /** What a block prints that is left out, as a program is missing. */
  private static final String MISSING = "--- missing: ";

  private static final String FAILED = "--- the program failed";

  /** What a problem+json answer begins with. */
  private static final String PROBLEM = "\"type\":\"about:blank\"";

  private static final Set<String> FILES = Set.of("js", "html", "python", "java", "nginx", "yaml");
  private static final String NODE =
      "node --no-warnings --experimental-eventsource --experimental-websocket";

  private final UpPlatform platform;

  GuideIT(UpPlatform platform) {
    this.platform = platform;
  }

  @ParameterizedTest
  @MethodSource("pages")
  void doWhatThePageSays(String name) throws Exception {
    List<Block> blocks = GuidePage.read(name).blocks().stream().filter(Block::isRun).toList();
    List<List<String>> outputs = run(blocks);
    assertThat(outputs).hasSameSizeAs(blocks);
    for (int i = 0; i < blocks.size(); i++) {
      check(name, blocks.get(i), String.join("\n", outputs.get(i)));
    }
  }

  private static void check(String page, Block block, String output) {
    if (output.contains(MISSING)) {
      System.out.println("skipped in " + page + ": " + output);
      return;
    }
    assertThat(output).as(block.text()).doesNotContain(PROBLEM, FAILED);
    if (!block.expected().isEmpty()) {
      assertThat(output).as(block.text()).containsPattern(block.wanted());
    }
  }

  /** Runs blocks in one shell, so that a later one can use variables of an earlier one. */
  private List<List<String>> run(List<Block> blocks) throws Exception {
    List<List<String>> outputs = new ArrayList<>();
    if (blocks.isEmpty()) {
      return outputs;
    }
    Path workplace = platform.workplace();
    copyPrelude(workplace);
    List<String> steps = new ArrayList<>();
    for (Block block : blocks) {
      steps.add(step(workplace, block, steps.size()));
    }
    Path script = workplace.resolve("page.sh");
    Files.writeString(
        script, platform.here(String.join("\necho; echo '" + BETWEEN + "'\n", steps)));
    outputs.add(new ArrayList<>());
    try (Tool shell = platform.start(workplace, "bash page.sh")) {
      for (String line : shell.awaitEnd()) {
        if (line.equals(BETWEEN)) {
          outputs.add(new ArrayList<>());
        } else {
          outputs.getLast().add(line);
        }
      }
    }
    return outputs;
  }

  private void copyPrelude(Path workplace) throws IOException {
    try (InputStream prelude = GuideIT.class.getResourceAsStream("page.mjs")) {
      String text =
          new String(Objects.requireNonNull(prelude).readAllBytes(), StandardCharsets.UTF_8);
      Files.writeString(workplace.resolve("page.mjs"), platform.here(text));
    }
  }

  /** What the shell does for a block. */
  private String step(Path workplace, Block block, int number) throws IOException {
    if (block.language().equals("sh")) {
      return block.needs().isEmpty()
          ? block.text()
          : needing("command -v " + block.needs() + " >/dev/null", block.needs(), block.text());
    }
    assertThat(FILES).as("a language that this test knows").contains(block.language());
    if (block.language().equals("yaml")) {
      assertThat(new Yaml().<Object>load(block.text())).as(block.text()).isNotNull();
    }
    if (block.file().isPresent()) {
      Files.writeString(workplace.resolve(block.file().get()), platform.here(block.text()));
      return block.language().equals("html") ? parsed(workplace, block.text(), number) : ":";
    }
    assertThat(block.language()).as(block.text()).isEqualTo("js");
    String file = "block-" + number + ".mjs";
    Files.writeString(workplace.resolve(file), platform.here(block.text()));
    return ran(NODE + " --import ./page.mjs " + file);
  }

  private static String parsed(Path workplace, String html, int number) throws IOException {
    int begin = html.indexOf("<script>") + "<script>".length();
    String file = "block-" + number + ".mjs";
    Files.writeString(
        workplace.resolve(file), html.substring(begin, html.indexOf("</script>", begin)));
    return ran(NODE + " --check " + file);
  }

  private static String ran(String command) {
    return needing(
        NODE + " -e '' 2>/dev/null", "Node 20.18", command + " || echo '" + FAILED + "'");
  }

  private static String needing(String condition, String program, String command) {
    return "if %s; then\n%s\nelse echo '%s%s'; fi".formatted(condition, command, MISSING, program);
  }

  static Stream<String> pages() throws IOException {
    return GuidePage.names().stream();
  }
}
