package io.tailwater.edge.socketio;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.tailwater.edge.connection.HangUp;
import io.tailwater.edge.hop.Answer;
import io.tailwater.edge.hop.Hops;
import io.tailwater.edge.hop.Host;
import io.tailwater.edge.hop.Passed;
import io.tailwater.edge.http.Takeover;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Polls whose session is on another gateway, in both directions: those that come here and are
 * passed on, and those that others have passed on to here. Any thread.
 */
final class PassedPolls implements Host {
  private static final String GET = "GET";
  private static final String POST = "POST";
  private static final byte[] NOTHING = {};

  private final Hops hops;
  private final EngineSessions sessions;
  private final Duration patience;

  /** Serves other gateways from now on. */
  PassedPolls(Hops hops, EngineSessions sessions, SocketIoConfiguration configuration) {
    this.hops = hops;
    this.sessions = sessions;
    // A poll is answered by a ping at the latest, and a session without an answer to it ends.
    this.patience = configuration.pingInterval().plus(configuration.pingTimeout());
    hops.serve(this);
  }

  // --- those that are passed on ---

  /** A client waits for packets of this session. */
  CompletableFuture<HttpResponse<?>> poll(HttpRequest<?> request, String sid) {
    CompletableFuture<Answer> answer = pass(new Passed(GET, sid, NOTHING));
    HangUp hangUp = new HangUp(Takeover.connection(request), () -> answer.cancel(false));
    return response(answer.whenComplete((given, failure) -> hangUp.ignore()));
  }

  /** A client sends packets. */
  CompletableFuture<HttpResponse<?>> send(String sid, byte[] body) {
    return response(pass(new Passed(POST, sid, body)));
  }

  /** A client has sent what cannot be read, which ends its session. */
  CompletableFuture<HttpResponse<?>> malformed(String sid, HttpResponse<?> refusal) {
    return send(sid, NOTHING).thenApply(answer -> refusal);
  }

  private CompletableFuture<Answer> pass(Passed request) {
    String gateway = EngineSessions.gatewayOf(request.session());
    return hops.elsewhere(gateway)
        ? hops.pass(gateway, request, patience)
        : CompletableFuture.completedFuture(unknown());
  }

  private static CompletableFuture<HttpResponse<?>> response(CompletableFuture<Answer> coming) {
    return coming.handle(
        (answer, failure) ->
            answer == null
                ? EngineError.SESSION_UNKNOWN.response()
                : HttpResponse.status(HttpStatus.valueOf(answer.status()))
                    .contentType(MediaType.of(answer.contentType()))
                    .body(answer.body()));
  }

  // --- those of other gateways ---

  @Override
  public CompletableFuture<Answer> serve(Passed request) {
    EngineSession session = sessions.find(request.session());
    if (session == null) {
      return CompletableFuture.completedFuture(unknown());
    }
    CompletableFuture<HttpResponse<?>> response = new CompletableFuture<>();
    if (request.method().equals(GET)) {
      session.loop().execute(() -> session.onPoll(response));
    } else if (session.beginPost()) {
      session
          .loop()
          .execute(
              () -> {
                session.endPost();
                response.complete(session.sent(request.body()));
              });
    } else {
      session.loop().execute(session::close);
      response.complete(EngineError.BAD_REQUEST.response());
    }
    return response.thenApply(PassedPolls::answer);
  }

  private static Answer answer(HttpResponse<?> response) {
    byte[] body =
        response.body() instanceof byte[] bytes
            ? bytes
            : String.valueOf(response.body()).getBytes(StandardCharsets.UTF_8);
    String type = response.getContentType().orElse(MediaType.TEXT_PLAIN_TYPE).toString();
    return new Answer(response.code(), type, body);
  }

  /** What a poll has brought is lost with it, so the client has to begin again where it was. */
  @Override
  public void gone(Passed request) {
    EngineSession session = sessions.find(request.session());
    if (session != null && request.method().equals(GET)) {
      session.loop().execute(session::close);
    }
  }

  @Override
  public Answer unknown() {
    return EngineError.SESSION_UNKNOWN.answer();
  }
}
