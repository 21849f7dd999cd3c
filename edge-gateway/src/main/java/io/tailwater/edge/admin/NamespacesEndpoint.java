package io.tailwater.edge.admin;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.client.ServiceChannel;
import io.tailwater.client.UnaryCalls;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreStub;
import io.tailwater.contract.v1.TopicsPage;
import io.tailwater.contract.v1.TopicsRequest;
import io.tailwater.edge.access.Access;
import jakarta.inject.Named;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** {@code /v1/admin/namespaces}: the namespaces, and what their topics have otherwise. */
@Controller("/v1/admin/namespaces")
final class NamespacesEndpoint {
  /** What a token's {@code call} has to allow. */
  private static final String CALL = "admin.namespaces";

  /** An event-core asks Kafka, which has 5 s. */
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  private final Access access;
  private final UnaryCalls<EventCoreStub> eventCores;

  NamespacesEndpoint(Access access, @Named("event-core") ServiceChannel eventCores) {
    this.access = access;
    this.eventCores =
        new UnaryCalls<>(
            EventCoreGrpc.newStub(eventCores), "no event-core answers right now; try again");
  }

  /** What is answered. */
  @Serdeable
  record Answer(List<NamespaceView> namespaces) {}

  @Get
  CompletableFuture<HttpResponse<Answer>> list(HttpRequest<?> request) {
    access.identify(request).requireCall(CALL);
    for (String name : request.getParameters().names()) {
      if (!name.equals("access_token")) {
        throw new RequestException(
            ErrorCode.INVALID_REQUEST, "there is no parameter '" + name + "' here");
      }
    }
    CompletableFuture<TopicsPage> asked =
        eventCores.call(
            PATIENCE, (stub, answer) -> stub.topics(TopicsRequest.getDefaultInstance(), answer));
    return asked.thenApply(
        page ->
            HttpResponse.ok(
                    new Answer(page.getTopicsList().stream().map(NamespaceView::of).toList()))
                .header(HttpHeaders.CACHE_CONTROL, "no-store"));
  }
}
