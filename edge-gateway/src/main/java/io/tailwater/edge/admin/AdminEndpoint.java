package io.tailwater.edge.admin;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.ScopeText;
import io.tailwater.contract.v1.ConnectionEntry;
import io.tailwater.contract.v1.EndConnections;
import io.tailwater.contract.v1.GatewayQuestion;
import io.tailwater.contract.v1.ListConnections;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.request.Query;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** {@code /v1/admin/connections}: what is connected to any gateway, and an end to it. */
@Controller("/v1/admin/connections")
@ExecuteOn(TaskExecutors.BLOCKING)
final class AdminEndpoint {
  /** What a token's {@code call} has to allow. */
  private static final String CALL = "admin.connections";

  private static final int LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final Access access;
  private final AllGateways gateways;

  AdminEndpoint(Access access, AllGateways gateways) {
    this.access = access;
    this.gateways = gateways;
  }

  @Get
  HttpResponse<?> list(HttpRequest<?> request) {
    Query query = query(request, Set.of("subject", "channel", "connection", "after", "limit"));
    int limit = query.bounded("limit", 1, MAX_LIMIT, LIMIT);
    String channel = query.text("channel");
    if (!channel.isEmpty()) {
      ScopeText.parse(channel);
    }
    AllGateways.Answers answers =
        gateways.ask(
            GatewayQuestion.newBuilder()
                .setList(
                    ListConnections.newBuilder()
                        .setSubject(query.text("subject"))
                        .setChannel(channel)
                        .setConnection(query.text("connection"))
                        .setAfter(query.text("after"))
                        // One more shows whether there are more.
                        .setLimit(limit + 1)));
    List<ConnectionEntry> all =
        answers.all().stream()
            .flatMap(answer -> answer.getConnectionsList().stream())
            .sorted(Comparator.comparing(ConnectionEntry::getId))
            .toList();
    List<ConnectionEntry> page = all.subList(0, Math.min(limit, all.size()));
    return answer(
        json -> {
          json.writeArrayFieldStart("connections");
          for (ConnectionEntry entry : page) {
            json.writeRawValue(entry.getJson());
          }
          json.writeEndArray();
          if (all.size() > limit) {
            json.writeStringField("next", page.getLast().getId());
          }
          answers.writeGateways(json);
        });
  }

  @Delete
  HttpResponse<?> end(HttpRequest<?> request) {
    Query query = query(request, Set.of("subject", "connection", "channel"));
    EndConnections which =
        EndConnections.newBuilder()
            .setSubject(query.text("subject"))
            .setConnection(query.text("connection"))
            .setChannel(query.text("channel"))
            .build();
    if (which.equals(EndConnections.getDefaultInstance())) {
      throw invalid(
          "which connections are to end? ?subject=alice, ?connection=c-9f2, ?channel=chat:lobby, or"
              + " several of them");
    }
    if (!which.getChannel().isEmpty()) {
      Channel.parse(which.getChannel());
    }
    AllGateways.Answers answers = gateways.ask(GatewayQuestion.newBuilder().setEnd(which));
    return answer(
        json -> {
          json.writeNumberField("ended", answers.ended());
          answers.writeGateways(json);
        });
  }

  private Query query(HttpRequest<?> request, Set<String> parameters) {
    access.identify(request).requireCall(CALL);
    Set<String> known = new HashSet<>(parameters);
    known.add(Query.ACCESS_TOKEN);
    return Query.of(request, known);
  }

  private static HttpResponse<?> answer(JsonText.Fields fields) {
    return HttpResponse.ok(JsonText.object(fields))
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .header(HttpHeaders.CACHE_CONTROL, "no-store");
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
