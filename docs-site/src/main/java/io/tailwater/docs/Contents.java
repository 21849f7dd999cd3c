package io.tailwater.docs;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The order of the site's pages, in groups. A new page appears in its group by itself.
 *
 * @param groups each page occurs once
 */
record Contents(List<Group> groups) {
  /**
   * @param name empty for the first pages
   * @param folded shown with a click, except on its own pages
   */
  record Group(String name, List<Page> pages, boolean folded) {}

  private static final List<String> START = List.of("README.md", "docs/guide/README.md");
  private static final List<String> REFERENCE =
      List.of(
          "docs/protocol.md",
          "client-js/README.md",
          "client-java/README.md",
          "docs/operating.md",
          "deploy/kubernetes/README.md",
          "docs/security.md",
          "docs/architecture.md",
          "docs/status.md",
          "examples/README.md",
          "CONTRIBUTING.md");

  static Contents of(Collection<Page> pages) {
    List<Page> left = new ArrayList<>(pages);
    List<Group> groups = new ArrayList<>();
    groups.add(new Group("", named(left, START), false));
    groups.add(new Group("Understand", below(left, "docs/guide/\\d.*"), false));
    groups.add(new Group("中文", below(left, "docs/guide/zh/.*"), true));
    groups.add(new Group("Tasks", below(left, "docs/guide/.*"), false));
    groups.add(new Group("Reference", named(left, REFERENCE), false));
    groups.add(new Group("Decisions", below(left, "docs/decisions/.*"), true));
    groups.add(new Group("Benchmarks", below(left, "docs/benchmarks/.*"), true));
    groups.add(new Group("More", below(left, ".*"), false));
    groups.removeIf(group -> group.pages().isEmpty());
    return new Contents(groups);
  }

  private static List<Page> named(List<Page> left, List<String> sources) {
    List<Page> found =
        sources.stream()
            .map(source -> first(left, page -> page.source().equals(source)))
            .filter(Objects::nonNull)
            .toList();
    left.removeAll(found);
    return found;
  }

  private static @Nullable Page first(List<Page> pages, Predicate<Page> wanted) {
    return pages.stream().filter(wanted).findFirst().orElse(null);
  }

  private static List<Page> below(List<Page> left, String sources) {
    List<Page> found =
        left.stream()
            .filter(page -> page.source().matches(sources))
            .sorted(Comparator.comparing(Contents::place))
            .toList();
    left.removeAll(found);
    return found;
  }

  /** The page of a folder comes first. */
  private static String place(Page page) {
    return page.source().endsWith("/README.md") ? "" : page.source();
  }

  Stream<Page> pages() {
    return groups.stream().flatMap(group -> group.pages().stream());
  }
}
