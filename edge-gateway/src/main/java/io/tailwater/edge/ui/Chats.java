package io.tailwater.edge.ui;

import com.google.protobuf.ByteString;
import io.micronaut.core.type.Argument;
import io.micronaut.json.tree.JsonNode;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.client.ChannelLog;
import io.tailwater.client.Verdict;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.edge.ai.StreamRights;
import io.tailwater.edge.connection.EventJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Remembers which stream is the newest answer of a chat. Each chat is a channel beside those of the
 * streams, so it is found again after restarts of everything. Any thread.
 */
final class Chats {
  private static final String PREFIX = "chat-";
  private static final String TYPE = "answer";
  private static final String PUBLISHER = "tailwater-ui";

  private final ChannelLog log;
  private final Function<PublishRequest, CompletableFuture<Verdict>> publisher;
  private final ObjectMapper json;

  Chats(
      ChannelLog log,
      Function<PublishRequest, CompletableFuture<Verdict>> publisher,
      ObjectMapper json) {
    this.log = log;
    this.publisher = publisher;
    this.json = json;
  }

  /**
   * An answer in a chat.
   *
   * @param stream its id
   * @param messageId of the message that it becomes
   * @param request names the request that began it
   * @param atMs when, milliseconds since the epoch
   * @param offset of this entry in the chat
   */
  record Answer(String stream, String messageId, String request, long atMs, long offset) {}

  /**
   * The newest answer of a chat; null if it has none.
   *
   * @param chat its unguessable name
   */
  CompletableFuture<@Nullable Answer> newest(String chat) {
    return log.read(
            ReadRequest.newBuilder()
                .setChannel(channel(chat).toString())
                .setLast(1)
                .setLimit(1)
                .build())
        .thenApply(page -> page.getEventsCount() == 0 ? null : answer(page.getEvents(0)));
  }

  /**
   * Makes an answer the newest one of a chat.
   *
   * @return fails with a {@link RequestException} if it is not in the log
   */
  CompletableFuture<Void> add(String chat, String stream, String messageId, String request) {
    String data =
        "{\"stream\":"
            + EventJson.quoted(stream)
            + ",\"message\":"
            + EventJson.quoted(messageId)
            + ",\"request\":"
            + EventJson.quoted(request)
            + "}";
    return publisher
        .apply(
            PublishRequest.newBuilder()
                .setChannel(channel(chat).toString())
                .setType(TYPE)
                .setBy(PUBLISHER)
                .setKey(stream)
                .setContentType("application/json")
                .setData(ByteString.copyFrom(data, StandardCharsets.UTF_8))
                .build())
        .thenAccept(
            verdict -> {
              if (!(verdict instanceof Verdict.Stored)) {
                throw new RequestException(
                    ErrorCode.UNAVAILABLE, "the chat cannot be written now; try again");
              }
            });
  }

  private static Channel channel(String chat) {
    return new Channel(StreamRights.NAMESPACE, PREFIX + chat);
  }

  private @Nullable Answer answer(Event event) {
    try {
      JsonNode data = json.readValue(event.getData().toByteArray(), Argument.of(JsonNode.class));
      return data == null || !data.isObject()
          ? null
          : new Answer(
              text(data.get("stream")),
              text(data.get("message")),
              text(data.get("request")),
              event.getTsMs(),
              event.getOffset());
    } catch (IOException notOurs) {
      return null;
    }
  }

  private static String text(@Nullable JsonNode node) {
    return node != null && node.isString() ? node.getStringValue() : "";
  }
}
