package io.tailwater.edge.ai;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Origins;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.presence.PresenceWish;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/** Connects clients of other protocols to AI streams. Any thread. */
public final class Answers {
  /** The header of responses that has a stream's id. */
  public static final String STREAM_HEADER = "x-tailwater-stream";

  private final Subscriptions subscriptions;
  private final Watching watching;
  private final Origins origins;
  private final ObjectMapper json;

  Answers(Subscriptions subscriptions, Watching watching, Origins origins, ObjectMapper json) {
    this.subscriptions = subscriptions;
    this.watching = watching;
    this.origins = origins;
    this.json = json;
  }

  /**
   * Reads a stream from its beginning.
   *
   * @param identity who reads; its right to do so was checked
   */
  public record Reading(HttpRequest<?> request, Identity identity, StreamState stream) {
    private Channel channel() {
      return Channel.parse(stream.getChannel());
    }
  }

  /**
   * Answers with an event stream.
   *
   * @param protocol its name in metrics and for operators
   * @param headers of the response, besides those that all of them have
   * @param ended called once the connection is gone, with whether the client has the whole answer
   * @return fails if the connection cannot be taken; else it is never completed, since the
   *     connection has left HTTP
   */
  public CompletableFuture<HttpResponse<?>> stream(
      Reading reading,
      String protocol,
      Map<String, String> headers,
      AnswerFormat format,
      Consumer<Boolean> ended) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("Content-Type", "text/event-stream");
    all.put(STREAM_HEADER, reading.stream().getId());
    all.putAll(headers);
    all.putAll(origins.headers(reading.request().getHeaders().get(HttpHeaders.ORIGIN)));
    return connect(
            reading,
            netty ->
                new AnswerTransport(
                    protocol,
                    netty,
                    all,
                    Takeover.readsChunks(reading.request()),
                    format,
                    json,
                    whole -> {
                      ended.accept(whole);
                      left(reading);
                    }))
        .thenCompose(connected -> new CompletableFuture<>());
  }

  /**
   * Opens a connection that reads a stream.
   *
   * @param transport made on the connection's event loop; whoever makes it calls {@link #left} when
   *     its reader is gone
   * @return fails with a {@link RequestException} if nothing of the stream is left
   */
  public CompletableFuture<Void> connect(
      Reading reading, Function<io.netty.channel.Channel, Transport> transport) {
    watching.began(reading.channel());
    return subscriptions
        .connect(
            Takeover.connection(reading.request()),
            Map.of(Selection.of(reading.channel()), new Start.Earliest()),
            reading.identity().narrowedTo(reading.channel()),
            false,
            PresenceWish.NONE,
            transport)
        .thenAccept(
            outcome -> {
              switch (outcome) {
                case NOTHING_LEFT ->
                    throw new RequestException(
                        ErrorCode.NOT_FOUND, "nothing of this answer is left");
                case CONNECTED -> {}
              }
            });
  }

  /** A reader of a stream is gone. */
  public void left(Reading reading) {
    watching.ended(reading.channel());
  }
}
