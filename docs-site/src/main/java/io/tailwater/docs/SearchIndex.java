package io.tailwater.docs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.commonmark.node.Heading;
import org.commonmark.node.Node;

/**
 * The text of all pages, by section, for the search of {@code docs.js}: {@code [[url, title,
 * [[anchor, heading, text], …]], …]}.
 */
final class SearchIndex {
  private static final JsonFactory JSON = new JsonFactory();

  private SearchIndex() {}

  static String json(Stream<Page> pages) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartArray();
      for (Page page : pages.toList()) {
        json.writeStartArray();
        json.writeString(page.url());
        json.writeString(page.title());
        sections(page, json);
        json.writeEndArray();
      }
      json.writeEndArray();
    }
    return text.toString();
  }

  private static void sections(Page page, JsonGenerator json) throws IOException {
    json.writeStartArray();
    Node node = page.document().getFirstChild();
    while (node != null) {
      Heading heading = node instanceof Heading found ? found : null;
      StringBuilder text = new StringBuilder();
      if (heading != null) {
        node = node.getNext();
      }
      for (; node != null && !(node instanceof Heading); node = node.getNext()) {
        text.append(Page.text(node)).append(' ');
      }
      json.writeStartArray();
      json.writeString(heading == null ? "" : page.anchors().getOrDefault(heading, ""));
      json.writeString(heading == null ? page.title() : Page.text(heading));
      json.writeString(text.toString().replaceAll("\\s+", " ").strip());
      json.writeEndArray();
    }
    json.writeEndArray();
  }
}
