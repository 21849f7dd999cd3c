package io.tailwater.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The site at {@code /docs}: every page of the documentation, and the index for its search. The
 * build runs {@link #main}.
 */
final class Site {
  private static final List<String> FOLDERS =
      List.of("docs", "client-js", "client-java", "examples", "deploy/kubernetes");
  private static final List<String> PAGES = List.of("README.md", "CONTRIBUTING.md");

  private final Map<String, Page> pages;
  private final Contents contents;
  private final Targets targets;

  private Site(Path repository, Map<String, Page> pages) {
    this.pages = pages;
    this.contents = Contents.of(pages.values());
    this.targets = new Targets(repository, pages);
  }

  /**
   * @param arguments the repository, and the folder for the pages
   */
  public static void main(String[] arguments) throws IOException {
    read(Path.of(arguments[0]).toRealPath()).write(Path.of(arguments[1]));
  }

  /** Reads the pages of a repository. Parts that it does not have are left out. */
  static Site read(Path repository) throws IOException {
    Map<String, Page> pages = new TreeMap<>();
    for (Path file : sources(repository)) {
      String source = repository.relativize(file).toString();
      pages.put(source, Page.parse(source, Files.readString(file)));
    }
    return new Site(repository, pages);
  }

  private static List<Path> sources(Path repository) throws IOException {
    Stream<Path> files = PAGES.stream().map(repository::resolve);
    for (String folder : FOLDERS) {
      files = Stream.concat(files, below(repository.resolve(folder)).stream());
    }
    return files.filter(Files::isRegularFile).toList();
  }

  private static List<Path> below(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .filter(file -> !file.toString().contains("node_modules"))
          .toList();
    }
  }

  /** Renders every page, by its path on the site. */
  Map<String, String> render() {
    Map<String, String> rendered = new TreeMap<>();
    Layout layout = new Layout(contents);
    pages
        .values()
        .forEach(
            page -> rendered.put(page.path(), layout.html(page, Rendering.html(page, targets))));
    return rendered;
  }

  /** The links that lead nowhere, known once the pages are rendered. */
  List<String> deadLinks() {
    return targets.dead();
  }

  Map<String, Page> pages() {
    return pages;
  }

  private void write(Path folder) throws IOException {
    for (Map.Entry<String, String> page : render().entrySet()) {
      String path = page.getKey().isEmpty() ? "index" : page.getKey();
      Path file = folder.resolve(path + ".html");
      Files.createDirectories(file.resolveSibling(""));
      Files.writeString(file, page.getValue());
    }
    for (Map.Entry<String, Path> picture : targets.pictures().entrySet()) {
      Files.write(folder.resolve(picture.getKey()), Files.readAllBytes(picture.getValue()));
    }
    Files.writeString(folder.resolve("search.json"), SearchIndex.json(contents.pages()));
    Files.write(folder.resolve("files"), names(folder));
  }

  /** The gateway serves what is listed here. */
  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .filter(name -> !name.equals("files"))
          .sorted()
          .toList();
    }
  }
}
