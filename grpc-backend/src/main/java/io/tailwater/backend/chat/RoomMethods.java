package io.tailwater.backend.chat;

import com.google.protobuf.ByteString;
import io.tailwater.backend.method.Arguments;
import io.tailwater.backend.method.Call;
import io.tailwater.client.Verdict;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.WrittenJson;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.StateEntry;
import io.tailwater.contract.v1.StatePage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * {@code room.info} and {@code room.set}: a room is an entry of its channel's state. Any thread.
 */
final class RoomMethods {
  private static final String ROOM = "room";
  private static final String TITLE = "title";
  private static final String TOPIC = "topic";
  private static final String VERSION = "version";
  private static final String IF = "if";
  private static final String ABSENT = "absent";
  private static final int MAX_TITLE = 200;
  private static final int MAX_TOPIC = 2_000;
  private static final int MAX_VERSION = 100;
  private static final int MAX_ATTEMPTS = 5;
  private static final String NULL = "null";

  /** The entry, and the type of the events that write it. */
  private static final String ENTRY = "room";

  private final RoomLog log;

  RoomMethods(RoomLog log) {
    this.log = log;
  }

  /** Immutable: what is known of a room, as JSON values; of which version. */
  private record Room(Map<String, String> fields, @Nullable String version) {
    static Room of(StatePage page) {
      if (page.getEntriesCount() == 0) {
        return new Room(Map.of(), null);
      }
      StateEntry entry = page.getEntries(0);
      Map<String, String> fields = new LinkedHashMap<>();
      try {
        WrittenJson.fields(entry.getData().toByteArray())
            .forEach((name, value) -> fields.put(name, new String(value, StandardCharsets.UTF_8)));
      } catch (IOException e) {
        // Written by others: nothing that a room has.
      }
      return new Room(
          fields, new Position(new Epoch(page.getEpoch()), entry.getVersion()).toString());
    }

    String value(String name) {
      return fields.getOrDefault(name, NULL);
    }
  }

  /** Returns what is known of a room. */
  CompletableFuture<String> info(Call call) {
    Arguments given = call.arguments().only(ROOM);
    Channel room = given.parsed(ROOM, MessageMethods.MAX_ROOM, Channel::parse);
    given.check();
    Channel channel = Objects.requireNonNull(room);
    return log.entry(call, channel, ENTRY)
        .thenApply(
            page -> {
              Room found = Room.of(page);
              return ResultJson.object(
                  json -> {
                    json.writeStringField(ROOM, channel.toString());
                    json.writeFieldName(TITLE);
                    json.writeRawValue(found.value(TITLE));
                    json.writeFieldName(TOPIC);
                    json.writeRawValue(found.value(TOPIC));
                    json.writeStringField(VERSION, found.version());
                  });
            });
  }

  /** Changes the title, the topic or both. */
  CompletableFuture<String> set(Call call) {
    Arguments given = call.arguments().only(ROOM, TITLE, TOPIC, IF);
    Channel room = given.parsed(ROOM, MessageMethods.MAX_ROOM, Channel::parse);
    Map<String, String> changes = new LinkedHashMap<>();
    change(given, TITLE, MAX_TITLE, changes);
    change(given, TOPIC, MAX_TOPIC, changes);
    given.require(!changes.isEmpty(), TITLE, "or topic is needed");
    String expected = given.textOrEmpty(IF, MAX_VERSION);
    given.check();
    return set(call, Objects.requireNonNull(room), changes, expected, 1)
        .thenApply(version -> ResultJson.object(json -> json.writeStringField(VERSION, version)));
  }

  private static void change(Arguments given, String name, int max, Map<String, String> changes) {
    if (given.has(name)) {
      given.text(name, 0, max);
      changes.put(
          name, new String(Objects.requireNonNull(given.written(name)), StandardCharsets.UTF_8));
    }
  }

  /** What another caller has changed meanwhile is read again, unless this one expects a version. */
  private CompletableFuture<String> set(
      Call call, Channel room, Map<String, String> changes, String expected, int attempt) {
    return log.entry(call, room, ENTRY)
        .thenCompose(
            page -> {
              Room before = Room.of(page);
              String version = before.version() == null ? ABSENT : before.version();
              return write(
                  call, room, merged(before, changes), expected.isEmpty() ? version : expected);
            })
        .thenApply(stored -> Objects.requireNonNull(stored.written()).version().toString())
        .exceptionallyCompose(
            failure ->
                expected.isEmpty() && attempt < MAX_ATTEMPTS && isConflict(failure)
                    ? set(call, room, changes, expected, attempt + 1)
                    : CompletableFuture.failedFuture(failure));
  }

  private CompletableFuture<Verdict.Stored> write(
      Call call, Channel room, Map<String, String> fields, String expected) {
    String data =
        ResultJson.object(
            json -> {
              for (Map.Entry<String, String> field : fields.entrySet()) {
                json.writeFieldName(field.getKey());
                json.writeRawValue(field.getValue());
              }
            });
    return log.publish(
        call,
        room,
        PublishRequest.newBuilder()
            .setType(ENTRY)
            .setEntry(ENTRY)
            .setOp(EntryOp.PUT)
            .setIf(expected)
            .setData(ByteString.copyFromUtf8(data)));
  }

  private static Map<String, String> merged(Room before, Map<String, String> changes) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String name : new String[] {TITLE, TOPIC}) {
      fields.put(name, changes.getOrDefault(name, before.value(name)));
    }
    return fields;
  }

  private static boolean isConflict(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof RequestException refusal && refusal.code() == ErrorCode.CONFLICT;
  }
}
