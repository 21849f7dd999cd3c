package io.tailwater.edge.http;

import io.micronaut.core.io.ResourceLoader;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.TreeSet;

/** The contract as documents: {@code /v1/openapi.yaml}, and the {@code .proto} files beside it. */
@Controller("/v1")
final class DocumentsEndpoint {
  /** Where the definitions are, by the names of their files. */
  private static final Map<String, String> PROTOS =
      Map.of(
          "ai", "tailwater/v1/",
          "backend", "tailwater/backend/v1/",
          "event", "tailwater/v1/",
          "event_core", "tailwater/v1/",
          "frames", "tailwater/v1/");

  private final ResourceLoader resources;

  DocumentsEndpoint(ResourceLoader resources) {
    this.resources = resources;
  }

  @Get("/openapi.yaml")
  HttpResponse<byte[]> openApi() throws IOException {
    return document("openapi.yaml", "application/yaml");
  }

  @Get("/{name}.proto")
  HttpResponse<byte[]> proto(@PathVariable String name) throws IOException {
    String folder = PROTOS.get(name);
    if (folder == null) {
      throw new RequestException(
          ErrorCode.NOT_FOUND,
          "there is no " + name + ".proto: " + String.join(", ", new TreeSet<>(PROTOS.keySet())));
    }
    return document(folder + name + ".proto", "text/plain; charset=utf-8");
  }

  private HttpResponse<byte[]> document(String name, String type) throws IOException {
    try (InputStream document =
        resources
            .getResourceAsStream("classpath:" + name)
            .orElseThrow(() -> new IllegalStateException("the build has left out " + name))) {
      return HttpResponse.ok(document.readAllBytes()).header("Content-Type", type);
    }
  }
}
