package io.tailwater.docs;

import io.tailwater.docs.Contents.Group;
import java.util.List;
import java.util.Map;
import org.commonmark.node.Heading;
import org.commonmark.renderer.html.HtmlWriter;

/**
 * What stands around the text of each page: head, search, contents, and the way to its neighbors.
 */
final class Layout {
  /** Pages with fewer sections need no list of them. */
  private static final int MIN_SECTIONS = 4;

  private static final String TEMPLATE =
      """
      <!doctype html>
      <html lang="{language}">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; \
      style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'">
      <title>{title}</title>
      <link rel="icon" href="/docs/icon.svg">
      <link rel="stylesheet" href="/docs/docs.css">
      <script src="/docs/docs.js" defer></script>
      </head>
      <body>
      <a class="skip" href="#content">Skip to the text</a>
      <header>
      <a class="home" href="/docs"><img src="/docs/icon.svg" alt="" width="28" height="28">Tailwater</a>
      <form id="search" role="search" hidden>
      <label for="words">Search the documentation</label>
      <input type="search" id="words" placeholder="Search" autocomplete="off" spellcheck="false">
      </form>
      <button type="button" id="menu" aria-expanded="false" aria-controls="contents" hidden>Contents</button>
      </header>
      <section id="found" aria-label="Search results" aria-live="polite" hidden></section>
      <div class="frame">
      <nav id="contents" aria-label="Documentation">{contents}</nav>
      <main id="content" tabindex="-1">
      {text}{turn}</main>
      </div>
      </body>
      </html>
      """;

  private final Contents contents;

  Layout(Contents contents) {
    this.contents = contents;
  }

  /** The whole page. */
  String html(Page page, String text) {
    String title = page.path().isEmpty() ? "Tailwater" : page.title() + " · Tailwater";
    return TEMPLATE
        .replace("{language}", page.language())
        .replace("{title}", written(html -> html.text(title)))
        .replace("{contents}", written(html -> contents(html, page)))
        .replace("{turn}", written(html -> turn(html, page)))
        // Last: a text may have braces of its own.
        .replace("{text}", withSections(page, text));
  }

  private interface Part {
    void write(HtmlWriter html);
  }

  private static String written(Part part) {
    StringBuilder text = new StringBuilder();
    part.write(new HtmlWriter(text));
    return text.toString();
  }

  private void contents(HtmlWriter html, Page current) {
    for (Group group : contents.groups()) {
      boolean folds = group.folded() && !group.pages().contains(current);
      if (group.folded()) {
        html.tag("details", folds ? Map.of() : Map.of("open", ""));
        element(html, "summary", group.name());
      } else if (!group.name().isEmpty()) {
        element(html, "h2", group.name());
      }
      html.tag("ul");
      group.pages().forEach(page -> entry(html, page, current));
      html.tag("/ul");
      if (group.folded()) {
        html.tag("/details");
      }
    }
  }

  private static void entry(HtmlWriter html, Page page, Page current) {
    html.tag("li");
    html.tag(
        "a",
        page == current
            ? Rendering.attributes("href", page.url(), "aria-current", "page")
            : Map.of("href", page.url()));
    html.text(page.title());
    html.tag("/a");
    html.tag("/li");
  }

  /** The pages before and after this one in its group. */
  private void turn(HtmlWriter html, Page current) {
    List<Page> group =
        contents.groups().stream()
            .map(Group::pages)
            .filter(pages -> pages.contains(current))
            .findFirst()
            .orElse(List.of(current));
    int at = group.indexOf(current);
    if (group.size() > 1) {
      html.tag("p", Map.of("class", "turn"));
      neighbor(html, group, at - 1, "← ", "");
      neighbor(html, group, at + 1, "", " →");
      html.tag("/p");
    }
  }

  private static void neighbor(
      HtmlWriter html, List<Page> group, int at, String before, String after) {
    if (at >= 0 && at < group.size()) {
      html.tag("a", Map.of("href", group.get(at).url()));
      html.text(before + group.get(at).title() + after);
      html.tag("/a");
    }
  }

  /** Puts the list of sections behind the title, unless the page has a list of its own. */
  private static String withSections(Page page, String text) {
    List<Heading> sections =
        page.anchors().keySet().stream().filter(heading -> heading.getLevel() == 2).toList();
    int title = text.indexOf("</h1>");
    if (sections.size() < MIN_SECTIONS || title < 0 || page.anchors().containsValue("contents")) {
      return text;
    }
    int end = title + "</h1>".length();
    return text.substring(0, end)
        + written(html -> sections(html, page, sections))
        + text.substring(end);
  }

  private static void sections(HtmlWriter html, Page page, List<Heading> sections) {
    html.tag("details", Map.of("class", "sections"));
    element(html, "summary", page.language().equals("en") ? "On this page" : "本页内容");
    html.tag("ul");
    for (Heading section : sections) {
      html.tag("li");
      html.tag("a", Map.of("href", "#" + page.anchors().getOrDefault(section, "")));
      html.text(Page.text(section));
      html.tag("/a");
      html.tag("/li");
    }
    html.tag("/ul");
    html.tag("/details");
  }

  private static void element(HtmlWriter html, String tag, String text) {
    html.tag(tag);
    html.text(text);
    html.tag("/" + tag);
  }
}
