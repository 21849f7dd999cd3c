package io.tailwater.edge.ui;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.ai.AiStreams;
import io.tailwater.edge.ai.StreamRights;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.http.RequestBody;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The AI SDK's endpoints. Its client shows the body of an error as it is, so that is plain text.
 */
@Controller("/v1/ai/ui")
@Produces(MediaType.ALL)
@Consumes(MediaType.ALL)
final class UiEndpoint {
  private final Access access;
  private final StreamRights rights;
  private final Bodies bodies;
  private final UiAnswers answers;
  private final ObjectMapper json;

  UiEndpoint(
      Access access, StreamRights rights, Bodies bodies, UiAnswers answers, ObjectMapper json) {
    this.access = access;
    this.rights = rights;
    this.bodies = bodies;
    this.answers = answers;
    this.json = json;
  }

  @Post
  CompletableFuture<HttpResponse<?>> create(HttpRequest<?> request) {
    return answered(
        request,
        identity -> {
          RequestBody.requireJson(request);
          return bodies
              .read(request, identity, AiStreams.MAX_BODY_BYTES)
              .thenCompose(body -> answers.create(request, identity, UiRequest.parse(body, json)));
        });
  }

  @Get("/{chatId}/stream")
  CompletableFuture<HttpResponse<?>> resume(HttpRequest<?> request, @PathVariable String chatId) {
    return answered(request, identity -> answers.resume(request, identity, chatId));
  }

  @Post("/{chatId}/stop")
  CompletableFuture<HttpResponse<?>> stop(HttpRequest<?> request, @PathVariable String chatId) {
    return answered(request, identity -> answers.stop(identity, chatId));
  }

  private CompletableFuture<HttpResponse<?>> answered(
      HttpRequest<?> request, Function<Identity, CompletableFuture<HttpResponse<?>>> answer) {
    CompletableFuture<HttpResponse<?>> begun;
    try {
      Identity identity = access.identify(request);
      rights.requireCreate(identity);
      begun = answer.apply(identity);
    } catch (RequestException refused) {
      begun = CompletableFuture.failedFuture(refused);
    }
    return begun.exceptionally(failure -> error(Problems.refusal(request, failure)));
  }

  private static HttpResponse<?> error(RequestException refusal) {
    int status = refusal.code().status();
    MutableHttpResponse<String> response =
        HttpResponse.<String>status(HttpStatus.valueOf(status))
            .contentType(MediaType.TEXT_PLAIN_TYPE)
            .body(refusal.text());
    if (refusal.code().retry()) {
      response.header(HttpHeaders.RETRY_AFTER, Integer.toString(refusal.retryAfterSeconds()));
    }
    if (status == HttpStatus.UNAUTHORIZED.getCode()) {
      response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    }
    return response;
  }
}
