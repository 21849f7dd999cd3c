package io.tailwater.edge.backend;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.client.OutcomeTimers;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.backend.v1.AuthorizeAnswer;
import io.tailwater.contract.backend.v1.AuthorizeRequest;
import io.tailwater.contract.backend.v1.AuthorizeRequest.Action;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.access.Identity;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Asks the backend what a token cannot express. Answers are remembered for as long as the backend
 * says, and a question is asked once at a time. Those who wait for an answer get it in the order in
 * which they came, so that publications of one client keep theirs. Any thread.
 */
final class BackendAuthority implements Authority {
  private static final long MAX_TTL_MS = Duration.ofHours(1).toMillis();
  private static final CompletableFuture<Void> YES = CompletableFuture.completedFuture(null);

  private final Backends backends;
  private final AuthorizeConfiguration configuration;
  private final OutcomeTimers timers;
  private final Cache<Question, Answer> answers;

  /** Questions on their way; those who wait are clients with a request, each with a deadline. */
  private final ConcurrentMap<Question, Waiting> asked = new ConcurrentHashMap<>();

  BackendAuthority(
      Backends backends,
      AuthorizeConfiguration configuration,
      Ticker ticker,
      MeterRegistry meters) {
    this.backends = backends;
    this.configuration = configuration;
    this.timers =
        new OutcomeTimers(
            meters, "tailwater.edge.authorize", "from a question to the backend to its answer");
    this.answers =
        Caffeine.newBuilder()
            .maximumSize(configuration.answers())
            .ticker(ticker)
            .expireAfter(
                Expiry.<Question, Answer>creating(
                    (question, answer) -> Duration.ofMillis(answer.ttlMs())))
            .build();
    meters.gauge("tailwater.edge.authorize.answers", answers, Cache::estimatedSize);
  }

  private record Question(String subject, Action action, String about) {}

  /** Immutable: what the backend has said. */
  private record Answer(boolean allowed, String message, long ttlMs) {}

  /** Those who wait for the same answer. */
  private static final class Waiting {
    final Queue<CompletableFuture<Void>> clients = new ConcurrentLinkedQueue<>();
  }

  @Override
  public CompletableFuture<Void> connect(Identity identity) {
    return configuration.connect()
        ? ask(identity, Action.CONNECT, "", configuration.awayAllows())
        : YES;
  }

  @Override
  public CompletableFuture<Void> subscribe(Identity identity, Scope scope, Namespace namespace) {
    return namespace.getAuthorizeSubscribe()
        ? ask(identity, Action.SUBSCRIBE, scope.toString(), namespace.getAuthorizeAwayAllow())
        : YES;
  }

  @Override
  public CompletableFuture<Void> publish(Identity identity, Channel channel, Namespace namespace) {
    return namespace.getAuthorizePublish()
        ? ask(identity, Action.PUBLISH, channel.toString(), namespace.getAuthorizeAwayAllow())
        : YES;
  }

  @Override
  public CompletableFuture<Void> call(Identity identity, String method) {
    return configuration.call()
        ? ask(identity, Action.CALL, method, configuration.awayAllows())
        : YES;
  }

  private CompletableFuture<Void> ask(
      Identity identity, Action action, String about, boolean awayAllows) {
    Question question = new Question(identity.subject(), action, about);
    Answer known = answers.getIfPresent(question);
    if (known != null) {
      return known.allowed() ? YES : CompletableFuture.failedFuture(denied(known));
    }
    CompletableFuture<Void> client = new CompletableFuture<>();
    Waiting own = new Waiting();
    Waiting waiting =
        asked.compute(
            question,
            (same, before) -> {
              Waiting one = before == null ? own : before;
              one.clients.add(client);
              return one;
            });
    if (waiting == own) {
      send(question, identity, awayAllows);
    }
    return client;
  }

  private void send(Question question, Identity identity, boolean awayAllows) {
    Link link = backends.pick();
    if (link == null) {
      settle(question, away(awayAllows));
      return;
    }
    AuthorizeRequest.Builder request =
        AuthorizeRequest.newBuilder()
            .setCaller(Callers.of(identity, "", ""))
            .setAction(question.action());
    if (question.action() == Action.CALL) {
      request.setMethod(question.about());
    } else {
      request.setChannel(question.about());
    }
    var sample = timers.start();
    link.authorize(request.build(), configuration.within())
        .whenComplete(
            (answer, failure) -> {
              timers.stop(
                  sample, failure != null ? "failed" : answer.getAllowed() ? "allowed" : "denied");
              settle(question, failure == null ? read(answer) : away(awayAllows));
            });
  }

  private static Answer read(AuthorizeAnswer answer) {
    return new Answer(
        answer.getAllowed(), answer.getMessage(), Math.clamp(answer.getTtlMs(), 0, MAX_TTL_MS));
  }

  /** Null stands for nobody to ask, who would say no. */
  private static @Nullable Answer away(boolean allows) {
    return allows ? new Answer(true, "", 0) : null;
  }

  private void settle(Question question, @Nullable Answer answer) {
    if (answer != null && answer.ttlMs() > 0) {
      answers.put(question, answer);
    }
    Waiting waiting = asked.remove(question);
    if (waiting == null) {
      return;
    }
    for (CompletableFuture<Void> client : waiting.clients) {
      if (answer == null) {
        client.completeExceptionally(
            new RequestException(
                ErrorCode.UNAVAILABLE, "the backend cannot be asked whether this is allowed"));
      } else if (answer.allowed()) {
        client.complete(null);
      } else {
        client.completeExceptionally(denied(answer));
      }
    }
  }

  private static RequestException denied(Answer answer) {
    return new RequestException(
        ErrorCode.FORBIDDEN,
        answer.message().isEmpty() ? "the backend does not allow this" : answer.message());
  }
}
