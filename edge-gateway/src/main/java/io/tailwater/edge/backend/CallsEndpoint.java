package io.tailwater.edge.backend;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.Text;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.HangUp;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.connection.Payload;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.http.RequestBody;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.request.Once;
import io.tailwater.edge.request.Query;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** {@code POST /v1/calls}: a call of the backend. */
@Controller("/v1/calls")
final class CallsEndpoint {
  private static final Set<String> PARAMETERS = Set.of(Query.ACCESS_TOKEN, Query.TICKET);
  private static final String RETRY_AFTER_SECONDS = "1";

  private final Access access;
  private final Bodies bodies;
  private final Calls calls;
  private final ObjectMapper json;

  CallsEndpoint(Access access, Bodies bodies, Calls calls, ObjectMapper json) {
    this.access = access;
    this.bodies = bodies;
    this.calls = calls;
    this.json = json;
  }

  @Post
  @Consumes(MediaType.ALL)
  CompletableFuture<HttpResponse<?>> call(HttpRequest<?> request) {
    Query.of(request, PARAMETERS);
    Identity identity = access.identify(request);
    identity.requireCallAnything();
    RequestBody.requireJson(request);
    String key = Text.ofHeader("the header Idempotency-Key", Once.text(request, "Idempotency-Key"));
    String traceparent = Once.unlessRepeated(request, "traceparent");
    return bodies
        .read(request, identity, CallBody.MAX_BYTES)
        .thenCompose(
            body ->
                answer(
                    request,
                    calls.call(
                        identity, CallBody.parse(json, body, key, traceparent), calls.route())));
  }

  private static CompletableFuture<HttpResponse<?>> answer(
      HttpRequest<?> request, OngoingCall call) {
    HangUp hangUp = new HangUp(Takeover.connection(request), call::hangUp);
    return call.outcome()
        .thenApply(
            outcome -> {
              hangUp.ignore();
              return response(outcome);
            });
  }

  private static HttpResponse<?> response(CallOutcome outcome) {
    return switch (outcome) {
      case CallOutcome.Answered answered ->
          HttpResponse.ok(text(answered)).contentType(MediaType.APPLICATION_JSON_TYPE);
      case CallOutcome.Failed failed -> {
        MutableHttpResponse<String> response =
            HttpResponse.<String>status(HttpStatus.valueOf(failed.status()))
                .contentType(Problems.TYPE)
                .body(text(failed));
        yield failed.retry()
            ? response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS)
            : response;
      }
    };
  }

  private static String text(CallOutcome.Answered answered) {
    Payload result = answered.result();
    return result.isBytes()
        ? JsonText.object(
            to -> {
              to.writeStringField(
                  "data", Base64.getEncoder().encodeToString(result.data().toByteArray()));
              to.writeStringField("encoding", "base64");
            })
        : "{\"data\":" + result.data().toStringUtf8() + "}";
  }

  private static String text(CallOutcome.Failed failed) {
    return JsonText.object(
        to -> {
          to.writeStringField("type", "about:blank");
          to.writeStringField("title", HttpStatus.valueOf(failed.status()).getReason());
          to.writeNumberField("status", failed.status());
          to.writeStringField("code", failed.code());
          to.writeStringField("message", failed.message());
          to.writeBooleanField("retry", failed.retry());
          if (!failed.details().isEmpty()) {
            to.writeFieldName("details");
            to.writeRawValue(failed.details());
          }
        });
  }
}
