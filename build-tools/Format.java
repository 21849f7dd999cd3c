import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions.Style;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Formats every Java source below the working directory with google-java-format. {@code check}
 * names the files that differ and exits 1; {@code apply} rewrites them.
 */
final class Format {
  public static void main(String[] args) throws Exception {
    boolean apply =
        switch (args[0]) {
          case "apply" -> true;
          case "check" -> false;
          default -> throw new IllegalArgumentException("check or apply, not " + args[0]);
        };
    Formatter formatter = new Formatter();
    int differing = 0;
    for (Path file : sources()) {
      String is = Files.readString(file);
      String ordered =
          ImportOrderer.reorderImports(RemoveUnusedImports.removeUnusedImports(is), Style.GOOGLE);
      String ought = formatter.formatSource(ordered);
      if (is.equals(ought)) {
        continue;
      }
      differing++;
      System.out.println((apply ? "formatted " : "not formatted: ") + file);
      if (apply) {
        Files.writeString(file, ought);
      }
    }
    if (differing > 0 && !apply) {
      System.out.println(differing + " files to format: ./format does it");
      System.exit(1);
    }
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
