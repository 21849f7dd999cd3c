import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions.Style;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Formats every Java source below the working directory with google-java-format. {@code check}
 * names the files that differ and exits 1; {@code apply} rewrites them. The second argument is the
 * version of google-java-format. Files that were found formatted before are not formatted again, as
 * long as neither the version nor the file changes.
 */
final class Format {
  /** A line for each formatted file: the hash of the formatter's version and the file's text. */
  private static final Path KNOWN = Path.of("target/format/known-files");

  public static void main(String[] args) throws Exception {
    boolean apply =
        switch (args[0]) {
          case "apply" -> true;
          case "check" -> false;
          default -> throw new IllegalArgumentException("check or apply, not " + args[0]);
        };
    String version = args[1];
    Formatter formatter = new Formatter();
    Set<String> known = Files.exists(KNOWN) ? Set.copyOf(Files.readAllLines(KNOWN)) : Set.of();
    Set<String> formatted = new TreeSet<>();
    int differing = 0;
    for (Path file : sources()) {
      String is = Files.readString(file);
      if (known.contains(hash(version, is))) {
        formatted.add(hash(version, is));
        continue;
      }
      String ordered =
          ImportOrderer.reorderImports(RemoveUnusedImports.removeUnusedImports(is), Style.GOOGLE);
      String ought = formatter.formatSource(ordered);
      if (apply || is.equals(ought)) {
        formatted.add(hash(version, ought));
      }
      if (is.equals(ought)) {
        continue;
      }
      differing++;
      System.out.println((apply ? "formatted " : "not formatted: ") + file);
      if (apply) {
        Files.writeString(file, ought);
      }
    }
    Files.createDirectories(KNOWN.getParent());
    Files.write(KNOWN, formatted);
    if (differing > 0 && !apply) {
      System.out.println(differing + " files to format: ./format does it");
      System.exit(1);
    }
  }

  private static String hash(String version, String text) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(version.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Path> sources() throws Exception {
    try (var files = Files.walk(Path.of("."))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(
              file ->
                  !file.toString().contains("/target/")
                      && !file.toString().contains("node_modules"))
          .sorted()
          .toList();
    }
  }

  private Format() {}
}
