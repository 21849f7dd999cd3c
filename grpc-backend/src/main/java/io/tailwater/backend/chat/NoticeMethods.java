package io.tailwater.backend.chat;

import com.google.protobuf.ByteString;
import io.tailwater.backend.method.Arguments;
import io.tailwater.backend.method.Call;
import io.tailwater.contract.Channel;
import io.tailwater.contract.EventType;
import io.tailwater.contract.v1.PublishRequest;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** {@code user.send} and {@code announce}: events for one subject, and for everyone. Any thread. */
final class NoticeMethods {
  private static final String SUBJECT = "subject";
  private static final String TYPE = "type";
  private static final String DATA = "data";
  private static final int MAX_SUBJECT = 255;
  private static final int MAX_TYPE = 64;

  private static final String USERS = "user";
  private static final Channel EVERYONE = new Channel("all", "announcements");

  private final RoomLog log;

  NoticeMethods(RoomLog log) {
    this.log = log;
  }

  /** Publishes to the channel of a subject. */
  CompletableFuture<String> send(Call call) {
    Arguments given = call.arguments().only(SUBJECT, TYPE, DATA);
    Channel channel = given.parsed(SUBJECT, MAX_SUBJECT, subject -> new Channel(USERS, subject));
    PublishRequest.Builder notice = notice(given);
    given.check();
    return publish(call, Objects.requireNonNull(channel), notice);
  }

  /** Publishes to everyone. */
  CompletableFuture<String> announce(Call call) {
    Arguments given = call.arguments().only(TYPE, DATA);
    PublishRequest.Builder notice = notice(given);
    given.check();
    return publish(call, EVERYONE, notice);
  }

  private static PublishRequest.Builder notice(Arguments given) {
    byte[] data = given.written(DATA);
    given.require(data != null, DATA, "is missing");
    String type =
        given.has(TYPE)
            ? Objects.requireNonNullElse(
                given.parsed(TYPE, MAX_TYPE, EventType::publishable), EventType.DEFAULT)
            : EventType.DEFAULT;
    return PublishRequest.newBuilder()
        .setType(type)
        .setData(data == null ? ByteString.EMPTY : ByteString.copyFrom(data));
  }

  private CompletableFuture<String> publish(
      Call call, Channel channel, PublishRequest.Builder notice) {
    return log.publish(call, channel, notice)
        .thenApply(stored -> ResultJson.id(stored.id().toString()));
  }
}
