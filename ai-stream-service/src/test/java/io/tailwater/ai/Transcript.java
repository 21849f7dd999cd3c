package io.tailwater.ai;

import static org.assertj.core.api.Assertions.assertThat;

import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.model.Answer;
import io.tailwater.ai.model.Chunk;
import io.tailwater.ai.model.Model;
import io.tailwater.ai.model.Prompt;
import io.tailwater.ai.model.ScriptedModel;
import io.tailwater.ai.stream.StreamEvent;
import io.tailwater.ai.stream.StreamEvent.Delta;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamEvent.Queued;
import io.tailwater.ai.stream.StreamEvent.Start;
import io.tailwater.ai.stream.StreamEventCodec;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.Event;
import io.tailwater.service.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A stream as it was found in a log, and checked: its time in the queue, if any, then one start,
 * deltas in order, at most one end and nothing after it.
 *
 * @param queued how many were ahead, each time that was told
 * @param start null while it is queued
 * @param deltas the number of tokens of each
 */
record Transcript(
    List<Integer> queued,
    @Nullable Start start,
    List<Integer> deltas,
    String text,
    int tokens,
    StreamEvent newest) {
  private static final StreamEventCodec CODEC = new StreamEventCodec(ObjectMapper.getDefault());

  static Transcript of(List<Event> events) {
    List<StreamEvent> read = events.stream().map(event -> CODEC.read(event).orElseThrow()).toList();
    StringBuilder text = new StringBuilder();
    List<Integer> queued = new ArrayList<>();
    int tokens = 0;
    List<Integer> deltas = new ArrayList<>();
    Start start = null;
    for (int i = 0; i < read.size(); i++) {
      switch (read.get(i)) {
        case Queued waits -> {
          assertThat(start).isNull();
          queued.add(waits.ahead());
        }
        case Start begins -> {
          assertThat(start).isNull();
          start = begins;
        }
        case Delta delta -> {
          assertThat(start).isNotNull();
          assertThat(delta.index()).isEqualTo(deltas.size());
          assertThat(delta.tokens()).isGreaterThan(tokens);
          deltas.add(delta.tokens() - tokens);
          tokens = delta.tokens();
          text.append(delta.text());
        }
        case Finish _, Failed _ -> {
          assertThat(i).as("the end is the last event").isEqualTo(read.size() - 1);
          assertThat(events.get(i).getCloses()).isTrue();
        }
      }
    }
    return new Transcript(queued, start, deltas, text.toString(), tokens, read.getLast());
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
            request.hasSeed() ? OptionalLong.of(request.getSeed()) : OptionalLong.empty(),
            "");
    ScriptedModel.Terms terms = new ScriptedModel.Terms(100_000, 300, OptionalLong.empty());
    Model model =
        request.getModel().equals("mock-stress")
            ? ScriptedModel.stress(terms, Ticker.system())
            : ScriptedModel.plain(terms, Ticker.system());
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
