package io.tailwater.system.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.v1.Authed;
import io.tailwater.contract.v1.ChannelReset;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Disconnect;
import io.tailwater.contract.v1.End;
import io.tailwater.contract.v1.Error;
import io.tailwater.contract.v1.Events;
import io.tailwater.contract.v1.Expiring;
import io.tailwater.contract.v1.Live;
import io.tailwater.contract.v1.PartitionReset;
import io.tailwater.contract.v1.Pong;
import io.tailwater.contract.v1.Published;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Subscribed;
import io.tailwater.contract.v1.Unsubscribed;
import io.tailwater.contract.v1.Welcome;
import io.tailwater.system.Json;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The two ways to write the same frames. */
enum WsFormat {
  JSON("tailwater.v1.json") {
    @Override
    WsConnection.Message encode(ClientFrame frame) {
      return new WsConnection.Message(
          WsConnection.TEXT,
          Json.write(Map.of("id", frame.getId(), kind(frame), content(frame)))
              .getBytes(StandardCharsets.UTF_8));
    }

    @Override
    ServerFrame decode(WsConnection.Message message) {
      require(message, WsConnection.TEXT);
      return frame(Json.tree(message.text()));
    }
  },

  PROTOBUF("tailwater.v1.protobuf") {
    @Override
    WsConnection.Message encode(ClientFrame frame) {
      return new WsConnection.Message(WsConnection.BINARY, frame.toByteArray());
    }

    @Override
    ServerFrame decode(WsConnection.Message message) {
      require(message, WsConnection.BINARY);
      try {
        ServerFrame frame = ServerFrame.parseFrom(message.payload());
        if (!frame.getUnknownFields().asMap().isEmpty()) {
          throw new IllegalStateException("the contract has no such field: " + frame);
        }
        return frame;
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("no ServerFrame", e);
      }
    }
  };

  private final String subprotocol;

  WsFormat(String subprotocol) {
    this.subprotocol = subprotocol;
  }

  String subprotocol() {
    return subprotocol;
  }

  abstract WsConnection.Message encode(ClientFrame frame);

  /**
   * @throws IllegalStateException if it is no frame of the contract
   */
  abstract ServerFrame decode(WsConnection.Message message);

  private static void require(WsConnection.Message message, int opcode) {
    if (message.opcode() != opcode) {
      throw new IllegalStateException("a message of opcode " + message.opcode());
    }
  }

  private static String kind(ClientFrame frame) {
    return frame.getFrameCase().name().toLowerCase(Locale.ROOT);
  }

  private static Object content(ClientFrame frame) {
    Map<String, Object> content = new LinkedHashMap<>();
    switch (frame.getFrameCase()) {
      case AUTH -> content.put("token", frame.getAuth().getToken());
      case SUBSCRIBE -> {
        content.put("channel", frame.getSubscribe().getChannel());
        putUnlessEmpty(content, "after", frame.getSubscribe().getAfter());
        putUnlessEmpty(content, "from", frame.getSubscribe().getFrom());
      }
      case UNSUBSCRIBE -> content.put("channel", frame.getUnsubscribe().getChannel());
      case PING -> {
        // It has nothing to say.
      }
      case PUBLISH, CALL, FRAME_NOT_SET ->
          throw new IllegalArgumentException("readers don't say that: " + frame);
    }
    return content;
  }

  private static void putUnlessEmpty(Map<String, Object> content, String name, String value) {
    if (!value.isEmpty()) {
      content.put(name, value);
    }
  }

  private static ServerFrame frame(JsonNode json) {
    ServerFrame.Builder frame = ServerFrame.newBuilder().setId(json.path("id").asLong());
    Set<String> names = new HashSet<>();
    json.fieldNames().forEachRemaining(names::add);
    names.remove("id");
    if (names.contains("events")) {
      names.removeAll(Set.of("pattern", "position"));
    }
    if (names.size() != 1) {
      throw new IllegalStateException("not one frame: " + json);
    }
    String name = names.iterator().next();
    JsonNode is = json.path(name);
    return switch (name) {
      case "welcome" -> frame.setWelcome(welcome(is)).build();
      case "authed" -> frame.setAuthed(authed(is)).build();
      case "subscribed" -> frame.setSubscribed(subscribed(is)).build();
      case "unsubscribed" -> {
        Json.requireOnly(is, Set.of());
        yield frame.setUnsubscribed(Unsubscribed.getDefaultInstance()).build();
      }
      case "pong" -> {
        Json.requireOnly(is, Set.of("server_time_ms"));
        yield frame
            .setPong(Pong.newBuilder().setServerTimeMs(is.path("server_time_ms").asLong()))
            .build();
      }
      case "published" -> {
        Json.requireOnly(is, Set.of("id", "duplicate"));
        yield frame
            .setPublished(
                Published.newBuilder()
                    .setId(Json.text(is, "id"))
                    .setDuplicate(is.path("duplicate").asBoolean()))
            .build();
      }
      case "error" -> frame.setError(error(is)).build();
      case "events" -> {
        Events.Builder events =
            Events.newBuilder()
                .setPattern(Json.textOrEmpty(json, "pattern"))
                .setPosition(Json.textOrEmpty(json, "position"));
        is.forEach(event -> events.addEvents(EventJson.read(event)));
        yield frame.setEvents(events).build();
      }
      case "live" -> {
        Json.requireOnly(is, Set.of("channel", "position"));
        yield frame
            .setLive(
                Live.newBuilder()
                    .setChannel(Json.text(is, "channel"))
                    .setPosition(Json.textOrEmpty(is, "position")))
            .build();
      }
      case "reset" -> frame.setReset(reset(is)).build();
      case "end" -> {
        Json.requireOnly(is, Set.of("channel"));
        yield frame.setEnd(End.newBuilder().setChannel(Json.text(is, "channel"))).build();
      }
      case "expiring" -> {
        Json.requireOnly(is, Set.of("in_ms"));
        yield frame.setExpiring(Expiring.newBuilder().setInMs(is.path("in_ms").asLong())).build();
      }
      case "disconnect" -> frame.setDisconnect(disconnect(is)).build();
      default -> throw new IllegalStateException("a frame that nobody knows: " + json);
    };
  }

  private static Welcome welcome(JsonNode is) {
    Json.requireOnly(
        is, Set.of("connection", "session", "server_time_ms", "ping_ms", "limits", "gateway"));
    return Welcome.newBuilder()
        .setConnection(Json.text(is, "connection"))
        .setSession(Json.textOrEmpty(is, "session"))
        .setServerTimeMs(is.path("server_time_ms").asLong())
        .setPingMs(is.path("ping_ms").asLong())
        .setGateway(Json.textOrEmpty(is, "gateway"))
        .setLimits(
            Welcome.Limits.newBuilder()
                .setFrame(is.path("limits").path("frame").asInt())
                .setChannels(is.path("limits").path("channels").asInt()))
        .build();
  }

  private static Authed authed(JsonNode is) {
    Json.requireOnly(is, Set.of("subject", "expires_at_ms", "session", "restored"));
    Authed.Builder authed =
        Authed.newBuilder()
            .setSubject(Json.text(is, "subject"))
            .setExpiresAtMs(is.path("expires_at_ms").asLong())
            .setSession(Json.textOrEmpty(is, "session"));
    if (is.has("restored")) {
      authed.setRestored(is.path("restored").asBoolean());
    }
    return authed.build();
  }

  private static Subscribed subscribed(JsonNode is) {
    Json.requireOnly(is, Set.of("channel", "position"));
    return Subscribed.newBuilder()
        .setChannel(Json.text(is, "channel"))
        .setPosition(Json.text(is, "position"))
        .build();
  }

  private static Error error(JsonNode is) {
    Json.requireOnly(is, Set.of("code", "message", "retry"));
    return Error.newBuilder()
        .setCode(Json.text(is, "code"))
        .setMessage(Json.text(is, "message"))
        .setRetry(is.path("retry").asBoolean())
        .build();
  }

  private static ChannelReset reset(JsonNode is) {
    Json.requireOnly(is, Set.of("channel", "reason", "earliest", "position", "partitions"));
    ChannelReset.Builder reset =
        ChannelReset.newBuilder()
            .setChannel(Json.text(is, "channel"))
            .setReason(Json.text(is, "reason"))
            .setEarliest(Json.textOrEmpty(is, "earliest"))
            .setPosition(Json.text(is, "position"));
    is.path("partitions")
        .forEach(
            one ->
                reset.addPartitions(
                    PartitionReset.newBuilder()
                        .setPartition(one.path("partition").asInt())
                        .setEarliest(Json.text(one, "earliest"))));
    return reset.build();
  }

  private static Disconnect disconnect(JsonNode is) {
    Json.requireOnly(is, Set.of("code", "reason", "retry_ms"));
    return Disconnect.newBuilder()
        .setCode(is.path("code").asInt())
        .setReason(Json.text(is, "reason"))
        .setRetryMs(is.path("retry_ms").asLong())
        .build();
  }
}
