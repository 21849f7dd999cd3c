package io.tailwater.docs;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.commonmark.renderer.html.HtmlWriter;

/** Colors code: comments, texts, numbers and keywords. */
final class Highlight {
  private static final String TEXTS = "\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])*'";
  private static final String NUMBERS = "\\b\\d[\\w.]*\\b";
  private static final String NONE = "(?!)";

  private static final Pattern PLAIN = Pattern.compile(NONE);
  private static final Pattern SHELL =
      language(
          "(?<=^|\\s)#[^\n]*",
          TEXTS,
          "\\b(?:curl|cd|export|echo|docker|mvn|node|npm|npx|python3|kubectl|for|do|done|while|if|"
              + "then|fi|sleep|jq|openssl|tar|git)\\b(?=\\s)|\\./\\w+");
  private static final Pattern SCRIPT =
      language(
          "//[^\n]*|/\\*[\\s\\S]*?\\*/",
          TEXTS + "|`(?:\\\\.|[^`\\\\])*`",
          "\\b(?:import|from|export|const|let|new|await|async|function|return|if|else|for|of|while|"
              + "class|try|catch|throw|static|final|void|public|private|var|int|long|record|true|"
              + "false|null|undefined|message|service|rpc|returns|stream|string|bytes)\\b");
  private static final Pattern PYTHON =
      language(
          "#[^\n]*",
          TEXTS,
          "\\b(?:import|from|def|return|if|else|elif|for|in|while|with|as|class|try|except|async|"
              + "await|True|False|None|print)\\b");
  private static final Pattern CONFIGURATION =
      language("(?<=^|\\s)#[^\n]*", TEXTS, "(?m)^[\\s-]*[\\w.-]+(?=:(?:\\s|$))");
  private static final Pattern NGINX = language("#[^\n]*", TEXTS, "(?m)^\\s*[a-z_]+(?=[\\s;{])");
  private static final Pattern DATA = language(NONE, TEXTS, "\\b(?:true|false|null)\\b");
  private static final Pattern MARKUP = language("<!--[\\s\\S]*?-->", TEXTS, "</?[a-z][\\w-]*|/?>");

  private static final Map<String, Pattern> LANGUAGES =
      Map.ofEntries(
          Map.entry("sh", SHELL),
          Map.entry("js", SCRIPT),
          Map.entry("ts", SCRIPT),
          Map.entry("jsx", SCRIPT),
          Map.entry("tsx", SCRIPT),
          Map.entry("java", SCRIPT),
          Map.entry("proto", SCRIPT),
          Map.entry("python", PYTHON),
          Map.entry("yaml", CONFIGURATION),
          Map.entry("properties", CONFIGURATION),
          Map.entry("nginx", NGINX),
          Map.entry("json", DATA),
          Map.entry("html", MARKUP));

  private Highlight() {}

  private static Pattern language(String comments, String texts, String keywords) {
    return Pattern.compile(
        "(?<c>%s)|(?<s>%s)|(?<k>%s)|(?<n>%s)".formatted(comments, texts, keywords, NUMBERS));
  }

  /** Writes code as HTML, without colors if the language is not known. */
  static void write(HtmlWriter html, String code, String language) {
    Matcher found = LANGUAGES.getOrDefault(language, PLAIN).matcher(code);
    int from = 0;
    while (found.find()) {
      html.text(code.substring(from, found.start()));
      html.tag("span", Map.of("class", kind(found)));
      html.text(found.group());
      html.tag("/span");
      from = found.end();
    }
    html.text(code.substring(from));
  }

  private static String kind(Matcher found) {
    return Stream.of("c", "s", "k")
        .filter(kind -> found.group(kind) != null)
        .findFirst()
        .orElse("n");
  }
}
