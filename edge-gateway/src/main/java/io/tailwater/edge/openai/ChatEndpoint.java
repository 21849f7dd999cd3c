package io.tailwater.edge.openai;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.QueryValue;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.ai.AiStreams;
import io.tailwater.edge.ai.StreamRights;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.EventsRequest;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.http.RequestBody;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** OpenAI's endpoints. Every error has the shape of OpenAI's protocol. */
@Controller("/v1")
@Produces(MediaType.ALL)
@Consumes(MediaType.ALL)
final class ChatEndpoint {
  private final Access access;
  private final StreamRights rights;
  private final Bodies bodies;
  private final Completions completions;
  private final ModelList models;

  ChatEndpoint(
      Access access,
      StreamRights rights,
      Bodies bodies,
      Completions completions,
      ModelList models) {
    this.access = access;
    this.rights = rights;
    this.bodies = bodies;
    this.completions = completions;
    this.models = models;
  }

  @Post("/chat/completions")
  CompletableFuture<HttpResponse<?>> create(HttpRequest<?> request) {
    return answered(
        request,
        () -> {
          RequestBody.requireJson(request);
          Identity identity = access.identify(request);
          rights.requireCreate(identity);
          return bodies
              .read(request, identity, AiStreams.MAX_BODY_BYTES)
              .thenCompose(body -> completions.create(request, identity, body));
        });
  }

  @Get("/ai/streams/{id}/chat-completion")
  CompletableFuture<HttpResponse<?>> again(
      HttpRequest<?> request,
      @PathVariable String id,
      @QueryValue(value = "include_usage", defaultValue = "false") boolean usage) {
    return answered(
        request,
        () ->
            completions.again(
                request, access.identify(request), id, usage, EventsRequest.lastEventId(request)));
  }

  @Get("/models")
  CompletableFuture<HttpResponse<?>> models(HttpRequest<?> request) {
    return answered(request, () -> models.all(access.identify(request)));
  }

  @Get("/models/{+id}")
  CompletableFuture<HttpResponse<?>> model(HttpRequest<?> request, @PathVariable String id) {
    return answered(request, () -> models.one(access.identify(request), id));
  }

  @Post(
      uris = {
        "/responses",
        "/responses/{+rest}",
        "/completions",
        "/embeddings",
        "/chat/{+rest}",
        "/models/{+rest}"
      })
  HttpResponse<?> unknown(
      HttpRequest<?> request, @PathVariable @io.micronaut.core.annotation.Nullable String rest) {
    return unknown(request);
  }

  @Get(uris = {"/responses", "/responses/{+rest}", "/completions", "/embeddings", "/chat/{+rest}"})
  HttpResponse<?> unread(
      HttpRequest<?> request, @PathVariable @io.micronaut.core.annotation.Nullable String rest) {
    return unknown(request);
  }

  private static HttpResponse<?> unknown(HttpRequest<?> request) {
    String path = request.getPath();
    String hint =
        path.startsWith("/v1/responses")
            ? ": use chat completions; with the AI SDK, openai.chat(…)"
            : ": there are POST /v1/chat/completions and GET /v1/models";
    return named(
        request,
        ChatErrors.unknownUrl("there is nothing at " + request.getMethodName() + " " + path + hint)
            .response());
  }

  /** Answers, with every failure in the shape of OpenAI's protocol. */
  private static CompletableFuture<HttpResponse<?>> answered(
      HttpRequest<?> request, Supplier<CompletableFuture<HttpResponse<?>>> answer) {
    CompletableFuture<HttpResponse<?>> begun;
    try {
      begun = answer.get();
    } catch (RequestException refused) {
      begun = CompletableFuture.failedFuture(refused);
    }
    return begun
        .exceptionally(failure -> ChatErrors.of(Problems.refusal(request, failure)).response())
        .thenApply(response -> named(request, response));
  }

  private static HttpResponse<?> named(HttpRequest<?> request, HttpResponse<?> response) {
    if (response instanceof MutableHttpResponse<?> mutable) {
      mutable.header(RequestId.HEADER, RequestId.of(request));
    }
    return response;
  }
}
