package io.tailwater.edge.publish;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.publish.Publishing.Checked;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/events}: publish one event, or a batch. */
@Controller("/v1/events")
final class PublishEndpoint {
  private static final Set<String> PARAMETERS =
      Set.of("channel", "close", "access_token", "ticket");

  private final Access access;
  private final Publishing publishing;

  PublishEndpoint(Access access, Publishing publishing) {
    this.access = access;
    this.publishing = publishing;
  }

  @Post
  @Consumes(MediaType.ALL)
  @Produces(MediaType.ALL)
  CompletableFuture<? extends HttpResponse<?>> publish(
      HttpRequest<?> request, @Body @io.micronaut.core.annotation.Nullable byte[] body) {
    byte[] bytes = body == null ? new byte[0] : body;
    Identity identity = access.identify(request);
    request.getParameters().names().stream()
        .filter(name -> !PARAMETERS.contains(name))
        .findFirst()
        .ifPresent(
            name -> {
              throw invalid("there is no parameter '" + name + "': channel, close");
            });
    PublishBody.Form form = PublishBody.Form.of(request.getHeaders().get(HttpHeaders.CONTENT_TYPE));
    List<String> channels = request.getParameters().getAll("channel");
    if (form == PublishBody.Form.BATCH && channels.isEmpty()) {
      return batch(request, identity, bytes);
    }
    if (channels.size() != 1) {
      throw new RequestException(
          ErrorCode.INVALID_CHANNEL,
          "name one channel: ?channel=namespace:key, for instance ?channel=chat:lobby");
    }
    if (form == PublishBody.Form.GUESSED_JSON && Access.cookie(request) != null) {
      // A form of another site could send this with the reader's cookie.
      throw new RequestException(
          ErrorCode.UNSUPPORTED_MEDIA_TYPE,
          "with a cookie the body's Content-Type is to be named: application/json");
    }
    return publishing
        .publish(
            identity, Channel.parse(channels.getFirst()), attributes(request, form), form, bytes)
        .thenApply(
            receipt ->
                HttpResponse.created(receipt.json()).contentType(MediaType.APPLICATION_JSON_TYPE));
  }

  private static PublishRequest.Builder attributes(HttpRequest<?> request, PublishBody.Form form) {
    return PublishRequest.newBuilder()
        .setType(header(request, "Event-Type"))
        .setKey(header(request, "Idempotency-Key"))
        .setClose(bool(request.getParameters().get("close")))
        .setContentType(
            form == PublishBody.Form.BYTES ? header(request, HttpHeaders.CONTENT_TYPE) : "")
        .setTraceparent(header(request, "traceparent"));
  }

  private CompletableFuture<HttpResponse<?>> batch(
      HttpRequest<?> request, Identity identity, byte[] body) {
    String traceparent = header(request, "traceparent");
    List<byte[]> lines = BatchLines.split(body);
    if (lines.isEmpty()) {
      throw invalid("a batch has at least one line: {\"channel\":…,\"data\":…}");
    }
    List<Checked> accepted = new ArrayList<>(lines.size());
    List<@Nullable RequestException> refusals = new ArrayList<>(lines.size());
    for (byte[] line : lines) {
      try {
        accepted.add(checked(identity, BatchLines.parse(line), traceparent));
        refusals.add(null);
      } catch (RequestException e) {
        refusals.add(e);
      }
    }
    List<CompletableFuture<Receipt>> receipts = publishing.publishInOrder(accepted);
    List<CompletableFuture<String>> answers = new ArrayList<>(lines.size());
    int sent = 0;
    for (RequestException refusal : refusals) {
      answers.add(
          refusal == null
              ? receipts.get(sent++).handle((receipt, failure) -> answer(request, receipt, failure))
              : CompletableFuture.completedFuture(error(refusal)));
    }
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenApply(
            done ->
                HttpResponse.ok(
                        answers.stream()
                            .map(CompletableFuture::join)
                            .collect(Collectors.joining("\n", "", "\n")))
                    .contentType("application/x-ndjson"));
  }

  private Checked checked(Identity identity, BatchLines.Line line, String traceparent) {
    byte[] json = line.data();
    return publishing.checked(
        identity,
        line.channel(),
        PublishRequest.newBuilder()
            .setType(line.type())
            .setKey(line.key())
            .setTraceparent(traceparent),
        json == null ? PublishBody.Form.BYTES : PublishBody.Form.JSON,
        json == null ? line.bytes() : json);
  }

  private static String answer(
      HttpRequest<?> request, @Nullable Receipt receipt, @Nullable Throwable failure) {
    return receipt != null
        ? receipt.json()
        : error(Problems.refusal(request, Objects.requireNonNull(failure)));
  }

  private static String error(RequestException refusal) {
    return "{\"error\":{\"code\":\""
        + refusal.code().wire()
        + "\",\"message\":"
        + EventJson.quoted(refusal.text())
        + ",\"retry\":"
        + refusal.code().retry()
        + "}}";
  }

  private static boolean bool(@Nullable String text) {
    if (text == null || text.equals("false")) {
      return false;
    }
    if (text.equals("true")) {
      return true;
    }
    throw invalid("'close' is true or false, not '" + text + "'");
  }

  private static String header(HttpRequest<?> request, String name) {
    String value = request.getHeaders().get(name);
    return value == null ? "" : value;
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
