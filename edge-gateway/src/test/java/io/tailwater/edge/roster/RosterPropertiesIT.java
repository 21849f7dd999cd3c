package io.tailwater.edge.roster;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.micronaut.context.ApplicationContext;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Platform;
import io.tailwater.edge.presence.Member;
import io.tailwater.embedded.RedisServer;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisTerms;
import io.tailwater.servers.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/**
 * The judge in a real Redis, the members that gateways hold, and what a watcher sees, against a
 * naive model. Gateways come, stop, go on and die, Redis goes away and comes back empty, and its
 * clock jumps, in random order. Time is the script's clock, which the test moves.
 */
final class RosterPropertiesIT {
  private static final Channel CHANNEL = new Channel("chat", "lobby");
  private static final int SUBJECTS = 5;
  private static final int GATEWAYS = 3;
  private static final long GRACE_MS = 10_000;
  private static final long LEASE_MS = 15_000;

  /**
   * After this long without a connection nobody is a member: a whole lease after Redis was away, a
   * lease of a gateway, a grace, and time for renewals.
   */
  private static final long MAX_LINGER_MS = 2 * LEASE_MS + LEASE_MS + GRACE_MS + 5_000;

  /** By how much the clock of Redis jumps, seconds. The judge cannot notice the short ones. */
  private static final List<Integer> JUMPS = List.of(-3_600, -60, -4, 4, 60, 3_600);

  private static final int MAX_UNNOTICED = 4;

  private static @Nullable Started started;

  private int names;

  /** A Redis, and what is connected to it. */
  private record Started(
      RedisServer server,
      ApplicationContext context,
      RedisClient client,
      RedisCommands<String, String> commands) {
    static Started now() {
      RedisServer server = TestServers.redis();
      ApplicationContext context =
          ApplicationContext.builder()
              .properties(Map.of("redis.uri", server.uri(), "redis.health.enabled", false))
              .singletons(new RedisTerms("roster-test", 1_000))
              .start();
      RedisClient client = RedisClient.create(server.uri());
      return new Started(server, context, client, client.connect().sync());
    }
  }

  @BeforeContainer
  static void start() {
    started = Started.now();
  }

  @AfterContainer
  static void stop() {
    started().client.shutdown();
    started().context.close();
    started().server.close();
  }

  private static Started started() {
    return Objects.requireNonNull(started);
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void nobodyLeavesWhoIsConnectedAndNobodyStaysForEver(@ForAll long seed) {
    started().commands.flushall();
    World world = new World(seed);
    world.advance(20_000);
    for (int i = 0; i < 80; i++) {
      world.act();
      world.check();
    }
    world.disconnectAll();
    for (int i = 0; i < 20; i++) {
      world.advance(3_000);
    }
    world.check();
    assertThat(world.listed()).as(world.story()).isEmpty();
    // Nothing of members is left in Redis: the state, the leases, and what has changed of late.
    Set<String> left = new TreeSet<>();
    for (String key : started().commands.keys("*")) {
      left.add(key.substring(key.indexOf('}') + 2));
    }
    left.removeIf(key -> key.startsWith("log:"));
    assertThat(left).as(world.story()).isSubsetOf("state", "leases", "changed");
  }

  private static <T> T await(CompletableFuture<T> coming) {
    return coming.orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** A gateway as its roster would be driven. */
  private static final class Gateway {
    private final Holds holds = new Holds();
    private final Map<String, Integer> connections = new HashMap<>();
    private String holder = "";
    private boolean stopped;
    private long stoppedMs;
  }

  /** Confined to its test: gateways, their clients and a watcher. */
  private final class World {
    private final java.util.Random random;
    private final RosterScript script;
    private final List<Gateway> gateways = new ArrayList<>();
    private final View view = new View();
    private final List<String> story = new ArrayList<>();

    /**
     * When each subject was last connected to a gateway that is or was thought alive, or in grace.
     */
    private final Map<String, Long> lastHere = new HashMap<>();

    /** Until when each subject is in its grace. */
    private final Map<String, Long> graces = new HashMap<>();

    /** Until when the end of a connection may count as leaving. */
    private final Map<String, Long> leaving = new HashMap<>();

    private String incarnation = "";
    private long nowMs;

    /** How far the clock of Redis is from the time. */
    private long skewMs;

    private boolean away;

    World(long seed) {
      random = new java.util.Random(seed);
      story.add("seed " + seed);
      script =
          new RosterScript(
              started().context.getBean(Redis.class),
              () -> new Platform("properties"),
              RosterTerms.of(Duration.ofMillis(LEASE_MS)),
              () -> "n" + ++names);
      for (int i = 0; i < GATEWAYS; i++) {
        gateways.add(new Gateway());
      }
    }

    String story() {
      return String.join("\n", story);
    }

    void act() {
      Gateway gateway = gateways.get(random.nextInt(GATEWAYS));
      String subject = "s" + random.nextInt(SUBJECTS);
      int which = gateways.indexOf(gateway);
      switch (random.nextInt(18)) {
        case 0, 1, 2, 3 -> {
          if (!gateway.stopped) {
            story.add(subject + " connects to " + which);
            gateway.connections.merge(subject, 1, Integer::sum);
            gateway.holds.enter(key(subject), "", nowMs);
            graces.remove(subject);
            tell(gateway);
          }
        }
        case 4, 5 -> end(gateway, subject, GRACE_MS);
        case 6, 7 -> end(gateway, subject, 0);
        case 8 -> {
          if (!gateway.stopped) {
            story.add(which + " stops");
            gateway.stopped = true;
            gateway.stoppedMs = nowMs;
          }
        }
        case 9, 10 -> {
          if (gateway.stopped) {
            story.add(which + " goes on");
            gateway.stopped = false;
            renew(gateway);
          }
        }
        case 11 -> {
          story.add(which + " is killed and another begins");
          gateways.set(which, new Gateway());
          renew(gateways.get(which));
        }
        case 12 -> {
          story.add("Redis comes back empty");
          started().commands.flushall();
          gateways.stream().filter(one -> !one.stopped).forEach(this::renew);
        }
        case 13 -> {
          long ms = 1_000L * (1 + random.nextInt(30));
          story.add("Redis is away for " + ms);
          away = true;
          move(ms);
          if (ms > 1_000) {
            view.blind();
          }
          away = false;
          advance(100);
        }
        case 14 -> {
          story.add(subject + " says that it leaves");
          await(script.leave(CHANNEL.toString(), subject, GRACE_MS));
          graces.remove(subject);
          leaving.put(subject, nowMs + GRACE_MS);
        }
        case 15 -> jump(JUMPS.get(random.nextInt(JUMPS.size())));
        default -> advance(1_000L * (1 + random.nextInt(4)));
      }
    }

    /**
     * A jump that the judge does not notice makes a lease and a grace shorter or longer by itself.
     */
    private void jump(int seconds) {
      story.add("the clock of Redis jumps by " + seconds + " s");
      long ms = 1_000L * seconds;
      skewMs += ms;
      if (Math.abs(seconds) <= MAX_UNNOTICED) {
        graces.replaceAll((subject, until) -> until - Math.max(0, ms));
        leaving.replaceAll((subject, until) -> until + Math.max(0, -ms));
        lastHere.replaceAll((subject, at) -> at + Math.max(0, -ms));
        gateways.forEach(gateway -> gateway.stoppedMs -= Math.max(0, ms));
      }
      move(0);
    }

    private void end(Gateway gateway, String subject, long graceMs) {
      if (gateway.stopped || gateway.connections.getOrDefault(subject, 0) == 0) {
        return;
      }
      story.add(
          subject + (graceMs == 0 ? " leaves " : " breaks off from ") + gateways.indexOf(gateway));
      gateway.connections.computeIfPresent(subject, (name, n) -> n == 1 ? null : n - 1);
      gateway.holds.end(key(subject), graceMs);
      if (graceMs > 0 && leaving.getOrDefault(subject, 0L) < nowMs) {
        graces.merge(subject, nowMs + graceMs, Math::max);
      }
      tell(gateway);
    }

    void disconnectAll() {
      story.add("all disconnect");
      for (Gateway gateway : gateways) {
        gateway.stopped = false;
        renew(gateway);
        List.copyOf(gateway.connections.keySet())
            .forEach(
                subject -> {
                  while (gateway.connections.containsKey(subject)) {
                    end(gateway, subject, random.nextBoolean() ? GRACE_MS : 0);
                  }
                });
      }
    }

    /** Time goes on, and gateways that run renew meanwhile. */
    void advance(long ms) {
      story.add("+" + ms);
      long left = ms;
      while (left > 0) {
        long step = Math.min(left, 2_000);
        move(step);
        left -= step;
        gateways.stream().filter(gateway -> !gateway.stopped).forEach(this::renew);
      }
    }

    /** A millisecond more, so that no two times are the same. */
    private void move(long ms) {
      nowMs += ms + 1;
      script.shiftClock(nowMs + skewMs);
    }

    private void renew(Gateway gateway) {
      if (away) {
        return;
      }
      boolean known = !gateway.holder.isEmpty() && await(script.renew(gateway.holder, 0)).known();
      if (!known) {
        String old = gateway.holder;
        gateway.holder = script.newName();
        await(script.join(gateway.holder));
        gateway.holds.again();
        tell(gateway);
        if (!old.isEmpty()) {
          await(script.retire(old, LEASE_MS));
        }
      }
    }

    private void tell(Gateway gateway) {
      if (gateway.holder.isEmpty()) {
        renew(gateway);
      }
      while (!gateway.holds.told()) {
        if (!await(script.apply(gateway.holder, gateway.holds.take(3)))) {
          renew(gateway);
        }
      }
    }

    private Holds.Key key(String subject) {
      return new Holds.Key(CHANNEL, subject, true);
    }

    void check() {
      List<Gateway> running = gateways.stream().filter(gateway -> !gateway.stopped).toList();
      if (running.isEmpty()) {
        // Nobody sees anything.
        return;
      }
      running.forEach(this::renew);
      RosterScript.Renewed renewed = await(script.renew(running.getFirst().holder, 0));
      if (!renewed.incarnation().equals(incarnation)) {
        incarnation = renewed.incarnation();
        view.forgetVersion();
      }
      boolean settled = renewed.settled();
      look(random.nextInt(4) == 0 ? 0 : view.since(settled), settled);
      if (view.since(settled) == 0) {
        look(0, settled);
      }
      Set<String> seen = listed();
      for (int i = 0; i < SUBJECTS; i++) {
        String subject = "s" + i;
        if (isHere(subject)) {
          lastHere.put(subject, nowMs);
          assertThat(seen).as(subject + " is connected\n" + story()).contains(subject);
        } else if (nowMs - lastHere.getOrDefault(subject, 0L) > MAX_LINGER_MS && !view.stale()) {
          assertThat(seen).as(subject + " is long gone\n" + story()).doesNotContain(subject);
        }
      }
    }

    private void look(long since, boolean settled) {
      view.apply(await(script.look(CHANNEL.toString(), since, 500)), settled);
    }

    /**
     * Whether a subject is connected to a gateway that runs, or that stopped a moment ago, or is in
     * its grace.
     */
    private boolean isHere(String subject) {
      return graces.getOrDefault(subject, 0L) > nowMs
          || gateways.stream()
              .anyMatch(
                  gateway ->
                      gateway.connections.containsKey(subject)
                          && (!gateway.stopped || nowMs - gateway.stoppedMs < LEASE_MS - 4_000));
    }

    Set<String> listed() {
      List<Member> members = view.members();
      return members == null
          ? Set.of()
          : members.stream().map(Member::subject).collect(Collectors.toSet());
    }
  }
}
