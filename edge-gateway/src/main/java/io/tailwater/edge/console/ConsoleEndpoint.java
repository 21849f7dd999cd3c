package io.tailwater.edge.console;

import io.micronaut.core.io.ResourceLoader;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.files.ServedFile;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code /console}: the page and its files. Anyone may load them; each call that the page makes is
 * judged by the token that its user gives.
 */
@Controller("/console")
final class ConsoleEndpoint {
  private static final String PAGE = "index.html";
  private static final List<String> FILES =
      List.of(
          PAGE,
          "console.css",
          "app.js",
          "api.js",
          "dom.js",
          "live.js",
          "charts.js",
          "overview.js",
          "connections.js",
          "channel.js",
          "namespaces.js",
          "streams.js",
          "tokens.js",
          "uplot.js",
          "uplot.css",
          "uplot-licence.txt");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "txt", "text/plain; charset=utf-8");

  /**
   * No script, style or connection that is not the gateway's own. What comes from clients is shown
   * as text, and the browser refuses a script that would make markup of it.
   */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
          + " data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'";

  private final Map<String, ServedFile> files = new TreeMap<>();

  ConsoleEndpoint(ResourceLoader resources) throws IOException {
    for (String name : FILES) {
      ServedFile file =
          ServedFile.read(
              resources,
              "classpath:console/" + name,
              TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "text/plain"));
      if (file == null) {
        throw new IllegalStateException("the build has left out console/" + name);
      }
      files.put(name, file);
    }
  }

  @Get
  HttpResponse<?> page(HttpRequest<?> request) {
    return answer(request, PAGE);
  }

  @Get("/{name}")
  HttpResponse<?> file(HttpRequest<?> request, @PathVariable String name) {
    return answer(request, name);
  }

  private HttpResponse<?> answer(HttpRequest<?> request, String name) {
    ServedFile file = files.get(name);
    if (file == null) {
      throw new RequestException(
          ErrorCode.NOT_FOUND, "the console has no file '" + name + "': open /console");
    }
    return file.answer(request)
        .header(HttpHeaders.CACHE_CONTROL, "no-cache")
        .header("Content-Security-Policy", POLICY)
        .header("Cross-Origin-Opener-Policy", "same-origin")
        .header("Referrer-Policy", "no-referrer");
  }
}
