package io.tailwater.system.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.lettuce.core.RedisClient;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.AddressBehindCable;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.GatewayProcess;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platforms;
import io.tailwater.system.platform.Relay;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Presence where gateways are processes that stop, go on and die, and where members are many. */
@Tag("long")
@OnPlatforms
@ResourceLock(Platforms.IN_PROCESS)
final class PresenceFaultsIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  /** A stop after which nobody may have left, and one after which everybody must have. */
  private static final long SHORT_STOP_SECONDS = 8;

  /** What docs/protocol.md promises, and the grace of these tests. */
  private static final int NOTICED_SECONDS = 45;

  private static final int GRACE_SECONDS = 5;
  private static final int SLACK_SECONDS = 10;

  private static final int DEVICES = 20;

  private static final int SESSIONS = Integer.getInteger("tailwater.presence.sessions", 10_000);
  private static final int WATCHERS = 100;

  @Test
  void aGatewayThatStopsKeepsItsMembersForALeaseAndOneThatDiesDoesNot(InProcessPlatform platform)
      throws Exception {
    String channel = "chat:presence-signals";
    try (GatewayProcess gateway =
            new GatewayProcess(platform, FreePort.choose(), "edge-gateway-signals");
        WsPeer lena = Onlooker.present(gateway.address(), "lena", channel);
        Onlooker onlooker = Onlooker.open(platform.gateways().getLast(), channel)) {
      onlooker.until(seen -> seen.members().contains("lena") && !seen.stale());
      gateway.signal("STOP");
      await().pollDelay(Duration.ofSeconds(SHORT_STOP_SECONDS)).atMost(LIMIT).until(() -> true);
      gateway.signal("CONT");
      try (WsPeer max = Onlooker.present(gateway.address(), "max", channel)) {
        onlooker.until(seen -> seen.members().contains("max"));
        assertThat(onlooker.everLeft()).isEmpty();
        gateway.signal("STOP");
        onlooker.until(seen -> seen.members().isEmpty());
        gateway.signal("CONT");
        onlooker.until(seen -> seen.members().size() == 2);
        long killed = System.nanoTime();
        gateway.signal("KILL");
        onlooker.until(seen -> seen.members().isEmpty());
        System.out.printf(
            "presence: the members of a killed gateway left after %.1f s%n",
            (System.nanoTime() - killed) / 1e9);
        assertThat(max.status() + lena.status()).isEqualTo(202);
      }
    }
  }

  @Test
  void aClientWhoseNetworkFallsSilentLeavesWhenThatLasts(InProcessPlatform platform)
      throws Exception {
    String channel = "chat:presence-silent-client";
    URI gateway = platform.gateways().getFirst();
    try (Relay network = new Relay(gateway);
        WsPeer lena = Onlooker.present(network.address(), "lena", channel);
        Onlooker onlooker = Onlooker.open(platform.gateways().getLast(), channel)) {
      onlooker.until(seen -> seen.members().contains("lena") && !seen.stale());
      network.silence();
      await().pollDelay(Duration.ofSeconds(SHORT_STOP_SECONDS)).atMost(LIMIT).until(() -> true);
      network.hear();
      lena.text("{\"id\":2,\"ping\":{}}");
      lena.await("pong");
      assertThat(onlooker.everLeft()).isEmpty();
      long silent = System.nanoTime();
      network.silence();
      onlooker.until(seen -> !seen.members().contains("lena"));
      double tookSeconds = (System.nanoTime() - silent) / 1e9;
      System.out.printf("presence: a client without a network left after %.1f s%n", tookSeconds);
      assertThat(tookSeconds).isLessThan(NOTICED_SECONDS + GRACE_SECONDS + SLACK_SECONDS);
      network.hear();
      try (WsPeer back = Onlooker.present(network.address(), "lena", channel)) {
        onlooker.until(seen -> seen.members().contains("lena"));
        assertThat(onlooker.everLeft()).containsExactly("lena");
        assertThat(back.status()).isEqualTo(101);
      }
    }
  }

  @Test
  void clientsWhosePacketsVanishLeaveInTimeAndNobodyElse(InProcessPlatform platform)
      throws Exception {
    String channel = "chat:presence-cables";
    Set<String> steady = new TreeSet<>();
    Set<String> brief = new TreeSet<>();
    Set<String> gone = new TreeSet<>();
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    try (AddressBehindCable steadyCable = new AddressBehindCable(76);
        AddressBehindCable briefCable = new AddressBehindCable(77);
        AddressBehindCable goneCable = new AddressBehindCable(78);
        Onlooker onlooker = Onlooker.open(platform.gateways().getLast(), channel)) {
      for (int i = 0; i < DEVICES; i++) {
        steady.add(device(platform, threads, steadyCable, "steady-" + i, channel, i));
        brief.add(device(platform, threads, briefCable, "brief-" + i, channel, i));
        gone.add(device(platform, threads, goneCable, "gone-" + i, channel, i));
      }
      onlooker.until(seen -> seen.members().size() == 3 * DEVICES && !seen.stale());
      long pulled = System.nanoTime();
      briefCable.pull();
      goneCable.pull();
      await().pollDelay(Duration.ofSeconds(SHORT_STOP_SECONDS)).atMost(LIMIT).until(() -> true);
      briefCable.plug();
      assertThat(count(platform.gateways().getFirst(), channel)).isEqualTo(3 * DEVICES);
      onlooker.until(seen -> !seen.everLeft().isEmpty());
      double first = (System.nanoTime() - pulled) / 1e9;
      onlooker.until(seen -> seen.members().size() <= 2 * DEVICES);
      double last = (System.nanoTime() - pulled) / 1e9;
      System.out.printf(
          "presence: %d clients without a network left after %.1f to %.1f s%n",
          DEVICES, first, last);
      System.out.printf(
          "presence: false leaves %d, members that stayed %d%n",
          onlooker.everLeft().stream().filter(one -> !gone.contains(one)).count(),
          gone.stream().filter(one -> !onlooker.everLeft().contains(one)).count());
      assertThat(onlooker.everLeft()).isEqualTo(gone);
      assertThat(last).isLessThan(NOTICED_SECONDS + GRACE_SECONDS + SLACK_SECONDS);
      await().pollDelay(Duration.ofSeconds(NOTICED_SECONDS)).atMost(LIMIT).until(() -> true);
      assertThat(count(platform.gateways().getFirst(), channel)).isEqualTo(2 * DEVICES);
      goneCable.plug();
      for (String subject : gone) {
        device(platform, threads, steadyCable, subject, channel, subject.hashCode() & 0xff);
      }
      await()
          .atMost(LIMIT)
          .until(() -> count(platform.gateways().getFirst(), channel) == 3 * DEVICES);
    } finally {
      threads.shutdownNow();
    }
  }

  /** A client that is present and reads on: every second one by an event stream. Its subject. */
  private static String device(
      InProcessPlatform platform,
      ExecutorService threads,
      AddressBehindCable cable,
      String subject,
      String channel,
      int number) {
    List<URI> gateways = platform.gateways();
    URI gateway = gateways.get(number / 2 % gateways.size());
    if (number % 2 == 0) {
      StreamPeek stream =
          StreamPeek.from(
              cable.address(),
              gateway,
              "/v1/events?present=true&channel=" + channel,
              Map.of(
                  "Accept",
                  "text/event-stream",
                  "Authorization",
                  "Bearer " + Onlooker.token(subject)));
      stream.untilLive(1);
      threads.submit(stream::untilEnd);
    } else {
      WsPeer socket = WsPeer.from(cable.address(), gateway, Onlooker.bearer(subject));
      socket.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\",\"present\":true}}");
      socket.await("subscribed");
      threads.submit(() -> socket.await("end"));
    }
    return subject;
  }

  @Test
  void aGatewayThatHearsNothingOfRedisKeepsItsMembersForALease(InProcessPlatform platform)
      throws Exception {
    String channel = "chat:presence-silent-redis";
    String redis = platform.redis().uri();
    try (Relay link = new Relay(URI.create(redis.replace("redis:", "http:")));
        ExtraGateway deaf =
            platform
                .gateway(
                    Map.of(
                        "tailwater.instance",
                        "edge-gateway-deaf",
                        "redis.uri",
                        link.address().toString().replace("http:", "redis:")))
                .ready();
        WsPeer lena = Onlooker.present(deaf.address(), "lena", channel);
        WsPeer max = Onlooker.present(platform.gateways().getFirst(), "max", channel);
        Onlooker onlooker = Onlooker.open(platform.gateways().getLast(), channel);
        Onlooker inside = Onlooker.open(deaf.address(), channel)) {
      onlooker.until(seen -> seen.members().size() == 2 && !seen.stale());
      inside.until(seen -> seen.members().size() == 2 && !seen.stale());
      link.silence();
      await().pollDelay(Duration.ofSeconds(SHORT_STOP_SECONDS)).atMost(LIMIT).until(() -> true);
      link.hear();
      await().pollDelay(Duration.ofSeconds(SHORT_STOP_SECONDS)).atMost(LIMIT).until(() -> true);
      assertThat(count(platform.gateways().getLast(), channel)).isEqualTo(2);
      assertThat(onlooker.everLeft()).isEmpty();
      link.silence();
      // To others it is as good as dead, and it knows that it knows nothing.
      onlooker.until(seen -> !seen.members().contains("lena"));
      inside.until(Onlooker::stale);
      link.hear();
      onlooker.until(seen -> seen.members().contains("lena"));
      inside.until(seen -> !seen.stale());
      assertThat(onlooker.everLeft()).containsExactly("lena");
      assertThat(inside.everLeft()).isEmpty();
      assertThat(inside.members()).containsExactlyInAnyOrder("lena", "max");
      assertThat(lena.status() + max.status()).isEqualTo(202);
    }
  }

  @Test
  void aJoinCostsTheSameWhateverTheNumberOfMembers(InProcessPlatform platform) throws Exception {
    String channel = "chat:presence-many";
    try (GatewayProcess one = new GatewayProcess(platform, FreePort.choose(), "edge-gateway-m1");
        GatewayProcess two = new GatewayProcess(platform, FreePort.choose(), "edge-gateway-m2");
        RedisClient redis = RedisClient.create(platform.redis().uri());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<URI> gateways = List.of(one.address(), two.address());
      List<Onlooker> watchers = new ArrayList<>();
      List<WsPeer> members = new ArrayList<>();
      try {
        for (int i = 0; i < WATCHERS; i++) {
          watchers.add(Onlooker.open(gateways.get(i % 2), channel));
        }
        for (Onlooker watcher : watchers) {
          threads.execute(() -> watcher.until(seen -> seen.count() == SESSIONS));
        }
        for (int part = 0; part < 2; part++) {
          Duration cpu = one.cpu().plus(two.cpu());
          long began = System.nanoTime();
          for (int i = part * SESSIONS / 2; i < (part + 1) * SESSIONS / 2; i++) {
            members.add(Onlooker.present(gateways.get(i % 2), "member-" + i, channel));
          }
          int expected = members.size();
          await().atMost(LIMIT).until(() -> count(gateways.getFirst(), channel) == expected);
          System.out.printf(
              "presence: joins %d to %d took %.1f s, %.2f ms of CPU each (connecting included)%n",
              expected - SESSIONS / 2 + 1,
              expected,
              (System.nanoTime() - began) / 1e9,
              one.cpu().plus(two.cpu()).minus(cpu).toNanos() / 1e6 / (SESSIONS / 2));
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      } finally {
        members.forEach(WsPeer::close);
      }
      await().atMost(LIMIT).until(() -> count(gateways.getLast(), channel) == 0);
      watchers.forEach(Onlooker::close);
      assertThat(redis.connect().sync().keys("*:members:" + channel)).isEmpty();
    }
  }

  private static long count(URI gateway, String channel) {
    JsonNode now =
        Http.send(
                HttpRequest.newBuilder(gateway.resolve("/v1/presence?channel=" + channel))
                    .header("Authorization", "Bearer " + Onlooker.token("reader")))
            .json();
    return now.path("count").asLong(-1);
  }
}
