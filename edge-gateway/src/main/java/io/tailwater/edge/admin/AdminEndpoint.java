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
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ConnectionEntry;
import io.tailwater.contract.v1.EndConnections;
import io.tailwater.contract.v1.GatewayAnswer;
import io.tailwater.contract.v1.GatewayQuestion;
import io.tailwater.contract.v1.ListConnections;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.connection.EventJson;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code /v1/admin/connections}: what is connected to any gateway, and an end to it. */
@Controller("/v1/admin/connections")
@ExecuteOn(TaskExecutors.BLOCKING)
final class AdminEndpoint {
  /** What a token's {@code call} has to allow. */
  private static final String CALL = "admin.connections";

  private static final Set<String> TOKENS = Set.of("access_token");
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
    check(request, Set.of("subject", "channel", "after", "limit"));
    int limit = limit(request.getParameters().get("limit"));
    AllGateways.Answers answers =
        gateways.ask(
            GatewayQuestion.newBuilder()
                .setList(
                    ListConnections.newBuilder()
                        .setSubject(text(request, "subject"))
                        .setChannel(text(request, "channel"))
                        .setAfter(text(request, "after"))
                        // One more shows whether there are more.
                        .setLimit(limit + 1)));
    List<ConnectionEntry> all =
        answers.all().stream()
            .flatMap(answer -> answer.getConnectionsList().stream())
            .sorted(Comparator.comparing(ConnectionEntry::getId))
            .toList();
    List<ConnectionEntry> page = all.subList(0, Math.min(limit, all.size()));
    String connections =
        page.stream().map(ConnectionEntry::getJson).collect(Collectors.joining(",", "[", "]"));
    String next = all.size() > limit ? ",\"next\":" + EventJson.quoted(page.getLast().getId()) : "";
    return json("{\"connections\":" + connections + next + "," + gateways(answers) + "}");
  }

  @Delete
  HttpResponse<?> end(HttpRequest<?> request) {
    check(request, Set.of("subject"));
    String subject = text(request, "subject");
    if (subject.isEmpty()) {
      throw invalid("whose connections are to end? ?subject=alice");
    }
    AllGateways.Answers answers =
        gateways.ask(
            GatewayQuestion.newBuilder().setEnd(EndConnections.newBuilder().setSubject(subject)));
    int ended = answers.all().stream().mapToInt(GatewayAnswer::getEnded).sum();
    return json("{\"ended\":" + ended + "," + gateways(answers) + "}");
  }

  private void check(HttpRequest<?> request, Set<String> parameters) {
    access.identify(request).requireCall(CALL);
    for (String name : request.getParameters().names()) {
      if (!parameters.contains(name) && !TOKENS.contains(name)) {
        throw invalid(
            "there is no parameter '"
                + name
                + "': "
                + String.join(", ", new TreeSet<>(parameters)));
      }
    }
  }

  /** Who has answered, and whether that is everyone. */
  private static String gateways(AllGateways.Answers answers) {
    return "\"gateways\":"
        + answers.all().stream()
            .map(GatewayAnswer::getGateway)
            .sorted()
            .map(EventJson::quoted)
            .collect(Collectors.joining(",", "[", "]"))
        + ",\"complete\":"
        + answers.complete();
  }

  private static String text(HttpRequest<?> request, String name) {
    String value = request.getParameters().get(name);
    return value == null ? "" : value;
  }

  private static int limit(@Nullable String text) {
    if (text == null) {
      return LIMIT;
    }
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= MAX_LIMIT) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw invalid("'limit' is 1 to " + MAX_LIMIT + ", not '" + text + "'");
  }

  private static HttpResponse<?> json(String body) {
    return HttpResponse.ok(body)
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .header(HttpHeaders.CACHE_CONTROL, "no-store");
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
