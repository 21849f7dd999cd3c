package io.tailwater.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AcksTest {
  @Test
  void positionsAreReadAsTheyWereWritten() {
    Map<Channel, Position> moved = new LinkedHashMap<>();
    moved.put(new Channel("chat", "a\"b"), Position.parse("k3Zq-17"));
    moved.put(new Channel("demo", "ü"), Position.parse("Q9aZ--1"));
    ByteString data = Acks.encode(moved);
    assertThat(data.toStringUtf8())
        .isEqualTo("{\"chat:a\\\"b\":\"k3Zq-17\",\"demo:ü\":\"Q9aZ--1\"}");
    assertThat(Acks.decode(data))
        .containsExactly(
            Map.entry("chat:a\"b", Position.parse("k3Zq-17")),
            Map.entry("demo:ü", Position.parse("Q9aZ--1")));
  }

  @Test
  void whatThePlatformWouldNotWriteIsLeftOut() {
    String data =
        "{\"chat:a\":\"k3Zq-1\",\"nothing\":\"k3Zq-1\",\"chat:b\":\"17\",\"chat:c\":[1,{\"chat:d\":\"k3Zq-1\"}],\"chat:e\":\"k3Zq-2\"}";
    assertThat(Acks.decode(ByteString.copyFromUtf8(data))).containsOnlyKeys("chat:a", "chat:e");
    assertThat(Acks.decode(ByteString.copyFromUtf8("[\"chat:a\"]"))).isEmpty();
    assertThat(Acks.decode(ByteString.copyFromUtf8("{\"chat:a\":\"k3Zq-1\",")))
        .containsOnlyKeys("chat:a");
  }

  @Test
  void aSubjectThatIsNoKeyHasNoReadPositions() {
    assertThat(Acks.channel("alice")).isEqualTo(new Channel("acks", "alice"));
    assertThatThrownBy(() -> Acks.channel("ü".repeat(200)))
        .isInstanceOf(RequestException.class)
        .hasMessageContaining("255 bytes");
  }
}
