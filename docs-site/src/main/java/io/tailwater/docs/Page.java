package io.tailwater.docs;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.CustomNode;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HardLineBreak;
import org.commonmark.node.Heading;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;

/**
 * A page of the documentation, parsed.
 *
 * @param source its file in the repository, such as {@code docs/guide/tokens.md}
 * @param path its path below {@code /docs/}, empty for the first page
 * @param title the text of its first heading
 * @param anchors the anchor of each heading, in the order of the page
 */
record Page(String source, String path, String title, Node document, Map<Heading, String> anchors) {
  private static final Parser PARSER =
      Parser.builder().extensions(List.of(TablesExtension.create())).build();

  static Page parse(String source, String markdown) {
    Node document = PARSER.parse(markdown);
    Map<Heading, String> anchors = anchors(document);
    String title = anchors.keySet().stream().findFirst().map(Page::text).orElse(source);
    return new Page(source, pathOf(source), title, document, anchors);
  }

  /** {@code docs/guide/README.md} is {@code guide}, {@code README.md} is empty. */
  static String pathOf(String source) {
    return source
        .replaceFirst("^(docs|deploy)/", "")
        .replaceFirst("(^|/)README\\.md$", "")
        .replaceFirst("\\.md$", "")
        .toLowerCase(Locale.ROOT);
  }

  String url() {
    return path.isEmpty() ? "/docs" : "/docs/" + path;
  }

  String language() {
    return source.startsWith("docs/guide/zh/") ? "zh-CN" : "en";
  }

  private static Map<Heading, String> anchors(Node document) {
    Map<Heading, String> anchors = new LinkedHashMap<>();
    Map<String, Integer> seen = new HashMap<>();
    document.accept(
        new AbstractVisitor() {
          @Override
          public void visit(Heading heading) {
            String anchor = anchorOf(text(heading));
            int times = seen.merge(anchor, 1, Integer::sum);
            anchors.put(heading, times == 1 ? anchor : anchor + "-" + (times - 1));
          }
        });
    return anchors;
  }

  /** As GitHub makes them, so that links work there and here. */
  static String anchorOf(String heading) {
    return heading
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{M}\\p{N}\\p{Pc} -]", "")
        .replace(' ', '-');
  }

  /** The text of a node without its marks, a space after each block. */
  static String text(Node node) {
    StringBuilder text = new StringBuilder();
    node.accept(
        new AbstractVisitor() {
          @Override
          public void visit(Text part) {
            text.append(part.getLiteral());
          }

          @Override
          public void visit(Code part) {
            text.append(part.getLiteral());
          }

          @Override
          public void visit(FencedCodeBlock part) {
            text.append(part.getLiteral());
          }

          @Override
          public void visit(Paragraph part) {
            visitChildren(part);
            text.append(' ');
          }

          /** The cells of a table, among others. */
          @Override
          public void visit(CustomNode part) {
            visitChildren(part);
            text.append(' ');
          }

          @Override
          public void visit(SoftLineBreak part) {
            text.append(' ');
          }

          @Override
          public void visit(HardLineBreak part) {
            text.append(' ');
          }
        });
    return text.toString();
  }
}
