package io.tailwater.system.poll;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Where one channel stands, and where the channels of a list do. */
@OnPlatforms
final class ChannelStatusIT {
  private static final String READER =
      Tokens.token("reader", List.of("demo:*", "typing:*", "ai:*"), List.of());

  private final URI gateway;

  ChannelStatusIT(InProcessPlatform platform) {
    this.gateway = platform.gateways().getFirst();
  }

  @Test
  void severalChannelsAreAnsweredInTheirOrderEachForItself() {
    String newest = "";
    Channel first = new Channel(Namespaces.DEMO, "list-first");
    for (int i = 0; i < 3; i++) {
      newest = Http.publish(gateway, first, "{\"n\": 1.1" + i + "}");
    }
    String query =
        "channel=demo:list-first&channel=demo:list-empty&channel=chat:not-mine"
            + "&channel=unknown:a&channel=ai:never-was&channel=typing:list&last=true";
    JsonNode channels = get(query).json().path("channels");
    assertThat(channels)
        .extracting(one -> one.path("channel").asText())
        .containsExactly(
            "demo:list-first",
            "demo:list-empty",
            "chat:not-mine",
            "unknown:a",
            "ai:never-was",
            "typing:list");
    assertThat(channels)
        .extracting(one -> one.path("code").asText())
        .containsExactly("", "", "forbidden", "not_found", "not_found", "");
    JsonNode full = channels.path(0);
    assertThat(full.path("last").path("id").asText()).isEqualTo(newest);
    assertThat(full.path("last").path("channel").asText()).isEqualTo("demo:list-first");
    assertThat(full.path("closed").asBoolean()).isFalse();
    assertThat(get(query).body()).contains("\"data\":{\"n\": 1.12}");
    assertThat(channels.path(1).path("last").isNull()).isTrue();
    assertThat(channels.path(1).path("position").asText()).isNotEmpty();
    assertThat(channels.path(5).path("position").asText()).isEqualTo("e--1");
    JsonNode after =
        Http.send(
                HttpRequest.newBuilder(
                        gateway.resolve(
                            "/v1/events?channel=demo:list-first&after="
                                + full.path("position").asText()))
                    .header("Accept", "application/json"))
            .json();
    assertThat(after.path("events")).isEmpty();
    assertThat(after.path("resets")).isEmpty();
  }

  @Test
  void oneChannelIsAnsweredByItselfUnlessItsLastEventIsWanted() {
    Channel channel = new Channel(Namespaces.DEMO, "list-one");
    String id = Http.publish(gateway, channel, "1");
    JsonNode alone = get("channel=demo:list-one").json();
    assertThat(alone.has("channels")).isFalse();
    assertThat(alone.path("position").asText()).isNotEmpty();
    // Only presence knows the subscribers of all gateways.
    assertThat(alone.has("subscribers")).isFalse();
    assertThat(alone.has("last")).isFalse();
    JsonNode last = get("channel=demo:list-one&last=true").json().path("channels");
    assertThat(last).hasSize(1);
    assertThat(last.path(0).path("last").path("id").asText()).isEqualTo(id);
  }

  @Test
  void tooManyChannelsAndWrongFlagsAreRefused() {
    String many =
        IntStream.range(0, 33).mapToObj(i -> "channel=demo:" + i).collect(Collectors.joining("&"));
    assertThat(get(many).json().path("code").asText()).isEqualTo("too_many_subscriptions");
    assertThat(get("channel=demo:a&last=yes").json().path("code").asText())
        .isEqualTo("invalid_request");
    assertThat(get("channel=demo:a&channel=demo:b*").json().path("code").asText())
        .isEqualTo("invalid_channel");
  }

  private Http.Answer get(String query) {
    return Http.send(
        HttpRequest.newBuilder(gateway.resolve("/v1/channel?" + query))
            .header("Authorization", "Bearer " + READER));
  }
}
