package io.tailwater.backend.chat;

import io.tailwater.backend.method.Call;
import io.tailwater.backend.method.CallFailure;
import io.tailwater.client.ChannelLog;
import io.tailwater.client.Publisher;
import io.tailwater.client.Verdict;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.backend.v1.ImportedMessage;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.StateRequest;
import java.util.concurrent.CompletableFuture;

/** Publishes and reads for callers, with their rights and in their names. Any thread. */
public final class RoomLog {
  private final Publisher publisher;
  private final ChannelLog log;
  private final Rules rules;

  public RoomLog(Publisher publisher, ChannelLog log, Rules rules) {
    this.publisher = publisher;
    this.log = log;
    this.rules = rules;
  }

  /**
   * Publishes, after all that the same thread published before. The call's key makes it idempotent.
   *
   * @param request what is particular to the event
   * @return the verdict of the fold; fails with a {@code RequestException}
   * @throws CallFailure {@code forbidden}
   */
  CompletableFuture<Verdict.Stored> publish(
      Call call, Channel channel, PublishRequest.Builder request) {
    Rights.requirePublish(call.caller(), channel, rules.of(channel.namespace()));
    return publisher
        .publish(
            request
                .setChannel(channel.toString())
                .setBy(call.caller().getSubject())
                .setKey(call.key())
                .setTraceparent(call.traceparent())
                .build())
        .thenApply(Verdict::stored);
  }

  /**
   * Publishes a message in the name of whoever has written it, after all that the same thread
   * published before. Whoever may import is trusted.
   *
   * @return the verdict of the fold; fails with a {@code RequestException}
   * @throws CallFailure if the message is wrong
   */
  public CompletableFuture<Verdict.Stored> importMessage(ImportedMessage message) {
    Channel room = Channel.parse(message.getRoom());
    Rights.requireOpen(rules.of(room.namespace()));
    return publisher
        .publish(
            MessageContent.imported(message)
                .setChannel(room.toString())
                .setBy(message.getBy())
                .setKey(message.getKey())
                .build())
        .thenApply(Verdict::stored);
  }

  /**
   * Reads an event of a channel.
   *
   * @return the event; fails with {@code not_found} if nothing of it is left
   */
  CompletableFuture<Event> event(Channel channel, Position id) {
    rules.of(channel.namespace());
    ReadRequest request =
        ReadRequest.newBuilder()
            .setChannel(channel.toString())
            .setAfter(
                io.tailwater.contract.v1.Position.newBuilder()
                    .setEpoch(id.epoch().text())
                    .setOffset(id.offset() - 1))
            .setLimit(1)
            .setAtLeast(id.offset())
            .setAtLeastEpoch(id.epoch().text())
            .build();
    return log.read(request)
        .thenApply(
            page -> {
              boolean found =
                  page.getEpoch().equals(id.epoch().text())
                      && page.getEventsCount() == 1
                      && page.getEvents(0).getOffset() == id.offset();
              if (!found) {
                throw CallFailure.of(
                    ErrorCode.NOT_FOUND, "there is no event " + id + " in " + channel);
              }
              return page.getEvents(0);
            });
  }

  /**
   * Reads an entry of a channel's state.
   *
   * @return a page without or with this entry; fails with a {@code RequestException}
   * @throws CallFailure {@code forbidden}, {@code invalid_request}
   */
  CompletableFuture<StatePage> entry(Call call, Channel channel, String entry) {
    Namespace namespace = rules.of(channel.namespace());
    Rights.requireSubscribe(call.caller(), channel, namespace);
    if (namespace.getState() != StateKind.STATE_MAP) {
      throw CallFailure.of(
          ErrorCode.INVALID_REQUEST,
          "the channels of " + namespace.getName() + " keep no state: see state: map");
    }
    return log.state(
        StateRequest.newBuilder().setChannel(channel.toString()).setEntry(entry).build());
  }
}
