package io.tailwater.ai.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tailwater.ai.generation.Places.Limits;
import io.tailwater.ai.generation.Places.ModelLimits;
import io.tailwater.ai.generation.Places.Place;
import io.tailwater.ai.model.Prompt;
import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.ai.stream.StreamRequest;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Which answers run, which wait, and in which order. */
final class PlacesTest {
  private static final String NOWHERE = "";
  private static final String MODEL = "mock";

  @Test
  void aSubjectWithManyDelaysItsOwn() {
    Places places = places(new Limits(1, 0, 0, 100, 0, 0));
    Place running = places.enter(of("alice", NOWHERE), MODEL);
    List<Place> alices = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      alices.add(places.enter(of("alice", NOWHERE), MODEL));
    }
    Place bob = places.enter(of("bob", NOWHERE), MODEL);
    assertThat(places.ahead(bob)).isEqualTo(1);
    assertThat(places.ahead(alices.get(1))).isEqualTo(2);
    places.leave(running);
    assertThat(alices.getFirst().isFree()).isTrue();
    Place carol = places.enter(of("carol", NOWHERE), MODEL);
    places.leave(alices.getFirst());
    assertThat(bob.isFree()).isTrue();
    places.leave(bob);
    assertThat(carol.isFree()).as("late, but its first").isTrue();
    assertThat(places.queued()).isEqualTo(9);
  }

  @Test
  void withoutATokenAnAddressHasOneTurn() {
    Places places = places(new Limits(1, 0, 0, 100, 0, 0));
    Place running = places.enter(anonymous("192.0.2.1"), MODEL);
    places.enter(anonymous("192.0.2.1"), MODEL);
    Place second = places.enter(anonymous("192.0.2.1"), MODEL);
    Place other = places.enter(anonymous("192.0.2.2"), MODEL);
    assertThat(places.ahead(other)).isEqualTo(1);
    assertThat(places.ahead(second)).isEqualTo(2);
    assertThat(places.ahead(running)).isZero();
  }

  @Test
  void whoMayNotRunYetHoldsNobodyUp() {
    Places places = places(new Limits(3, 1, 0, 100, 0, 0));
    Place alice = places.enter(of("alice", NOWHERE), MODEL);
    Place waits = places.enter(of("alice", NOWHERE), MODEL);
    assertThat(waits.isFree()).isFalse();
    assertThat(places.enter(of("bob", NOWHERE), MODEL).isFree()).isTrue();
    places.leave(alice);
    assertThat(waits.isFree()).isTrue();
  }

  @Test
  void theQueueIsBoundedForASubjectForAnAddressAndForAll() {
    Places places = places(new Limits(1, 0, 0, 3, 1, 2));
    places.enter(of("alice", "192.0.2.1"), MODEL);
    Place waits = places.enter(of("alice", "192.0.2.1"), MODEL);
    refused(places, of("alice", "192.0.2.9"), ErrorCode.RATE_LIMITED, "a subject has at most 1");
    places.enter(of("bob", "192.0.2.1"), MODEL);
    refused(places, of("carol", "192.0.2.1"), ErrorCode.RATE_LIMITED, "an address has at most 1");
    places.enter(of("carol", "192.0.2.2"), MODEL);
    refused(places, of("dave", "192.0.2.3"), ErrorCode.OVERLOADED, "1 running and 3 queued");
    places.leave(waits);
    assertThat(places.enter(of("dave", "192.0.2.3"), MODEL).isFree()).isFalse();
  }

  @Test
  void aModelAtItsLimitHoldsUpItsOwnAnswersOnly() {
    Places places = places(new Limits(10, 0, 0, 10, 0, 0), Map.of("dear", new ModelLimits(1, 2)));
    Place running = places.enter(of("alice", NOWHERE), "dear");
    Place first = places.enter(of("alice", NOWHERE), "dear");
    Place second = places.enter(of("bob", NOWHERE), "dear");
    assertThat(first.isFree()).isFalse();
    assertThat(places.enter(of("bob", NOWHERE), MODEL).isFree()).isTrue();
    assertThatThrownBy(() -> places.enter(of("carol", NOWHERE), "dear"))
        .isInstanceOfSatisfying(
            RequestException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(ErrorCode.OVERLOADED);
              assertThat(refusal.text())
                  .startsWith("the model dear is here at its limit of 1 running and 2 queued");
              assertThat(refusal.retryAfterSeconds()).isPositive();
            });
    places.leave(running);
    assertThat(first.isFree()).isTrue();
    assertThat(second.isFree()).isFalse();
    places.leave(first);
    assertThat(second.isFree()).isTrue();
  }

  @Property(tries = 500)
  void noLimitIsExceededAndEveryoneIsServed(@ForAll Random random) {
    Limits limits =
        new Limits(
            1 + random.nextInt(5),
            random.nextInt(3),
            random.nextInt(4),
            random.nextInt(20),
            random.nextInt(5),
            random.nextInt(6));
    ModelLimits dear = new ModelLimits(random.nextInt(3), random.nextInt(4));
    Places places = places(limits, Map.of("dear", dear));
    Set<Place> ofDear = new java.util.HashSet<>();
    Map<Place, StreamRequest> inside = new java.util.LinkedHashMap<>();
    for (int i = 0; i < 200; i++) {
      if (random.nextInt(3) > 0) {
        StreamRequest request =
            random.nextBoolean()
                ? of("s" + random.nextInt(4), "a" + random.nextInt(3))
                : anonymous("a" + random.nextInt(3));
        boolean isDear = random.nextInt(3) == 0;
        try {
          Place place = places.enter(request, isDear ? "dear" : MODEL);
          inside.put(place, request);
          if (isDear) {
            ofDear.add(place);
          }
        } catch (RequestException full) {
          assertThat(places.running() + places.queued()).isPositive();
        }
      } else if (!inside.isEmpty()) {
        Place one = List.copyOf(inside.keySet()).get(random.nextInt(inside.size()));
        inside.remove(one);
        places.leave(one);
      }
      assertBounded(places, limits, inside);
      assertBounded(dear, inside, ofDear);
    }
    while (!inside.isEmpty()) {
      Place running = inside.keySet().stream().filter(Place::isFree).findFirst().orElseThrow();
      inside.remove(running);
      places.leave(running);
      assertBounded(places, limits, inside);
    }
    assertThat(places.running() + places.queued()).isZero();
  }

  private static void assertBounded(
      Places places, Limits limits, Map<Place, StreamRequest> inside) {
    List<StreamRequest> running = which(inside, true);
    List<StreamRequest> queued = which(inside, false);
    assertThat(places.running()).isEqualTo(running.size()).isLessThanOrEqualTo(limits.running());
    assertThat(places.queued()).isEqualTo(queued.size()).isLessThanOrEqualTo(limits.queued());
    atMost(limits.runningPerSubject(), running, PlacesTest::subject);
    atMost(limits.runningPerAddress(), running, StreamRequest::address);
    atMost(limits.queuedPerSubject(), queued, PlacesTest::subject);
    atMost(limits.queuedPerAddress(), queued, StreamRequest::address);
  }

  private static void assertBounded(
      ModelLimits limits, Map<Place, StreamRequest> inside, Set<Place> ofModel) {
    List<Place> here = ofModel.stream().filter(inside::containsKey).toList();
    long running = here.stream().filter(Place::isFree).count();
    assertThat(limits.running() == 0 || running <= limits.running()).isTrue();
    assertThat(limits.queued() == 0 || here.size() - running <= limits.queued()).isTrue();
  }

  private static List<StreamRequest> which(Map<Place, StreamRequest> inside, boolean free) {
    return inside.entrySet().stream()
        .filter(each -> each.getKey().isFree() == free)
        .map(Map.Entry::getValue)
        .toList();
  }

  private static String subject(StreamRequest request) {
    return request.anonymous() ? "" : request.creator();
  }

  private static void atMost(
      int max, List<StreamRequest> requests, Function<StreamRequest, String> of) {
    if (max > 0) {
      assertThat(
              requests.stream()
                  .map(of)
                  .filter(name -> !name.isEmpty())
                  .collect(Collectors.groupingBy(name -> name, Collectors.counting())))
          .allSatisfy((name, count) -> assertThat(count).isLessThanOrEqualTo(max));
    }
  }

  private static void refused(Places places, StreamRequest request, ErrorCode code, String why) {
    assertThatThrownBy(() -> places.enter(request, MODEL))
        .isInstanceOfSatisfying(
            RequestException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(code);
              assertThat(refusal.text()).contains(why);
              assertThat(refusal.retryAfterSeconds()).isPositive();
            });
  }

  private static Places places(Limits limits) {
    return places(limits, Map.of());
  }

  private static Places places(Limits limits, Map<String, ModelLimits> models) {
    return new Places(limits, models, new StreamMetrics(new SimpleMeterRegistry(), 0));
  }

  private static StreamRequest of(String subject, String address) {
    return request(subject, false, address);
  }

  private static StreamRequest anonymous(String address) {
    return request("anonymous", true, address);
  }

  private static StreamRequest request(String subject, boolean anonymous, String address) {
    Prompt prompt =
        new Prompt(
            List.of(new Prompt.Message(Prompt.Role.USER, "x")),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            "");
    return new StreamRequest(subject, anonymous, address, "", "", prompt, false, Duration.ZERO, "");
  }
}
