package io.tailwater.launcher.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SseParserTest {
  private final SseParser parser = new SseParser(null, 1_000);

  @Test
  void readsTypeAndDataAndKeepsTheId() {
    assertThat(read("event: delta", "data: {\"a\":1}", "id: e-7", ""))
        .containsExactly(new SseEvent("delta", "{\"a\":1}"));
    assertThat(parser.lastEventId()).isEqualTo("e-7");
  }

  @Test
  void joinsDataLinesAndStripsOneSpaceOnly() {
    assertThat(read("data:  two spaces", "data", "data:none", ""))
        .containsExactly(new SseEvent("message", " two spaces\n\nnone"));
  }

  @Test
  void aCommentIsNoEventAndDoesNotEndOne() {
    assertThat(read("data: a", ":", "data: b", ""))
        .containsExactly(new SseEvent("message", "a\nb"));
  }

  @Test
  void aBlockWithoutDataMovesThePositionOnly() {
    assertThat(read("id: e-8", "event: x", "")).isEmpty();
    assertThat(parser.lastEventId()).isEqualTo("e-8");
    assertThat(read("data: a", "")).containsExactly(new SseEvent("message", "a"));
  }

  @Test
  void aPositionCountsOnlyWhenItsBlockIsComplete() {
    read("data: a", "id: e-1", "");
    read("data: b", "id: e-2");
    parser.disconnected();
    assertThat(parser.lastEventId()).isEqualTo("e-1");
    assertThat(read("data: c", "")).containsExactly(new SseEvent("message", "c"));
    assertThat(parser.lastEventId()).isEqualTo("e-1");
  }

  @Test
  void honoursRetryIfItIsANumber() {
    read("retry: 250", "retry: soon");
    assertThat(parser.retryMs()).isEqualTo(250);
  }

  private List<SseEvent> read(String... lines) {
    var events = new ArrayList<SseEvent>();
    for (String line : lines) {
      SseEvent event = parser.line(line);
      if (event != null) {
        events.add(event);
      }
    }
    return events;
  }
}
