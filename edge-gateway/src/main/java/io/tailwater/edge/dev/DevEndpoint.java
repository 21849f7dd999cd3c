package io.tailwater.edge.dev;

import io.micronaut.context.annotation.Requires;
import io.micronaut.core.io.ResourceLoader;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.EdgeConfiguration;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.RequestBody;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The demo page and its fault buttons. */
@Controller
@Requires(property = "tailwater.edge.dev", value = "true")
final class DevEndpoint {
  private static final int MAX_BODY_BYTES = 64 << 10;

  private final ResourceLoader resources;
  private final DevCommands commands;
  private final EdgeConfiguration configuration;
  private final ObjectMapper json;
  private final Access access;
  private final Bodies bodies;

  DevEndpoint(
      ResourceLoader resources,
      DevCommands commands,
      EdgeConfiguration configuration,
      ObjectMapper json,
      Access access,
      Bodies bodies) {
    this.resources = resources;
    this.commands = commands;
    this.configuration = configuration;
    this.json = json;
    this.access = access;
    this.bodies = bodies;
  }

  /** What pages may offer: {@code kill} only where a gateway is a process of its own. */
  @Serdeable
  record Offers(boolean cut, boolean kill, boolean tokens) {}

  @Serdeable
  record Cut(@Nullable Object connection) {}

  @Serdeable
  record Kill(@Nullable Object gateway) {}

  @Get("/")
  @Produces(MediaType.TEXT_HTML)
  byte[] page() throws IOException {
    InputStream page =
        resources
            .getResourceAsStream("classpath:demo/index.html")
            .orElseThrow(
                () ->
                    new RequestException(
                        ErrorCode.NOT_FOUND, "the demo page is not in this build"));
    try (page) {
      return page.readAllBytes();
    }
  }

  @Get("/v1/dev")
  Offers offers() {
    return new Offers(true, configuration.devKill(), true);
  }

  /** Resets a connection hard, whichever gateway has it. */
  @Post("/v1/dev/cut")
  CompletableFuture<HttpResponse<?>> cut(HttpRequest<?> request) {
    access.requireOwnPage(request);
    return bodies.read(request, access.identify(request), MAX_BODY_BYTES).thenApply(this::cut);
  }

  private HttpResponse<?> cut(byte[] body) {
    Cut cut = RequestBody.parse(json, body, Cut.class, List.of("connection"));
    String connection =
        RequestBody.text("connection", cut.connection() == null ? "" : cut.connection());
    if (connection.isBlank()) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "name the connection, as tw.open gave it: {\"connection\":\"c-…\"}");
    }
    commands.cut(connection);
    return HttpResponse.status(HttpStatus.ACCEPTED);
  }

  /** Ends a gateway's process at once. */
  @Post("/v1/dev/kill")
  CompletableFuture<HttpResponse<?>> kill(HttpRequest<?> request) {
    access.requireOwnPage(request);
    if (!configuration.devKill()) {
      throw new RequestException(
          ErrorCode.FORBIDDEN,
          "a gateway can be killed where it is a process of its own: tailwater up --processes");
    }
    return bodies.read(request, access.identify(request), MAX_BODY_BYTES).thenApply(this::kill);
  }

  private HttpResponse<?> kill(byte[] body) {
    Kill kill = RequestBody.parse(json, body, Kill.class, List.of("gateway"));
    String gateway = RequestBody.text("gateway", kill.gateway() == null ? "" : kill.gateway());
    if (gateway.isBlank()) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "name the gateway, as tw.open gave it: {\"gateway\":\"edge-gateway-1\"}");
    }
    commands.kill(gateway);
    return HttpResponse.status(HttpStatus.ACCEPTED);
  }
}
