package io.tailwater.edge.ui;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.Position;
import io.tailwater.edge.ai.AnswerEvent;
import io.tailwater.edge.ai.AnswerEvent.Delta;
import io.tailwater.edge.ai.AnswerEvent.Failed;
import io.tailwater.edge.ai.AnswerEvent.Finish;
import io.tailwater.edge.ai.AnswerEvent.Queued;
import io.tailwater.edge.ai.AnswerEvent.Start;
import io.tailwater.edge.connection.Disconnect;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The chunks that the events of an answer become. */
final class UiFormatTest {
  private static final Position ANY = Position.parse("k3Zq-1");
  private static final Finish STOP = new Finish("stop", 1, 2);

  @Test
  void textIsOnePart() {
    assertThat(chunks(new Start(), text(0, "A "), text(0, "\"log\"\n"), STOP))
        .containsExactly(
            "{\"type\":\"start\",\"messageId\":\"m\"}",
            "{\"type\":\"start-step\"}",
            "{\"type\":\"text-start\",\"id\":\"0\"}",
            "{\"type\":\"text-delta\",\"id\":\"0\",\"delta\":\"A \"}",
            "{\"type\":\"text-delta\",\"id\":\"0\",\"delta\":\"\\\"log\\\"\\n\"}",
            "{\"type\":\"text-end\",\"id\":\"0\"}",
            "{\"type\":\"finish-step\"}",
            "{\"type\":\"finish\",\"finishReason\":\"stop\"}",
            "[DONE]");
  }

  @Test
  void partsThatAlternateAreBegunAgain() {
    assertThat(chunks(reasoning(0, "hm"), text(1, "a"), reasoning(0, "hm"), text(1, "b"), STOP))
        .contains(
            "{\"type\":\"reasoning-start\",\"id\":\"0\"}",
            "{\"type\":\"reasoning-end\",\"id\":\"0\"}",
            "{\"type\":\"text-start\",\"id\":\"1\"}",
            "{\"type\":\"reasoning-start\",\"id\":\"0.2\"}",
            "{\"type\":\"text-end\",\"id\":\"1.2\"}");
  }

  @Test
  void callsOfToolsHaveTheirInputAtTheEnd() {
    Finish calls = new Finish("tool_calls", 1, 2);
    assertThat(
            chunks(
                call(0, "c1", "look", ""),
                call(0, "", "", "{\"at\":"),
                call(1, "c2", "think", "{not"),
                call(0, "", "", "\n\"up\"}"),
                call(2, "c3", "wait", ""),
                calls))
        .contains(
            "{\"type\":\"tool-input-start\",\"toolCallId\":\"c1\",\"toolName\":\"look\"}",
            "{\"type\":\"tool-input-delta\",\"toolCallId\":\"c1\",\"inputTextDelta\":\"{\\\"at\\\":\"}",
            "{\"type\":\"tool-input-available\",\"toolCallId\":\"c1\",\"toolName\":\"look\",\"input\":{\"at\": \"up\"}}",
            "{\"type\":\"tool-input-error\",\"toolCallId\":\"c2\",\"toolName\":\"think\",\"input\":\"{not\",\"errorText\":\"the model's arguments are not JSON\"}",
            "{\"type\":\"tool-input-available\",\"toolCallId\":\"c3\",\"toolName\":\"wait\",\"input\":{}}",
            "{\"type\":\"finish\",\"finishReason\":\"tool-calls\"}");
  }

  @Test
  void waitingEndingAndFailingHaveChunksOfTheirOwn() {
    assertThat(chunks(new Queued(3), new Finish("cancelled", 0, 0)))
        .containsExactly(
            "{\"type\":\"start\",\"messageId\":\"m\"}",
            "{\"type\":\"data-queued\",\"data\":{\"ahead\":3},\"transient\":true}",
            "{\"type\":\"abort\"}",
            "[DONE]");
    assertThat(chunks(new Start(), text(0, "a"), new Failed("model_failed", "it broke")))
        .endsWith(
            "{\"type\":\"text-end\",\"id\":\"0\"}",
            "{\"type\":\"error\",\"errorText\":\"it broke\"}",
            "[DONE]");
  }

  @Test
  void aStreamThatBreaksOffHasNoEndUnlessItsTokenHas() {
    for (Disconnect disconnect : Disconnect.values()) {
      String last = new UiFormat("m").brokenOff(disconnect);
      switch (disconnect) {
        case EXPIRED, UNAUTHORIZED, NOT_YET_VALID, FORBIDDEN, REVOKED ->
            assertThat(last).startsWith("data: {\"type\":\"error\",\"errorText\":\"the token");
        case COMPLETE, GOING_AWAY, TOO_MANY, BAD_FRAME, TOO_SLOW, RESET ->
            assertThat(last).isNull();
      }
    }
  }

  private static List<String> chunks(AnswerEvent... events) {
    UiFormat format = new UiFormat("m");
    StringBuilder all = new StringBuilder(format.begin());
    for (AnswerEvent event : events) {
      all.append(format.event(event, ANY));
    }
    return Arrays.stream(all.toString().split("\n\n"))
        .map(block -> block.substring("data: ".length()))
        .toList();
  }

  private static Delta text(int part, String text) {
    return new Delta(part, "text", "", "", text);
  }

  private static Delta reasoning(int part, String text) {
    return new Delta(part, "reasoning", "", "", text);
  }

  private static Delta call(int part, String id, String name, String text) {
    return new Delta(part, "tool_call", id, name, text);
  }
}
