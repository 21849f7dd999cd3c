package io.tailwater.edge.openai;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.serde.ObjectMapper;
import io.netty.channel.Channel;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.ai.AnswerEvent;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.connection.HangUp;
import io.tailwater.edge.connection.Opens;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Subscription;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: a completion that is answered as a whole. The Netty
 * channel stays with the HTTP server.
 */
final class WholeTransport implements Transport, Opens, Transport.Buffers {
  private final Channel netty;
  private final ChatChunks chunks;
  private final ObjectMapper json;
  private final Consumer<Boolean> ended;
  private final WholeAnswer answer = new WholeAnswer();
  private final CompletableFuture<HttpResponse<?>> response;
  private @Nullable Connection connection;
  private @Nullable HangUp hangUp;
  private @Nullable HttpResponse<?> result;

  /**
   * @param ended called once, with whether the client has the answer
   * @param response is completed with the answer
   */
  WholeTransport(
      Channel netty,
      ChatChunks chunks,
      ObjectMapper json,
      Consumer<Boolean> ended,
      CompletableFuture<HttpResponse<?>> response) {
    this.netty = netty;
    this.chunks = chunks;
    this.json = json;
    this.ended = ended;
    this.response = response;
  }

  @Override
  public String name() {
    return ChatFormat.NAME;
  }

  @Override
  public void open(Connection connection, StreamOpening opening) {
    assert netty.eventLoop().inEventLoop();
    this.connection = connection;
    hangUp = new HangUp(netty, this::gone);
  }

  @Override
  public boolean writable() {
    return result == null;
  }

  @Override
  public int events(Subscription subscription, Run run, int index) {
    assert netty.eventLoop().inEventLoop();
    for (int i = index; i < run.events().size() && result == null; i++) {
      Event event = run.events().get(i);
      switch (AnswerEvent.of(event, json)) {
        case null -> {}
        case AnswerEvent.Queued _, AnswerEvent.Start _ -> {}
        case AnswerEvent.Delta delta -> {
          if (!answer.add(delta)) {
            result =
                ChatErrors.of(new AnswerEvent.Failed("internal", "this answer is too long"))
                    .response();
          }
        }
        case AnswerEvent.Finish finish ->
            result =
                finish.cancelled()
                    ? ChatErrors.cancelled().response()
                    : HttpResponse.ok(chunks.whole(answer, finish))
                        .contentType(MediaType.APPLICATION_JSON_TYPE);
        case AnswerEvent.Failed failed -> result = ChatErrors.of(failed).response();
      }
    }
    return run.events().size();
  }

  @Override
  public void notice(Subscription subscription, Notice notice) {
    // The answer comes when the stream has ended.
  }

  @Override
  public long bufferedBytes() {
    return answer.bytes();
  }

  @Override
  public void flush() {
    if (result != null) {
      respond(result);
    }
  }

  @Override
  public void end(Disconnect disconnect) {
    assert netty.eventLoop().inEventLoop();
    switch (disconnect) {
      case COMPLETE, GOING_AWAY, TOO_MANY, BAD_FRAME, REPLACED ->
          respond(result == null ? ChatErrors.brokenOff().response() : result);
      case EXPIRED, UNAUTHORIZED, NOT_YET_VALID, FORBIDDEN ->
          respond(ChatErrors.expired().response());
      case REVOKED -> respond(ChatErrors.revoked().response());
      case TOO_SLOW -> netty.close();
      case RESET -> Outlet.reset(netty);
    }
  }

  private void respond(HttpResponse<?> with) {
    Connection open = release();
    if (open != null) {
      open.end(Disconnect.COMPLETE);
      ended.accept(true);
      response.complete(with);
    }
  }

  private void gone() {
    Connection open = release();
    if (open != null) {
      open.onGone();
      ended.accept(false);
    }
  }

  /** The connection, once. */
  private @Nullable Connection release() {
    Connection open = connection;
    connection = null;
    if (hangUp != null) {
      hangUp.ignore();
      hangUp = null;
    }
    return open;
  }
}
