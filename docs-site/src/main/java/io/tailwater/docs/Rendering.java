package io.tailwater.docs;

import io.tailwater.docs.Targets.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.renderer.NodeRenderer;
import org.commonmark.renderer.html.HtmlNodeRendererContext;
import org.commonmark.renderer.html.HtmlRenderer;
import org.commonmark.renderer.html.HtmlWriter;

/** Renders the text of one page: what differs here from plain CommonMark. */
final class Rendering implements NodeRenderer {
  private final HtmlNodeRendererContext context;
  private final HtmlWriter html;
  private final Page page;
  private final Targets targets;

  private Rendering(HtmlNodeRendererContext context, Page page, Targets targets) {
    this.context = context;
    this.html = context.getWriter();
    this.page = page;
    this.targets = targets;
  }

  static String html(Page page, Targets targets) {
    return HtmlRenderer.builder()
        .extensions(List.of(TablesExtension.create()))
        .nodeRendererFactory(context -> new Rendering(context, page, targets))
        .build()
        .render(page.document())
        // What is wider than a phone scrolls by itself, with the keyboard too.
        .replace("<table>", "<div class=\"wide\" tabindex=\"0\"><table>")
        .replace("</table>", "</table></div>")
        // A heading without words is none.
        .replace("<th></th>", "<td></td>");
  }

  @Override
  public Set<Class<? extends Node>> getNodeTypes() {
    return Set.of(
        Heading.class,
        Link.class,
        Image.class,
        FencedCodeBlock.class,
        HtmlBlock.class,
        HtmlInline.class);
  }

  @Override
  public void render(Node node) {
    switch (node) {
      case Heading heading -> heading(heading);
      case Link link -> link(link);
      case Image image ->
          html.tag(
              "img",
              attributes(
                  "src", targets.picture(page, image.getDestination()), "alt", Page.text(image)),
              true);
      case FencedCodeBlock block -> code(block);
      // Comments are for tests; there is no other HTML, which PagesTest checks.
      default -> {}
    }
  }

  private void heading(Heading heading) {
    String tag = "h" + heading.getLevel();
    String anchor = page.anchors().getOrDefault(heading, "");
    html.line();
    html.tag(tag, Map.of("id", anchor));
    children(heading);
    if (heading.getLevel() > 1) {
      html.tag(
          "a",
          attributes(
              "class",
              "anchor",
              "href",
              "#" + anchor,
              "aria-label",
              "Link: " + Page.text(heading)));
      html.text("#");
      html.tag("/a");
    }
    html.tag("/" + tag);
    html.line();
  }

  private void link(Link link) {
    Target target = targets.of(page, link.getDestination());
    if (target.address().isEmpty()) {
      html.tag("span", attributes("class", "file", "title", link.getDestination()));
      children(link);
      html.tag("/span");
      return;
    }
    html.tag(
        "a",
        target.external()
            ? attributes("href", target.address(), "rel", "noreferrer")
            : Map.of("href", target.address()));
    children(link);
    html.tag("/a");
  }

  private void code(FencedCodeBlock block) {
    html.line();
    html.tag("pre", Map.of("tabindex", "0"));
    html.tag("code");
    Highlight.write(html, block.getLiteral(), block.getInfo().strip());
    html.tag("/code");
    html.tag("/pre");
    html.line();
  }

  /** In their order, so that each build has the same bytes. */
  static Map<String, String> attributes(String... namesAndValues) {
    Map<String, String> attributes = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      attributes.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return attributes;
  }

  private void children(Node parent) {
    for (Node child = parent.getFirstChild(); child != null; child = child.getNext()) {
      context.render(child);
    }
  }
}
