package io.tailwater.edge.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.keys.IssuerKeys;
import io.tailwater.edge.keys.IssuerServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** A gateway that remembers tokens judges each as one that has never seen it. */
final class VerifiedTokensTest {
  private static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");
  private static final Duration MAX_LIFE = Duration.ofDays(30);

  @Property(tries = 40)
  void whatIsRememberedChangesNoJudgement(@ForAll long seed) {
    Random random = new Random(seed);
    try (IssuerServer issuer = new IssuerServer()) {
      Run run = new Run(issuer, random);
      for (int step = 0; step < 60; step++) {
        run.step();
      }
      run.close();
    }
  }

  private static final class Run {
    private final IssuerServer issuer;
    private final Random random;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final IssuerKeys keys;
    private final Revocations revocations;
    private final Tokens remembering;
    private final List<String> shown = new ArrayList<>();
    private final List<String> log = new ArrayList<>();
    private Instant now = NOON;

    Run(IssuerServer issuer, Random random) {
      this.issuer = issuer;
      this.random = random;
      issuer.publish("ec-0");
      keys =
          new IssuerKeys(
              List.of(issuer.url()),
              Runnable::run,
              () -> Duration.between(NOON, now).toNanos(),
              meters);
      keys.tick();
      revocations = new Revocations(MAX_LIFE, () -> now);
      revocations.setComplete();
      remembering = fresh();
    }

    private Tokens fresh() {
      return new Tokens(
          new Secrets(List.of(TokensTest.KEY)),
          new ForeignTokens(
              keys,
              List.of(IssuerServer.ISSUER),
              List.of(IssuerServer.AUDIENCE),
              "sub",
              List.of("tw"),
              Grant.NOTHING),
          MAX_LIFE,
          revocations,
          () -> now,
          meters);
    }

    void step() {
      switch (random.nextInt(10)) {
        case 0 -> issue();
        case 1 -> {
          issuer.publish("ec-" + random.nextInt(3));
          log.add("rotated");
        }
        case 2 -> {
          now = now.plusSeconds(random.nextInt(400));
          keys.tick();
          log.add("now " + now);
        }
        case 3 -> revoke();
        default -> show();
      }
    }

    private void issue() {
      shown.add(
          issuer.token(
              JWSAlgorithm.ES256,
              "ec-" + random.nextInt(3),
              IssuerServer.claims("user-" + random.nextInt(3))
                  .issueTime(Date.from(now))
                  .jwtID("t" + shown.size())
                  .expirationTime(Date.from(now.plusSeconds(random.nextInt(1_000))))
                  .build()));
    }

    private void revoke() {
      Revocation.Target target =
          new Revocation.Target(Revocation.Kind.SUBJECT, "user-" + random.nextInt(3));
      log.add("revoked " + target);
      if (random.nextInt(3) == 0) {
        revocations.remove(target);
      } else {
        long ms = now.toEpochMilli();
        revocations.put(new Revocation(target, ms, ms + random.nextInt(600_000), "admin", ms));
      }
    }

    private void show() {
      if (!shown.isEmpty()) {
        String token = shown.get(random.nextInt(shown.size()));
        // First without memory: it may have the keys read again, as the other would.
        judgement(fresh(), token);
        String expected = judgement(fresh(), token);
        assertThat(judgement(remembering, token)).as("%s", log).isEqualTo(expected);
      }
    }

    private static String judgement(Tokens tokens, String token) {
      try {
        return tokens.token(token).toString();
      } catch (RequestException e) {
        return e.code().wire();
      }
    }

    void close() {
      keys.close();
    }
  }
}
