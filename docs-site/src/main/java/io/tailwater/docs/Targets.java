package io.tailwater.docs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where links of the Markdown lead on the site. Collects the links that lead nowhere. */
final class Targets {
  /** The address of a link or picture on the site; empty for a file that the site does not have. */
  record Target(String address, boolean external) {
    static final Target NONE = new Target("", false);
  }

  private final Path repository;
  private final Map<String, Page> pages;
  private final Map<String, Path> pictures = new TreeMap<>();
  private final List<String> dead = new ArrayList<>();

  Targets(Path repository, Map<String, Page> pages) {
    this.repository = repository;
    this.pages = pages;
  }

  /** Resolves what a page links to. */
  Target of(Page from, String link) {
    if (link.matches("[a-z]+:.*")) {
      return new Target(link, true);
    }
    int hash = link.indexOf('#');
    String file = hash < 0 ? link : link.substring(0, hash);
    String fragment = hash < 0 ? "" : link.substring(hash + 1);
    Path folder = Path.of("/" + from.source()).getParent();
    String target =
        file.isEmpty() || folder == null
            ? from.source()
            : folder.resolve(file).normalize().toString().substring(1);
    Page page = pages.getOrDefault(target, pages.get(target + "/README.md"));
    if (page == null) {
      if (!Files.exists(repository.resolve(target)) || !fragment.isEmpty()) {
        dead.add(from.source() + ": " + link);
      }
      return Target.NONE;
    }
    if (!fragment.isEmpty() && !page.anchors().containsValue(fragment)) {
      dead.add(from.source() + ": " + link);
    }
    return new Target(page.url() + (fragment.isEmpty() ? "" : "#" + fragment), false);
  }

  /** Resolves a picture, and remembers that the site needs it. */
  String picture(Page from, String link) {
    Path folder = Path.of("/" + from.source()).getParent();
    String file = folder == null ? link : folder.resolve(link).normalize().toString().substring(1);
    Path picture = repository.resolve(file);
    if (!Files.isRegularFile(picture)) {
      dead.add(from.source() + ": " + link);
    }
    String name = String.valueOf(picture.getFileName());
    pictures.put(name, picture);
    return "/docs/" + name;
  }

  /** The pictures by their names on the site. */
  Map<String, Path> pictures() {
    return pictures;
  }

  /** Each link that leads nowhere, with its page. */
  List<String> dead() {
    return dead;
  }
}
