package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A channel, or a pattern such as {@code orders:*}, as a client uses it. Safe for any thread. */
public final class Channel {
  private static final int MAX_HISTORY = 1_000;

  private final Core core;
  private final String name;

  Channel(Core core, String name) {
    this.core = core;
    this.name = name;
  }

  /**
   * A page of history.
   *
   * @param events oldest first
   * @param previous what to hand to {@link Channel#history(String, int)} for the page before; null
   *     if nothing older is left
   */
  public record Page(List<Event> events, @Nullable String previous) {}

  /**
   * The channel's state.
   *
   * @param position subscribe after it to follow the changes. An event is to be applied to an entry
   *     only if it is later than the entry's version.
   */
  public record Snapshot(String position, List<Entry> entries) {}

  /**
   * An entry of a state.
   *
   * @param version the id of the event that last wrote it
   */
  public record Entry(String name, String version, JsonNode data) {
    private static Entry of(JsonNode entry) {
      return new Entry(
          entry.path("entry").asText(), entry.path("version").asText(), entry.path("data"));
    }
  }

  public String name() {
    return name;
  }

  // ---- Reading

  /** Hands new events to a handler. */
  public Subscription subscribe(Consumer<? super Event> handler) {
    return subscribe(handler, SubscribeOptions.latest());
  }

  /** Hands events to a handler, one after another, on the client's executor. */
  public Subscription subscribe(Consumer<? super Event> handler, SubscribeOptions options) {
    return Subscription.open(core, core.reader(name, options), handler);
  }

  /** Reads events on demand, by a thread that waits for them. */
  public Events events(SubscribeOptions options) {
    return Events.open(core, core.reader(name, options));
  }

  /** The events as a reactive stream, which each subscriber begins as the options say. */
  public Flow.Publisher<Event> publisher(SubscribeOptions options) {
    return new EventPublisher(core, () -> core.reader(name, options));
  }

  /** The newest events, 1 to 1,000, oldest first. */
  public Page history(int limit) {
    return Core.await(historyAsync(limit));
  }

  public CompletableFuture<Page> historyAsync(int limit) {
    return core.ask(
        () -> {
          String query = query(limit);
          return newest(query, query + "&from=last:" + limit, limit, new ArrayList<>());
        });
  }

  private CompletableFuture<Page> newest(String query, String path, int limit, List<Event> found) {
    return core.http()
        .json(Http.Request.get(path))
        .result()
        .thenCompose(
            page -> {
              page.path("events").forEach(event -> found.add(new Event(event)));
              // One answer may be too small for all of them. A closed channel has no more.
              boolean more = !page.isMissingNode() && !page.path("live").asBoolean();
              if (more && found.size() < limit) {
                String next = Http.encoded(page.path("next").asText());
                return newest(query, query + "&after=" + next, limit, found);
              }
              return CompletableFuture.completedFuture(page(found, limit));
            });
  }

  private static Page page(List<Event> found, int limit) {
    List<Event> last = List.copyOf(found.subList(Math.max(0, found.size() - limit), found.size()));
    return new Page(last, last.size() == limit ? last.get(0).id() : null);
  }

  /** The events before an id, 1 to 1,000, oldest first. */
  public Page history(String before, int limit) {
    return Core.await(historyAsync(before, limit));
  }

  public CompletableFuture<Page> historyAsync(String before, int limit) {
    return core.ask(
        () ->
            core.http()
                .json(Http.Request.get(query(limit) + "&before=" + Http.encoded(before)))
                .result()
                .thenApply(
                    page -> {
                      List<Event> events = new ArrayList<>();
                      page.path("events").forEach(event -> events.add(new Event(event)));
                      JsonNode previous = page.get("previous");
                      return new Page(
                          List.copyOf(events), previous == null ? null : previous.asText());
                    }));
  }

  private String query(int limit) {
    if (limit < 1 || limit > MAX_HISTORY) {
      throw TailwaterException.lasting(
          "invalid_request", "limit is 1 to " + MAX_HISTORY + ", not " + limit);
    }
    return "/v1/events?channel=" + Http.encoded(name) + "&limit=" + limit;
  }

  // ---- Writing

  /**
   * Publishes an event of type {@code message}, and waits until it is stored.
   *
   * @param data any JSON value, or what Jackson writes as one, or bytes
   * @throws TailwaterException if it was refused
   */
  public PublishOptions.Published publish(Object data) {
    return publish(data, PublishOptions.usual());
  }

  /** As {@link #publish(Object)}, with options. */
  public PublishOptions.Published publish(Object data, PublishOptions options) {
    return Core.await(publishAsync(data, options));
  }

  /**
   * Publishes an event. The result comes when it is stored, or refused. Until then it waits in the
   * outbox of the client, which is bounded.
   */
  public CompletableFuture<PublishOptions.Published> publishAsync(
      Object data, PublishOptions options) {
    ObjectNode frame = Json.object().put("channel", name);
    try {
      if (data instanceof byte[] bytes) {
        frame.put("data", Base64.getEncoder().encodeToString(bytes)).put("encoding", "base64");
      } else {
        frame.set("data", Json.of(data));
      }
    } catch (TailwaterException e) {
      return CompletableFuture.failedFuture(e);
    }
    if (options.type() != null) {
      frame.put("type", options.type());
    }
    if (options.close()) {
      frame.put("close", true);
    }
    frame.put("key", options.key() == null ? core.loop().uniqueKey() : options.key());
    return core.ask(() -> core.publish(frame));
  }

  // ---- Read positions and state

  /** Moves the read position of the token's subject; the result is how far it is read. */
  public String ack(String position) {
    return Core.await(ackAsync(position));
  }

  public CompletableFuture<String> ackAsync(String position) {
    String body = Json.object().put("position", position).toString();
    return core.ask(
        () ->
            core.http()
                .json(Http.Request.post(path("/v1/acks"), "application/json", body))
                .result()
                .thenApply(acked -> acked.path("position").asText()));
  }

  /** How many events of others the token's subject has not read, at most 1,000. */
  public long unread() {
    return Core.await(unreadAsync());
  }

  public CompletableFuture<Long> unreadAsync() {
    return core.ask(
        () ->
            core.http()
                .json(Http.Request.get(path("/v1/acks")))
                .result()
                .thenApply(
                    acks -> {
                      JsonNode ack = acks.path("acks").path(0);
                      if (ack.has("code")) {
                        throw TailwaterException.lasting(
                            ack.get("code").asText(), "no read position of " + name);
                      }
                      return ack.path("unread").asLong();
                    }));
  }

  /** Reads the channel's state, at most 10,000 entries. */
  public Snapshot state() {
    return Core.await(stateAsync());
  }

  public CompletableFuture<Snapshot> stateAsync() {
    return core.ask(() -> state("", "", new ArrayList<>()));
  }

  private CompletableFuture<Snapshot> state(String after, String position, List<Entry> found) {
    String path = path("/v1/state") + (after.isEmpty() ? "" : "&after=" + Http.encoded(after));
    return core.http()
        .json(Http.Request.get(path))
        .result()
        .thenCompose(
            page -> {
              page.path("entries").forEach(entry -> found.add(Entry.of(entry)));
              // Later pages may hold newer entries; following goes on from the first.
              String first = position.isEmpty() ? page.path("position").asText() : position;
              return page.has("next")
                  ? state(page.get("next").asText(), first, found)
                  : CompletableFuture.completedFuture(new Snapshot(first, List.copyOf(found)));
            });
  }

  private String path(String endpoint) {
    return endpoint + "?channel=" + Http.encoded(name);
  }
}
