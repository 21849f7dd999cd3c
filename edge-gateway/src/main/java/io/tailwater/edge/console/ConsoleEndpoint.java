package io.tailwater.edge.console;

import io.micronaut.core.io.ResourceLoader;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.tailwater.edge.files.ServedPage;
import java.util.List;

/**
 * {@code /console}: the page and its files. Anyone may load them; each call that the page makes is
 * judged by the token that its user gives.
 */
@Controller("/console")
final class ConsoleEndpoint {
  private static final List<String> FILES =
      List.of(
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

  private final ServedPage console;

  ConsoleEndpoint(ResourceLoader resources) {
    console = ServedPage.of(resources, "console", FILES, "");
  }

  @Get
  HttpResponse<?> page(HttpRequest<?> request) {
    return console.answer(request);
  }

  @Get("/{name}")
  HttpResponse<?> file(HttpRequest<?> request, @PathVariable String name) {
    return console.answer(request, name);
  }
}
