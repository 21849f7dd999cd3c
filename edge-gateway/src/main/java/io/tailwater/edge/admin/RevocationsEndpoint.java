package io.tailwater.edge.admin;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.AwaitRevocation;
import io.tailwater.contract.v1.GatewayQuestion;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Revocation;
import io.tailwater.edge.access.Revocations;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.RequestBody;
import io.tailwater.edge.request.Query;
import io.tailwater.edge.revocation.RevocationRecord;
import jakarta.inject.Named;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;

/** {@code /v1/admin/revocations}: takes back tokens that were issued before a moment. */
@Controller("/v1/admin/revocations")
final class RevocationsEndpoint {
  /** What a token's {@code call} has to allow. */
  private static final String CALL = "admin.revocations";

  private static final int MAX_BODY_BYTES = 16 << 10;
  private static final int LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final Access access;
  private final Bodies bodies;
  private final Revoking revoking;
  private final Revocations revocations;
  private final AllGateways gateways;
  private final ExecutorService mayWait;

  RevocationsEndpoint(
      Access access,
      Bodies bodies,
      Revoking revoking,
      Revocations revocations,
      AllGateways gateways,
      @Named(TaskExecutors.BLOCKING) ExecutorService mayWait) {
    this.access = access;
    this.bodies = bodies;
    this.revoking = revoking;
    this.revocations = revocations;
    this.gateways = gateways;
    this.mayWait = mayWait;
  }

  @Post
  @Consumes(MediaType.ALL)
  CompletableFuture<HttpResponse<?>> revoke(HttpRequest<?> request) {
    Identity caller = caller(request);
    query(request, Set.of());
    RequestBody.requireJson(request);
    return bodies
        .read(request, caller, MAX_BODY_BYTES)
        .thenApply(revoking::read)
        .thenCompose(data -> revoking.write(RevocationRecord.REVOKE, data, caller.subject()))
        .thenApplyAsync(this::onEveryGateway, mayWait);
  }

  @Delete
  CompletableFuture<HttpResponse<?>> restore(HttpRequest<?> request) {
    Identity caller = caller(request);
    RevocationRecord data =
        RevocationRecord.of(target(query(request, Set.of("subject", "token_id"))), null, null);
    return revoking
        .write(RevocationRecord.RESTORE, data, caller.subject())
        .thenApplyAsync(this::onEveryGateway, mayWait);
  }

  @Get
  HttpResponse<?> list(HttpRequest<?> request) {
    caller(request);
    Query query = query(request, Set.of("subject", "token_id", "after", "limit"));
    int limit = query.bounded("limit", 1, MAX_LIMIT, LIMIT);
    boolean one = query.one("subject") != null || query.one("token_id") != null;
    List<Revocation> found =
        one
            ? Optional.ofNullable(revocations.find(target(query))).stream().toList()
            // One more shows whether there are more.
            : revocations.after(query.text("after"), limit + 1);
    List<Revocation> page = found.subList(0, Math.min(limit, found.size()));
    return answer(
        json -> {
          json.writeArrayFieldStart("revocations");
          for (Revocation revocation : page) {
            json.writeStartObject();
            json.writeStringField(revocation.target().kind().field(), revocation.target().name());
            json.writeNumberField("before", revocation.beforeMs());
            json.writeNumberField("until", revocation.untilMs());
            json.writeStringField("by", revocation.by());
            json.writeNumberField("ts_ms", revocation.atMs());
            json.writeEndObject();
          }
          json.writeEndArray();
          if (found.size() > limit) {
            json.writeStringField("next", page.getLast().target().toString());
          }
        });
  }

  private Identity caller(HttpRequest<?> request) {
    Identity caller = access.identify(request);
    caller.requireCall(CALL);
    return caller;
  }

  private static Query query(HttpRequest<?> request, Set<String> parameters) {
    Set<String> known = new HashSet<>(parameters);
    known.add(Query.ACCESS_TOKEN);
    return Query.of(request, known);
  }

  private static Revocation.Target target(Query query) {
    return Revoking.target(query.one("subject"), query.one("token_id"));
  }

  /** Answers once every gateway that can be asked has read the event. */
  private HttpResponse<?> onEveryGateway(Position event) {
    AllGateways.Answers answers = ask(event);
    return answer(
        json -> {
          json.writeNumberField("ended", answers.ended());
          answers.writeGateways(json);
        });
  }

  private AllGateways.Answers ask(Position event) {
    try {
      return gateways.ask(
          GatewayQuestion.newBuilder()
              .setRevocation(
                  AwaitRevocation.newBuilder()
                      .setEpoch(event.epoch().text())
                      .setOffset(event.offset())));
    } catch (RequestException e) {
      // It is in the log, which is what counts.
      return new AllGateways.Answers(List.of(), false);
    }
  }

  private static HttpResponse<?> answer(JsonText.Fields fields) {
    return HttpResponse.ok(JsonText.object(fields))
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .header(HttpHeaders.CACHE_CONTROL, "no-store");
  }
}
