package io.tailwater.system.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EventStreamParserTest {
  private final List<Block> blocks = new ArrayList<>();
  private final EventStreamParser parser = new EventStreamParser(blocks::add);

  @Test
  void joinsDataLinesAndKeepsTheIdFromBlockToBlock() {
    feed("id: 1\nevent: a\ndata: x\ndata:y\n\ndata: z\n\n");
    assertThat(blocks)
        .containsExactly(
            new Block("a", "x\ny", "1", true, 0), new Block("message", "z", "1", false, 0));
  }

  @Test
  void anEmptyDataLineIsDataAndNoDataLineIsNone() {
    feed("data\n\nid: 5\n\n");
    assertThat(blocks)
        .containsExactly(
            new Block("message", "", "", false, 0), new Block("message", null, "5", true, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r", "\r\n"})
  void takesEveryLineEndAlsoCutBetweenItsBytes(String end) {
    for (char each : ("data: a" + end + end + "data: b" + end + end).toCharArray()) {
      feed(String.valueOf(each));
    }
    assertThat(blocks).extracting(Block::data).containsExactly("a", "b");
  }

  @Test
  void countsCommentsAndTakesOnlyWholeNumbersAsRetry() {
    feed(":\n: still there\nretry: 12x\nretry: 700\n");
    assertThat(parser.comments()).isEqualTo(2);
    assertThat(parser.retryMs()).hasValue(700);
    assertThat(blocks).isEmpty();
  }

  @Test
  void aBlockWithoutItsBlankLineIsNoBlock() {
    feed("data: half\n");
    assertThat(blocks).isEmpty();
  }

  @Test
  void anIdWithNulIsIgnoredAndAnEmptyOneForgets() {
    feed("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid\ndata: c\n\n");
    assertThat(blocks).extracting(Block::lastEventId).containsExactly("1", "1", "");
  }

  @Test
  void skipsOneByteOrderMark() {
    feed("\uFEFFdata: a\n\n");
    assertThat(blocks).extracting(Block::data).containsExactly("a");
  }

  @Test
  void refusesBytesThatAreNoUtf8() {
    byte[] half = {'d', 'a', 't', 'a', ':', (byte) 0xE2, (byte) 0x82, '\n'};
    assertThatThrownBy(() -> parser.feed(half, half.length, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  private void feed(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    parser.feed(bytes, bytes.length, 0);
  }
}
