package io.tailwater.edge.admin;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.tailwater.contract.Overview;
import io.tailwater.contract.v1.GatewayAnswer;
import io.tailwater.contract.v1.GatewayQuestion;
import io.tailwater.contract.v1.ReportGateway;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.request.Query;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** {@code /v1/admin/overview}: what every gateway reports of itself now. */
@Controller("/v1/admin/overview")
@ExecuteOn(TaskExecutors.BLOCKING)
final class OverviewEndpoint {
  private final Access access;
  private final AllGateways gateways;

  OverviewEndpoint(Access access, AllGateways gateways) {
    this.access = access;
    this.gateways = gateways;
  }

  @Get
  HttpResponse<?> overview(HttpRequest<?> request) {
    access.identify(request).requireCall(Overview.CALL);
    Query.of(request, Set.of(Query.ACCESS_TOKEN));
    AllGateways.Answers answers =
        gateways.ask(GatewayQuestion.newBuilder().setReport(ReportGateway.getDefaultInstance()));
    List<GatewayAnswer> reports =
        answers.all().stream()
            .filter(answer -> !answer.getReport().isEmpty())
            .sorted(Comparator.comparing(GatewayAnswer::getGateway))
            .toList();
    return HttpResponse.ok(
            JsonText.object(
                json -> {
                  json.writeArrayFieldStart("reports");
                  for (GatewayAnswer each : reports) {
                    json.writeRawValue(each.getReport());
                  }
                  json.writeEndArray();
                  answers.writeGateways(json);
                }))
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .header(HttpHeaders.CACHE_CONTROL, "no-store");
  }
}
