package io.tailwater.edge.http;

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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The JavaScript client: {@code /v1/client.js}, its parts {@code /v1/client/<part>.js}, and their
 * types. Any page may load them, whatever origins may use the gateway.
 */
@Controller("/v1")
final class ClientEndpoint {
  private static final List<String> PARTS =
      List.of(
          "ai", "binary", "diagnostics", "offline", "pool", "presence", "react", "state", "tabs");
  private static final String FOLDER = "classpath:client-js/";
  private static final String SCRIPT = "text/javascript; charset=utf-8";
  private static final String TYPES = "text/plain; charset=utf-8";
  private static final String CACHE_CONTROL = "public, max-age=300";

  private final Map<String, ServedFile> files = new TreeMap<>();

  ClientEndpoint(ResourceLoader resources) {
    for (String suffix : List.of(".js", ".d.ts")) {
      load(resources, "client" + suffix);
      if (files.isEmpty()) {
        throw new IllegalStateException("the build has left out the client");
      }
      for (String part : PARTS) {
        load(resources, "client/" + part + suffix);
      }
    }
  }

  /** Takes a file in, if the build has it. */
  private void load(ResourceLoader resources, String name) {
    ServedFile file =
        ServedFile.find(resources, FOLDER + name, name.endsWith(".js") ? SCRIPT : TYPES);
    if (file != null) {
      files.put(name, file);
    }
  }

  @Get("/client.js")
  HttpResponse<?> client(HttpRequest<?> request) {
    return answer(request, "client.js");
  }

  @Get("/client.d.ts")
  HttpResponse<?> types(HttpRequest<?> request) {
    return answer(request, "client.d.ts");
  }

  @Get("/client/{part}.js")
  HttpResponse<?> part(HttpRequest<?> request, @PathVariable String part) {
    return answer(request, "client/" + part + ".js");
  }

  @Get("/client/{part}.d.ts")
  HttpResponse<?> partsTypes(HttpRequest<?> request, @PathVariable String part) {
    return answer(request, "client/" + part + ".d.ts");
  }

  private HttpResponse<?> answer(HttpRequest<?> request, String name) {
    ServedFile file = files.get(name);
    if (file == null) {
      throw new RequestException(
          ErrorCode.NOT_FOUND,
          "the client has no file '" + name + "': " + String.join(", ", files.keySet()));
    }
    return file.answer(request)
        .header(HttpHeaders.CACHE_CONTROL, CACHE_CONTROL)
        .header(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header("Cross-Origin-Resource-Policy", "cross-origin");
  }
}
