package io.tailwater.edge.http;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micronaut.core.convert.ConversionService;
import io.micronaut.http.HttpParameters;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpRequestWrapper;
import io.micronaut.http.MutableHttpRequest;
import io.micronaut.http.netty.NettyHttpParameters;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.Scope;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.Start;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SubscribingTest {
  private static final int MAX = 32;
  private static final Channel A = Channel.parse("chat:a");
  private static final Channel B = Channel.parse("chat:b");
  private static final Channel C = Channel.parse("chat:c");
  private static final ChannelPattern ALL = new ChannelPattern("chat", "");
  private static final Position SEVEN = Position.parse("k3Zq-7");
  private static final Position NINE = Position.parse("Zz9-9");

  @Test
  void channelsAreTakenInTheirOrderAndOnce() {
    Parsed subscribing = parse("channel=chat:b&channel=chat:a&channel=chat:b");
    assertThat(subscribing.channels()).containsExactly(B, A);
    assertThat(parse("channel=chat:a&channel=chat:a").channels()).containsExactly(A);
  }

  @Test
  void aChannelIsPercentEncoded() {
    assertThat(parse("channel=chat%3Aa%20b%26c").channels())
        .containsExactly(Channel.parse("chat:a b&c"));
  }

  @Test
  void noChannelIsInvalidChannel() {
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> parse(""));
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> parse("channel="));
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> parse("channel=chat"));
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> parse("channel=chat:a&channel=chat"));
  }

  @Test
  void the33rdChannelIsOneTooMany() {
    assertThat(parse(channels(MAX)).channels()).hasSize(MAX);
    assertRefused(ErrorCode.TOO_MANY_SUBSCRIPTIONS, () -> parse(channels(MAX + 1)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"chanel=x", "form=earliest", "After=k3Zq-1", "lasteventid=x", "_=x"})
  void anUnknownParameterIsRefusedSoThatTypingErrorsShow(String parameter) {
    assertRefused(ErrorCode.INVALID_REQUEST, () -> parse("channel=chat:a&" + parameter));
  }

  @ParameterizedTest
  @ValueSource(strings = {"wait=5", "limit=10", "before=k3Zq-1"})
  void whatIsForPollingIsRefusedOnAStream(String parameter) {
    assertRefused(ErrorCode.INVALID_REQUEST, () -> parse("channel=chat:a&" + parameter));
  }

  @Test
  void aParameterOfAnotherTransportIsRefusedWithWhatSelectsThatTransport() {
    assertThatThrownBy(() -> parse("channel=chat:a&wait=5"))
        .hasMessageEndingWith("; it goes with Accept: application/json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"access_token=x", "ticket=x"})
  void whoAsksIsNotItsConcern(String parameter) {
    assertThat(parse("channel=chat:a&" + parameter).channels()).containsExactly(A);
  }

  @Test
  void withoutAPositionItBeginsWhereFromSays() {
    assertThat(from("")).isEqualTo(new Start.Latest());
    assertThat(from("&from=latest")).isEqualTo(new Start.Latest());
    assertThat(from("&from=earliest")).isEqualTo(new Start.Earliest());
    assertThat(from("&from=last:1")).isEqualTo(new Start.Last(1));
    assertThat(from("&from=last:1000")).isEqualTo(new Start.Last(1_000));
    assertThat(from("&from=time:0")).isEqualTo(new Start.Since(0));
    assertThat(from("&from=time:1790000000000")).isEqualTo(new Start.Since(1_790_000_000_000L));
  }

  @ParameterizedTest
  @CsvSource({
    "time:2026-01-31T12:00:00Z, 1769860800000",
    "time:2026-01-31T12:00:00.250Z, 1769860800250",
    "time:2026-01-31T13:00:00%2B01:00, 1769860800000",
    "time:2026-01-31T13:00:00+01:00, 1769860800000"
  })
  void aTimeIsRfc3339WhosePlusMayHaveBecomeASpace(String from, long ms) {
    assertThat(from("&from=" + from)).isEqualTo(new Start.Since(ms));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "newest",
        "last",
        "last:",
        "last:0",
        "last:-1",
        "last:1001",
        "last:x",
        "last:99999999999",
        "time:",
        "time:now",
        "time:-1",
        "time:2026-01-31",
        "time:2026-01-31T12:00:00",
        "time:1234567890123456",
        "EARLIEST"
      })
  void anyOtherFromIsInvalidRequest(String from) {
    assertRefused(ErrorCode.INVALID_REQUEST, () -> parse("channel=chat:a&from=" + from));
  }

  @Test
  void afterIsWhereItGoesOn() {
    assertThat(parse("channel=chat:a&after=k3Zq-7").start(A)).isEqualTo(new Start.After(SEVEN));
    assertThat(parse("channel=chat:a&after=k3Zq--1").start(A))
        .isEqualTo(new Start.After(Position.parse("k3Zq--1")));
    assertThat(parse("channel=chat:a&after=k3Zq-7&from=earliest").start(A))
        .isEqualTo(new Start.After(SEVEN));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "k3Zq", "k3Zq-01", "m1.", "m1.AAAA", "-1"})
  void aBadAfterIsInvalidPosition(String after) {
    assertRefused(ErrorCode.INVALID_POSITION, () -> parse("channel=chat:a&after=" + after));
  }

  @Test
  void theHeaderWinsOverAfter() {
    assertThat(parse("channel=chat:a&after=k3Zq-7", "Zz9-9").start(A))
        .isEqualTo(new Start.After(NINE));
    assertThat(parse("channel=chat:a&after=bad", "Zz9-9").start(A))
        .isEqualTo(new Start.After(NINE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "k3Zq", "17", "k3Zq-01", "m1.", "m1.AAAA"})
  void anUnreadableHeaderIsNoError(String header) {
    assertThat(parse("channel=chat:a", header).start(A)).isEqualTo(new Start.Unreadable());
    assertThat(parse("channel=chat:a&from=latest&after=k3Zq-7", header).start(A))
        .isEqualTo(new Start.Unreadable());
  }

  @Test
  void anEmptyHeaderIsNone() {
    assertThat(parse("channel=chat:a&after=k3Zq-7", "").start(A)).isEqualTo(new Start.After(SEVEN));
    assertThat(parse("channel=chat:a&from=earliest", "").start(A)).isEqualTo(new Start.Earliest());
  }

  @Test
  void positionsOfSeveralBelongToNamesNotToTheirOrder() {
    String both = Positions.of(Map.of(A, SEVEN, B, NINE)).toString();
    for (String channels :
        new String[] {"channel=chat:a&channel=chat:b", "channel=chat:b&channel=chat:a"}) {
      assertThat(parse(channels + "&after=" + both).start(A)).isEqualTo(new Start.After(SEVEN));
      assertThat(parse(channels, both).start(B)).isEqualTo(new Start.After(NINE));
    }
  }

  @Test
  void aChannelThatThePositionDoesNotKnowStartsAtFrom() {
    String both = Positions.of(Map.of(A, SEVEN, B, NINE)).toString();
    Parsed subscribing = parse("channel=chat:a&channel=chat:c&from=last:5&after=" + both);
    assertThat(subscribing.start(A)).isEqualTo(new Start.After(SEVEN));
    assertThat(subscribing.start(C)).isEqualTo(new Start.Last(5));
    assertThat(parse("channel=chat:c", both).start(C)).isEqualTo(new Start.Latest());
  }

  @Test
  void aListThatBecameShorterStillKnowsItsPosition() {
    String both = Positions.of(Map.of(A, SEVEN, B, NINE)).toString();
    assertThat(parse("channel=chat:b", both).start(B)).isEqualTo(new Start.After(NINE));
  }

  @Test
  void aPositionOfOneChannelIsNoPositionOfSeveral() {
    assertRefused(
        ErrorCode.INVALID_POSITION, () -> parse("channel=chat:a&channel=chat:b&after=k3Zq-7"));
    Parsed subscribing = parse("channel=chat:a&channel=chat:b", "k3Zq-7");
    assertThat(subscribing.start(A)).isEqualTo(new Start.Unreadable());
    assertThat(subscribing.start(B)).isEqualTo(new Start.Unreadable());
  }

  @Test
  void eachChannelMayHaveItsOwnAfter() {
    Parsed subscribing =
        parse(
            "channel=chat:a&after=k3Zq-7&channel=chat:b&after=Zz9-9&channel=chat:c&after=&from=last:5");
    assertThat(subscribing.start(A)).isEqualTo(new Start.After(SEVEN));
    assertThat(subscribing.start(B)).isEqualTo(new Start.After(NINE));
    assertThat(subscribing.start(C)).isEqualTo(new Start.Last(5));
    String both = Positions.of(Map.of(A, SEVEN, B, NINE)).toString();
    assertThat(parse("channel=chat:b&channel=chat:c&after=" + both + "&after=k3Zq-7").start(B))
        .isEqualTo(new Start.After(NINE));
    assertThat(parse("channel=chat:a&channel=chat:b&after=&after=").start(B))
        .isEqualTo(new Start.Latest());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "channel=chat:a&channel=chat:b&channel=chat:c&after=k3Zq-7&after=k3Zq-8",
        "channel=chat:a&channel=chat:b&after=k3Zq-7&after=x"
      })
  void anAfterForEachChannelIsOneForEachAndReadable(String query) {
    assertRefused(ErrorCode.INVALID_POSITION, () -> parse(query));
    assertThat(parse(query, "Zz9-9").channels()).isNotEmpty();
  }

  @Test
  void aNameThatEndsInAStarIsAPattern() {
    assertThat(parse("channel=chat:*&channel=chat:a&channel=chat:eu-%2A").channels())
        .containsExactly(new ChannelPattern("chat", ""), A, new ChannelPattern("chat", "eu-"));
    assertThat(parse("channel=chat:a*b").channels()).containsExactly(Channel.parse("chat:a*b"));
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> parse("channel=*"));
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> parse("channel=Chat:*"));
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> parse("channel=chat:" + "k".repeat(256) + "*"));
  }

  @Test
  void aFifthPatternIsOneTooMany() {
    String four = "channel=chat:*&channel=chat:a*&channel=chat:b*&channel=chat:c*";
    assertThat(parse(four + "&channel=chat:a").channels()).hasSize(5);
    assertRefused(ErrorCode.TOO_MANY_SUBSCRIPTIONS, () -> parse(four + "&channel=chat:d*"));
  }

  @Test
  void thePositionOfAPatternIsGoodForPatternsAndForSingleChannels() {
    PartitionPositions both = PartitionPositions.of(List.of(SEVEN, Position.parse("k3Zq--1")));
    Start after = new Start.AfterPartitions(both);
    assertThat(parse("channel=chat:*&after=" + both).start(ALL)).isEqualTo(after);
    assertThat(parse("channel=chat:a&after=" + both).start(A)).isEqualTo(after);
    assertThat(parse("channel=chat:*", both.toString()).start(ALL)).isEqualTo(after);
    assertThat(after.in(0, 2)).isEqualTo(new Start.After(SEVEN));
    assertThat(after.in(0, 3)).isEqualTo(new Start.Unreadable());
  }

  @Test
  void thePositionOfAChannelIsNoneOfAPattern() {
    assertRefused(ErrorCode.INVALID_POSITION, () -> parse("channel=chat:*&after=k3Zq-7"));
    assertRefused(ErrorCode.INVALID_POSITION, () -> parse("channel=chat:*&after=p1.AA"));
    assertThat(parse("channel=chat:*", "k3Zq-7").start(ALL)).isEqualTo(new Start.Unreadable());
    // An ephemeral pattern has the one position of ephemeral channels.
    assertThat(parse("channel=chat:*&after=e--1").start(ALL))
        .isEqualTo(new Start.After(Position.EPHEMERAL));
  }

  @Test
  void besideChannelsThePositionOfAPatternIsPartOfTheirs() {
    PartitionPositions all = PartitionPositions.of(List.of(SEVEN, SEVEN));
    String both = Positions.of(Map.of(A, NINE), Map.of(ALL, all)).toString();
    Parsed parsed = parse("channel=chat:a&channel=chat:*&channel=chat:b*&after=" + both);
    assertThat(parsed.start(A)).isEqualTo(new Start.After(NINE));
    assertThat(parsed.start(ALL)).isEqualTo(new Start.AfterPartitions(all));
    assertThat(parsed.start(new ChannelPattern("chat", "b"))).isEqualTo(new Start.Latest());
    assertThat(parse("channel=chat:*&after=" + all + "&channel=chat:a&after=Zz9-9").start(ALL))
        .isEqualTo(new Start.AfterPartitions(all));
    assertRefused(
        ErrorCode.INVALID_POSITION, () -> parse("channel=chat:*&channel=chat:a&after=" + all));
  }

  @Test
  void typesAreAListSeparatedByCommas() {
    assertThat(parse("channel=chat:a").types()).isEmpty();
    assertThat(parse("channel=chat:a&types=placed,x.error").types())
        .containsExactlyInAnyOrder("placed", "x.error");
    for (String bad : new String[] {"", "a,", "a,,b", "a%20b", "tw.live", "a,%0A"}) {
      assertRefused(ErrorCode.INVALID_TYPE, () -> parse("channel=chat:a&types=" + bad));
    }
    String many = IntStream.range(0, 33).mapToObj(i -> "t" + i).collect(Collectors.joining(","));
    assertRefused(ErrorCode.INVALID_REQUEST, () -> parse("channel=chat:a&types=" + many));
  }

  @Test
  void ofSeveralPositionsOfOneChannelTheLastCounts() {
    assertThat(parse("channel=chat:a&after=k3Zq-1&after=k3Zq-7").start(A))
        .isEqualTo(new Start.After(SEVEN));
    assertThat(parse("channel=chat:a&last_event_id=k3Zq-1&lastEventId=k3Zq-7&_=1").start(A))
        .isInstanceOf(Start.After.class);
    assertThat(parse("channel=chat:a&after=k3Zq-1&lastEventID=k3Zq-7").start(A))
        .isEqualTo(new Start.After(SEVEN));
  }

  private static @Nullable Start from(String parameters) {
    return parse("channel=chat:a" + parameters).start(A);
  }

  private static String channels(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "channel=chat:" + i)
        .collect(Collectors.joining("&"));
  }

  /** What was read, by channel or pattern. */
  private record Parsed(Subscribing subscribing) {
    List<Scope> channels() {
      return subscribing.starts().keySet().stream().map(Selection::scope).toList();
    }

    Set<String> types() {
      return subscribing.starts().keySet().iterator().next().types();
    }

    @Nullable Start start(Scope scope) {
      return subscribing.starts().get(new Selection(scope, types()));
    }
  }

  private static Parsed parse(String query) {
    return parse(query, null);
  }

  private static Parsed parse(String query, @Nullable String lastEventId) {
    MutableHttpRequest<Object> request = HttpRequest.GET("/v1/events");
    if (lastEventId != null) {
      request.header("Last-Event-ID", lastEventId);
    }
    // As the HTTP server reads it.
    NettyHttpParameters parameters =
        new NettyHttpParameters(
            new QueryStringDecoder("/v1/events?" + query).parameters(),
            ConversionService.SHARED,
            null);
    return new Parsed(
        Subscribing.parse(
            new HttpRequestWrapper<>(request) {
              @Override
              public HttpParameters getParameters() {
                return parameters;
              }
            },
            MAX,
            Set.of("envelope"),
            Map.of("wait", "application/json")));
  }
}
