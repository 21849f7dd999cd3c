package io.tailwater.edge.docs;

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
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The documentation: about 100 pages, their search index and what they are shown with. */
@Controller("/docs")
final class DocsEndpoint {
  private static final String FOLDER = "classpath:docs-site/";
  // Pages and what they load belong together: a browser asks whether they are still the newest.
  private static final String CACHE_CONTROL = "no-cache";
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "json", "application/json",
          "svg", "image/svg+xml",
          "png", "image/png");

  private final Map<String, ServedFile> files = new TreeMap<>();

  DocsEndpoint(ResourceLoader resources) throws IOException {
    for (String name : names(resources)) {
      String type = TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "text/plain");
      ServedFile file = ServedFile.find(resources, FOLDER + name, type);
      if (file != null) {
        files.put(name, file);
      }
    }
  }

  private static List<String> names(ResourceLoader resources) throws IOException {
    try (InputStream names =
        resources
            .getResourceAsStream(FOLDER + "files")
            .orElseThrow(() -> new IllegalStateException("the build has left out the docs"))) {
      return new String(names.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @Get
  HttpResponse<?> first(HttpRequest<?> request) {
    return page(request, "index");
  }

  @Get("/{+path}")
  HttpResponse<?> page(HttpRequest<?> request, @PathVariable String path) {
    String name = path.isEmpty() ? "index" : path.replaceFirst("/$", "");
    ServedFile file = files.getOrDefault(name + ".html", files.get(name));
    if (file == null) {
      throw new RequestException(
          ErrorCode.NOT_FOUND, "the documentation has no page '" + name + "': see /docs");
    }
    return file.answer(request).header(HttpHeaders.CACHE_CONTROL, CACHE_CONTROL);
  }
}
