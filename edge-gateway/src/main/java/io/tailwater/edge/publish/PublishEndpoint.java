package io.tailwater.edge.publish;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Conflict;
import io.tailwater.contract.EntryText;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Text;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.ConflictJson;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.publish.Publishing.Checked;
import io.tailwater.edge.request.Accept;
import io.tailwater.edge.request.Once;
import io.tailwater.edge.request.Query;
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
      Set.of(
          "channel",
          "close",
          "entry",
          "op",
          "at",
          "seen",
          "event",
          Query.ACCESS_TOKEN,
          Query.TICKET);

  private final Access access;
  private final Publishing publishing;
  private final Bodies bodies;

  PublishEndpoint(Access access, Publishing publishing, Bodies bodies) {
    this.access = access;
    this.publishing = publishing;
    this.bodies = bodies;
  }

  @Post
  @Consumes(MediaType.ALL)
  @Produces(MediaType.ALL)
  CompletableFuture<? extends HttpResponse<?>> publish(HttpRequest<?> request) {
    Identity identity = access.identify(request);
    Query query = Query.of(request, PARAMETERS);
    PublishBody.Form form = PublishBody.Form.of(Once.header(request, HttpHeaders.CONTENT_TYPE));
    if (form == PublishBody.Form.BATCH && query.all("channel").isEmpty()) {
      publishing.requireAnyRight(identity);
      return bodies
          .read(request, identity, BatchLines.MAX_BYTES)
          .thenCompose(body -> batch(request, identity, body));
    }
    Channel channel = query.channel();
    if (form == PublishBody.Form.GUESSED_JSON && Access.cookie(request) != null) {
      // A form of another site could send this with the reader's cookie.
      throw new RequestException(
          ErrorCode.UNSUPPORTED_MEDIA_TYPE,
          "with a cookie the body's Content-Type must be named: application/json");
    }
    PublishRequest.Builder attributes = attributes(request, form);
    Publishing.Permit permit = publishing.permit(identity, channel);
    return bodies
        .read(request, identity, PublishBody.maxBytes(form, permit.namespace()))
        .thenCompose(body -> publishing.publish(permit, attributes, form, body))
        .thenApply(
            receipt ->
                HttpResponse.created(receipt.json()).contentType(MediaType.APPLICATION_JSON_TYPE));
  }

  private static PublishRequest.Builder attributes(HttpRequest<?> request, PublishBody.Form form) {
    Query query = Query.of(request);
    String entry = query.one("entry");
    boolean named = entry != null || query.one("op") != null;
    return PublishRequest.newBuilder()
        .setEntry(entry == null ? "" : EntryText.requireName(entry))
        .setOp(named ? EntryText.op(query.text("op")) : EntryOp.ENTRY_OP_UNSPECIFIED)
        .setIf(Preconditions.of(request))
        .setAtMs(query.millis("at"))
        .setSeen(query.text("seen"))
        .setEvent(query.text("event"))
        .setType(header(request, "Event-Type"))
        .setKey(header(request, "Idempotency-Key"))
        .setClose(query.bool("close"))
        .setContentType(
            form == PublishBody.Form.BYTES ? header(request, HttpHeaders.CONTENT_TYPE) : "")
        .setTraceparent(Once.unlessRepeated(request, "traceparent"));
  }

  private CompletableFuture<HttpResponse<?>> batch(
      HttpRequest<?> request, Identity identity, byte[] body) {
    String traceparent = Once.unlessRepeated(request, "traceparent");
    String type = Accept.of(request).best(PublishBody.LINES).orElse(PublishBody.LINES.getFirst());
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
    List<CompletableFuture<Receipt>> receipts = publishing.publishInOrder(identity, accepted);
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
                    .contentType(type));
  }

  private Checked checked(Identity identity, BatchLines.Line line, String traceparent) {
    byte[] json = line.data();
    return publishing.checked(
        publishing.permit(identity, line.channel()),
        line.entry().toBuilder()
            .setType(line.type())
            .setKey(line.key())
            .setTraceparent(traceparent),
        json == null && line.entry().getOp() != EntryOp.DELETE
            ? PublishBody.Form.BYTES
            : PublishBody.Form.PARSED_JSON,
        json == null ? line.bytes() : json);
  }

  private static String answer(
      HttpRequest<?> request, @Nullable Receipt receipt, @Nullable Throwable failure) {
    return receipt != null
        ? receipt.json()
        : error(Problems.refusal(request, Objects.requireNonNull(failure)));
  }

  private static String error(RequestException refusal) {
    return JsonText.object(
        json -> {
          json.writeObjectFieldStart("error");
          json.writeStringField("code", refusal.code().wire());
          json.writeStringField("message", refusal.text());
          json.writeBooleanField("retry", refusal.code().retry());
          Conflict conflict = refusal.conflict();
          if (conflict != null) {
            json.writeStringField("reason", conflict.reason());
            json.writeFieldName("current");
            json.writeRawValue(ConflictJson.current(conflict));
          }
          json.writeEndObject();
        });
  }

  private static String header(HttpRequest<?> request, String name) {
    return Text.ofHeader("the header " + name, Once.text(request, name));
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
