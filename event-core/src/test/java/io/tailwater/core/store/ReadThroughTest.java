package io.tailwater.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.core.state.Entry;
import io.tailwater.core.state.Value;
import org.junit.jupiter.api.Test;

final class ReadThroughTest {
  private final ReadThrough read = new ReadThrough(7, Position.parse("k3Zq-17"));

  @Test
  void aReadPositionMovesForwardOnly() {
    assertThat(read.isBefore(Position.parse("k3Zq-18"))).isTrue();
    assertThat(read.isBefore(Position.parse("k3Zq-17"))).isFalse();
    assertThat(read.isBefore(Position.parse("k3Zq-16"))).isFalse();
    assertThat(read.isBefore(Position.parse("k3Zq--1"))).isFalse();
  }

  @Test
  void aPositionOfALaterTopicReplacesThatOfAnEarlierOne() {
    assertThat(read.isBefore(Position.parse("zzzz-3"))).isTrue();
  }

  @Test
  void itIsReadAsItWasWritten() {
    Event by = Event.newBuilder().setOffset(7).setBy("alice").setTsMs(1790000000000L).build();
    assertThat(ReadThrough.decode(read.encode(by))).isEqualTo(read);
  }

  @Test
  void anEntryThatIsNoPositionIsNone() {
    Value value = new Value.Register(DataKind.JSON, ByteString.copyFromUtf8("[1]"));
    assertThat(ReadThrough.decode(new Entry(value, 1, 0, "", "", 0).encode())).isNull();
  }
}
