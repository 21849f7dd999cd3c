package io.tailwater.javaclient.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class SseParserTest {
  private static final String STREAM =
      ": hello\r\nretry: 1375\nid: k3Zq-1\nevent: tw.open\ndata: {\"ü\":\"😀\"}\n\n"
          + ":\n"
          + "data:two\ndata\ndata: lines\nid:\n\n"
          + "event: nothing\n\n"
          + "unknown: x\rdata: r\r\r\n\r\ndata: last\nid: k3Zq-2\r\n\r\ndata: cut";
  private static final List<SseParser.Block> BLOCKS =
      List.of(
          new SseParser.Block("tw.open", "{\"ü\":\"😀\"}", "k3Zq-1"),
          new SseParser.Block("", "two\n\nlines", ""),
          new SseParser.Block("", "r", null),
          new SseParser.Block("", "last", "k3Zq-2"));

  private final List<SseParser.Block> blocks = new ArrayList<>();
  private final SseParser parser = new SseParser(blocks::add);

  @Property
  void itReadsTheSameHoweverTheBytesAreCut(
      @ForAll @Size(max = 20) List<@IntRange(max = 150) Integer> cuts) {
    List<SseParser.Block> read = new ArrayList<>();
    SseParser cut = new SseParser(read::add);
    byte[] bytes = STREAM.getBytes(StandardCharsets.UTF_8);
    int from = 0;
    for (int at : cuts.stream().sorted().toList()) {
      int to = Math.max(from, Math.min(at, bytes.length));
      cut.feed(ByteBuffer.wrap(bytes, from, to - from));
      from = to;
    }
    cut.feed(ByteBuffer.wrap(bytes, from, bytes.length - from));
    assertThat(read).isEqualTo(BLOCKS);
    assertThat(cut.retryMs()).isEqualTo(1375);
  }

  @Test
  void aRetryThatIsNoNumberIsIgnored() {
    parser.feed(
        ByteBuffer.wrap(
            "retry: 1e3\nretry: 99999999999\ndata: x\n\n".getBytes(StandardCharsets.UTF_8)));
    assertThat(parser.retryMs()).isZero();
    assertThat(blocks).hasSize(1);
  }
}
