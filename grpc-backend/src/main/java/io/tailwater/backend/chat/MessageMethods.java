package io.tailwater.backend.chat;

import com.google.protobuf.ByteString;
import io.tailwater.backend.method.Arguments;
import io.tailwater.backend.method.Call;
import io.tailwater.backend.method.CallFailure;
import io.tailwater.client.Verdict;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventType;
import io.tailwater.contract.Position;
import io.tailwater.contract.Redaction;
import io.tailwater.contract.backend.v1.Caller;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.PublishRequest;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code chat.send}, {@code chat.edit} and {@code chat.redact}. Any thread. */
final class MessageMethods {
  private static final String ROOM = "room";
  private static final String TEXT = "text";
  private static final String ID = "id";
  private static final String EDIT = "edit";
  private static final int MAX_ID = 100;
  private static final String DATA = "data_base64";
  private static final String CONTENT_TYPE = "content_type";

  /** The longest name of a channel. */
  static final int MAX_ROOM = 300;

  private static final int MAX_BASE64 = 4 * MessageContent.MAX_BYTES / 3 + 4;
  private static final int MAX_CONTENT_TYPE = 255;
  private static final Pattern TYPE = Pattern.compile("[!-~]+/[!-~]+( *;.*)?");

  private final RoomLog log;

  MessageMethods(RoomLog log) {
    this.log = log;
  }

  /** Publishes a text or a picture. */
  CompletableFuture<String> send(Call call) {
    Arguments given = call.arguments().only(ROOM, TEXT, DATA, CONTENT_TYPE);
    Channel room = given.parsed(ROOM, MAX_ROOM, Channel::parse);
    PublishRequest.Builder message = given.has(DATA) ? bytes(given) : text(given);
    given.check();
    return log.publish(call, Objects.requireNonNull(room), message).thenApply(MessageMethods::sent);
  }

  /** Publishes another text for a message. */
  CompletableFuture<String> edit(Call call) {
    Arguments given = call.arguments().only(ROOM, ID, TEXT);
    Channel room = given.parsed(ROOM, MAX_ROOM, Channel::parse);
    Position id = given.parsed(ID, MAX_ID, Position::parse);
    String text = given.text(TEXT, 1, MessageContent.MAX_TEXT);
    given.check();
    return change(
        call,
        Objects.requireNonNull(room),
        Objects.requireNonNull(id),
        message -> {
          if (message.getRedacted()) {
            throw CallFailure.of(ErrorCode.NOT_FOUND, "the content of this message was removed");
          }
          return PublishRequest.newBuilder().setType(EDIT).setData(MessageContent.ofText(text));
        });
  }

  /** Takes the content out of a message, and out of its edits. */
  CompletableFuture<String> redact(Call call) {
    Arguments given = call.arguments().only(ROOM, ID);
    Channel room = given.parsed(ROOM, MAX_ROOM, Channel::parse);
    Position id = given.parsed(ID, MAX_ID, Position::parse);
    given.check();
    return change(
        call,
        Objects.requireNonNull(room),
        Objects.requireNonNull(id),
        message ->
            PublishRequest.newBuilder()
                .setType(Redaction.TYPE)
                .setData(ByteString.copyFromUtf8("{}")));
  }

  private CompletableFuture<String> change(
      Call call, Channel room, Position id, Function<Event, PublishRequest.Builder> change) {
    return log.event(room, id)
        .thenCompose(
            message -> {
              requireOwn(call.caller(), message);
              return log.publish(call, room, change.apply(message).setOf(id.toString()));
            })
        .thenApply(stored -> ResultJson.id(stored.id().toString()));
  }

  private static void requireOwn(Caller caller, Event message) {
    if (!message.getType().equals(EventType.DEFAULT) || !message.getEntry().isEmpty()) {
      throw CallFailure.of(ErrorCode.INVALID_REQUEST, "this event is not a message");
    }
    if (!message.getBy().equals(caller.getSubject()) && !Rights.mayModerate(caller)) {
      throw CallFailure.of(
          ErrorCode.FORBIDDEN, "this message is by another: that needs the right room.moderate");
    }
  }

  private static PublishRequest.Builder text(Arguments given) {
    String text = given.text(TEXT, 1, MessageContent.MAX_TEXT);
    given.require(!given.has(CONTENT_TYPE), CONTENT_TYPE, "goes with " + DATA + " only");
    return PublishRequest.newBuilder().setData(MessageContent.ofText(text));
  }

  private static PublishRequest.Builder bytes(Arguments given) {
    given.require(!given.has(TEXT), TEXT, "and " + DATA + " exclude each other");
    String type = given.text(CONTENT_TYPE, 1, MAX_CONTENT_TYPE);
    given.require(
        type.isEmpty() || TYPE.matcher(type).matches(),
        CONTENT_TYPE,
        "is not a media type, such as image/png");
    byte[] data = decoded(given.text(DATA, 1, MAX_BASE64));
    given.require(data != null, DATA, "is not base64");
    given.require(
        data == null || data.length <= MessageContent.MAX_BYTES,
        DATA,
        "has more than " + MessageContent.MAX_BYTES + " bytes");
    return PublishRequest.newBuilder()
        .setKind(DataKind.BYTES)
        .setContentType(type)
        .setData(ByteString.copyFrom(data == null ? new byte[0] : data));
  }

  private static byte @Nullable [] decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static String sent(Verdict.Stored stored) {
    return ResultJson.object(
        json -> {
          json.writeStringField("id", stored.id().toString());
          json.writeBooleanField("duplicate", stored.duplicate());
        });
  }
}
