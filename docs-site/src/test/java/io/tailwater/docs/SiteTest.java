package io.tailwater.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.HtmlInline;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The documentation of this repository, as it is served. */
@SuppressWarnings("NullAway.Init")
final class SiteTest {
  private static Site site;
  private static Map<String, String> pages;

  @BeforeAll
  static void render() throws IOException {
    site = Site.read(Path.of("..").toRealPath());
    pages = site.render();
  }

  @Test
  void noLinkIsDead() {
    assertThat(site.deadLinks()).isEmpty();
  }

  @Test
  void everyPageHasATitleAndIsInTheContents() {
    assertThat(pages).containsKeys("", "guide", "guide/zh", "protocol", "client-js", "decisions");
    assertThat(site.pages().values())
        .allSatisfy(
            page -> {
              assertThat(page.title()).as(page.source()).doesNotEndWith(".md");
              assertThat(pages.get("protocol")).contains("href=\"" + page.url() + "\"");
            });
  }

  @Test
  void markdownHasNoHtmlBesideComments() {
    site.pages()
        .values()
        .forEach(
            page ->
                page.document()
                    .accept(
                        new AbstractVisitor() {
                          @Override
                          public void visit(HtmlBlock html) {
                            assertThat(html.getLiteral()).as(page.source()).startsWith("<!--");
                          }

                          @Override
                          public void visit(HtmlInline html) {
                            assertThat(html.getLiteral()).as(page.source()).startsWith("<!--");
                          }
                        }));
  }

  @Test
  void nothingIsLoadedFromElsewhere() {
    assertThat(pages.values())
        .allSatisfy(
            page -> assertThat(page).doesNotContainPattern("(src|stylesheet\" href)=\"[^/]"))
        .allSatisfy(page -> assertThat(page).doesNotContain(" style=\"", "<script>", " onclick="));
  }

  @Test
  void anchorsAreThoseOfGitHub() {
    assertThat(Page.anchorOf("Subscribe: GET /v1/events")).isEqualTo("subscribe-get-v1events");
    assertThat(Page.anchorOf("Parameters access_token and ticket"))
        .isEqualTo("parameters-access_token-and-ticket");
    assertThat(Page.anchorOf("长轮询与 SSE")).isEqualTo("长轮询与-sse");
    Page twice = Page.parse("docs/twice.md", "# One\n\n## Same\n\n## Same\n");
    assertThat(twice.anchors().values()).containsExactly("one", "same", "same-1");
  }

  @Test
  void aDeadLinkIsFound() throws IOException {
    Path repository = Path.of("..").toRealPath();
    Page page =
        Page.parse(
            "docs/guide/page.md",
            "# Page\n\n[a](#page) [b](#none) [c](none.md) [d](../../pom.xml) [e](page.md#no)");
    Targets targets = new Targets(repository, Map.of(page.source(), page));
    assertThat(Rendering.html(page, targets))
        .contains("<a href=\"/docs/guide/page#page\">a</a>")
        .contains("<span class=\"file\" title=\"../../pom.xml\">d</span>");
    assertThat(targets.dead())
        .containsExactly(
            "docs/guide/page.md: #none",
            "docs/guide/page.md: none.md",
            "docs/guide/page.md: page.md#no");
  }

  @Test
  void codeIsColoredAndKept() {
    Page page = Page.parse("docs/page.md", "```js\nconst a = '<b>'; // c\n```\n");
    assertThat(Rendering.html(page, new Targets(Path.of(""), Map.of())))
        .contains("<span class=\"k\">const</span> a = <span class=\"s\">'&lt;b&gt;'</span>;")
        .contains("<span class=\"c\">// c</span>");
  }
}
