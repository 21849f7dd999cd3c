package io.tailwater.system.socketio;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Publish;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.KafkaTopics;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Names of events that only Socket.IO clients see, whichever way they are published. */
@OnPlatforms
final class SocketIoNamesIT {
  private static final String KEY = "socketio names published";
  private static final String CHANNEL = Namespaces.CHAT + ":" + KEY;
  private static final String NAME = "chat message";

  private final InProcessPlatform platform;

  SocketIoNamesIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void anEventHasItsNameHoweverItIsPublished() throws Exception {
    try (KafkaTopics topics = new KafkaTopics(platform.bootstrapServers());
        KafkaProducer<byte[], byte[]> producer = topics.producer(Map.of())) {
      write(producer, "{\"by\":\"Kafka\"}", Map.of("tw-event", NAME, "tw-type", "note"));
      write(producer, "\"the gateway's own name\"", Map.of("tw-event", "tw.live"));
      write(
          producer,
          "\"a name that is too long counts for nothing\"",
          Map.of("tw-event", "x".repeat(256)));
    }
    publishBinaryFrame(platform.gateways().getLast());
    SocketIoProgram.run(
        "socketio-names",
        Map.of(
            "SOCKETIO_GATEWAYS",
            platform.gateways().stream().map(URI::toString).collect(Collectors.joining(",")),
            "SOCKETIO_PUBLISHED",
            CHANNEL));
  }

  private static void write(
      KafkaProducer<byte[], byte[]> producer, String value, Map<String, String> headers)
      throws Exception {
    ProducerRecord<byte[], byte[]> record = KafkaTopics.record(Namespaces.CHAT, KEY, value);
    headers.forEach(
        (name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    producer.send(record).get();
  }

  private static void publishBinaryFrame(URI gateway) throws InvalidProtocolBufferException {
    String token = Tokens.token("frames", List.of(), List.of("chat:*"));
    try (WsPeer peer =
        WsPeer.connect(
            gateway,
            "Authorization: Bearer " + token,
            "Sec-WebSocket-Protocol: tailwater.v1.protobuf")) {
      peer.send(
          WsPeer.FINAL | WsPeer.BINARY,
          ClientFrame.newBuilder()
              .setId(1)
              .setPublish(
                  Publish.newBuilder()
                      .setChannel(CHANNEL)
                      .setEvent(NAME)
                      .setData(ByteString.copyFromUtf8("{\"by\":\"protobuf\"}")))
              .build()
              .toByteArray());
      ServerFrame frame = ServerFrame.parseFrom(peer.next().payload());
      while (!frame.hasPublished()) {
        assertThat(frame.hasError()).as(frame.toString()).isFalse();
        frame = ServerFrame.parseFrom(peer.next().payload());
      }
    }
  }
}
