package io.tailwater.ai;

import static org.assertj.core.api.Assertions.assertThat;

import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.model.Answer;
import io.tailwater.ai.model.Chunk;
import io.tailwater.ai.model.Prompt;
import io.tailwater.ai.model.ScriptedModel;
import io.tailwater.ai.stream.StreamEvent;
import io.tailwater.ai.stream.StreamEvent.Delta;
import io.tailwater.ai.stream.StreamEvent.Start;
import io.tailwater.ai.stream.StreamEventCodec;
import io.tailwater.ai.threads.Ticker;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.Event;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A stream as it was found in a log, and checked: one start, deltas in order, at most one end and
 * nothing after it.
 */
record Transcript(Start start, String text, int tokens, StreamEvent newest) {
  private static final StreamEventCodec CODEC = new StreamEventCodec(ObjectMapper.getDefault());

  static Transcript of(List<Event> events) {
    List<StreamEvent> read = events.stream().map(event -> CODEC.read(event).orElseThrow()).toList();
    StringBuilder text = new StringBuilder();
    int tokens = 0;
    for (int i = 1; i < read.size(); i++) {
      if (read.get(i) instanceof Delta delta) {
        assertThat(delta.index()).isEqualTo(i - 1);
        assertThat(delta.tokens()).isGreaterThan(tokens);
        tokens = delta.tokens();
        text.append(delta.text());
      } else {
        assertThat(i).as("the end is the last event").isEqualTo(read.size() - 1);
        assertThat(events.get(i).getCloses()).isTrue();
      }
    }
    return new Transcript((Start) read.getFirst(), text.toString(), tokens, read.getLast());
  }

  boolean ended() {
    return newest.closes();
  }

  /** What the scripted model says to a request. */
  static String expected(CreateStreamRequest request) {
    Prompt prompt =
        new Prompt(
            request.getMessagesList().stream()
                .map(m -> new Prompt.Message(Prompt.Role.USER, m.getContent()))
                .toList(),
            request.getMaxTokens() == 0
                ? OptionalInt.empty()
                : OptionalInt.of(request.getMaxTokens()),
            OptionalDouble.empty(),
            request.hasSeed() ? OptionalLong.of(request.getSeed()) : OptionalLong.empty());
    ScriptedModel model = new ScriptedModel(100_000, 300, OptionalLong.empty(), Ticker.system());
    StringBuilder text = new StringBuilder();
    try (Answer answer = model.answer(prompt)) {
      Chunk chunk;
      do {
        chunk = answer.next(Duration.ofSeconds(1));
        text.append(chunk.text());
      } while (chunk.ending() == Chunk.Ending.NONE);
      return text.toString();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
