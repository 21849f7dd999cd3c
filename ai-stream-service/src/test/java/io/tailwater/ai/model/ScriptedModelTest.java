package io.tailwater.ai.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ScriptedModelTest {
  private static final int DEFAULT_TOKENS = 300;

  private final ManualTicker ticker = new ManualTicker();
  private final Model model = model(OptionalLong.empty());
  private final Model stress =
      ScriptedModel.stress(
          new ScriptedModel.Terms(50, DEFAULT_TOKENS, OptionalLong.empty()), ticker);

  @Property(tries = 300)
  void sameSeedSaysTheSame(@ForAll String question, @ForAll long seed) throws Exception {
    Prompt prompt = prompt(question, OptionalInt.empty(), OptionalLong.of(seed));
    assertThat(read(prompt, 1).text()).isEqualTo(read(prompt, 1000).text());
  }

  @Property(tries = 300)
  void writesJustAsManyTokensAsAskedForAndIsCutOffThere(
      @ForAll String question, @ForAll @IntRange(min = 1, max = 3000) int maxTokens)
      throws Exception {
    Read read = read(prompt(question, OptionalInt.of(maxTokens), OptionalLong.empty()), 40);
    assertThat(read.tokens()).isEqualTo(maxTokens);
    assertThat(read.ending()).isEqualTo(Chunk.Ending.LENGTH);
  }

  @Property(tries = 300)
  void comesToAnEndWithTheDefaultNumberOfTokens(@ForAll String question, @ForAll long seed)
      throws Exception {
    Read read = read(prompt(question, OptionalInt.empty(), OptionalLong.of(seed)), 40);
    assertThat(read.tokens()).isEqualTo(DEFAULT_TOKENS);
    assertThat(read.ending()).isEqualTo(Chunk.Ending.STOP);
    assertThat(read.text()).endsWith("\n").doesNotEndWith("\n\n");
    assertThat(read.text().split("```", -1)).as("code fences come in pairs").hasSizeGreaterThan(0);
    assertThat(read.text().split("```", -1).length % 2).isEqualTo(1);
  }

  @Property(tries = 200)
  void endsWellWithAnyNumberOfTokens(
      @ForAll @IntRange(min = 1, max = 2000) int tokens, @ForAll long seed) {
    String question = "why is the sky blue?";
    for (Phrasebook phrases : List.of(PlainPhrases.of(question), StressPhrases.BOOK)) {
      Composer composer = new Composer(question, phrases, new java.util.Random(seed));
      assertThat(composer.ending(tokens)).hasSize(tokens);
    }
  }

  @Property(tries = 500)
  void noChunkHasHalfASurrogatePair(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 2000) int maxTokens) throws Exception {
    Prompt prompt = prompt("emoji 👩‍💻, please", OptionalInt.of(maxTokens), OptionalLong.of(seed));
    Read read = read(stress, prompt, 1);
    for (String chunk : read.chunks()) {
      assertThat(chunk.codePoints().anyMatch(p -> Character.getType(p) == Character.SURROGATE))
          .as(chunk)
          .isFalse();
    }
  }

  @Property
  void tokensAddUpToTheText(@ForAll String text) {
    List<String> tokens = Tokens.of(text);
    assertThat(String.join("", tokens)).isEqualTo(text);
    assertThat(tokens).hasSize(Tokens.count(text)).doesNotContain("");
  }

  @Property(tries = 100)
  void answersTheVeryPromptInPlainText(@ForAll long seed) throws Exception {
    Prompt prompt = prompt("Why is the\n sky blue?", OptionalInt.empty(), OptionalLong.of(seed));
    String text = read(prompt, 40).text();
    assertThat(text).contains("Why is the sky blue?").contains("the sky blue").contains("\n\n");
    assertThat(text.codePoints()).allMatch(p -> p < 0x2E80);
    assertThat(text).doesNotContain("%").doesNotContain("```").doesNotContain("|");
  }

  @Test
  void aQuestionAboutCodeGetsCodeAndHowGetsSteps() throws Exception {
    Prompt code = prompt("Write a Python function", OptionalInt.empty(), OptionalLong.of(1));
    assertThat(read(code, 40).text()).containsPattern("(?m)^```");
    Prompt how = prompt("How do I bake bread?", OptionalInt.empty(), OptionalLong.of(1));
    assertThat(read(how, 40).text()).containsPattern("(?m)^1\\. ");
  }

  @ParameterizedTest
  @CsvSource({
    "What is a log?, a log",
    "Why is the sky blue?, the sky blue",
    "How do I bake bread?, bake bread",
    "Tell me about Kafka, Kafka",
    "Kafka, Kafka",
    "'?', this",
    "'', this",
  })
  void theSubjectOfAQuestionIsFound(String question, String subject) {
    assertThat(Subject.of(question)).isEqualTo(subject);
  }

  @Property(tries = 100)
  void theStressModelReadsLikeAnAnswerThatMentionsThePrompt(@ForAll long seed) throws Exception {
    Prompt prompt = prompt("Why is the\n sky blue?", OptionalInt.empty(), OptionalLong.of(seed));
    String text = read(stress, prompt, 40).text();
    assertThat(text).contains("Why is the sky blue?").contains("\n\n").contains("**");
    assertThat(text)
        .containsPattern("(?m)^- ")
        .containsPattern("(?m)^```")
        .containsPattern("(?m)^##");
    assertThat(text.codePoints().anyMatch(p -> p > 0xFFFF)).isTrue();
    assertThat(text.codePoints().anyMatch(p -> p > 0x2E80 && p < 0xE000 || p == 0x20BB7)).isTrue();
    assertThat(text).contains("\u200D");
  }

  @Test
  void anotherPromptGetsAnotherAnswer() throws Exception {
    String one = read(prompt("one", OptionalInt.of(200), OptionalLong.empty()), 1).text();
    String two = read(prompt("two", OptionalInt.of(200), OptionalLong.empty()), 1).text();
    assertThat(one.replace("one", "two")).isNotEqualTo(two);
  }

  @Test
  void aConfiguredSeedHoldsForPromptsWithoutOne() throws Exception {
    Model seeded = model(OptionalLong.of(42));
    Prompt without = prompt("x", OptionalInt.empty(), OptionalLong.empty());
    Prompt with = prompt("x", OptionalInt.empty(), OptionalLong.of(42));
    assertThat(read(seeded, without, 1).text()).isEqualTo(read(model, with, 1).text());
  }

  @Test
  void writesFiftyTokensASecondAndWhatCameMeanwhileAtOnce() throws Exception {
    Answer answer = model.answer(prompt("x", OptionalInt.of(300), OptionalLong.empty()));
    assertThat(answer.next(Duration.ofMillis(10)).tokens()).isZero();
    assertThat(answer.next(Duration.ofMillis(10)).tokens()).isEqualTo(1);
    ticker.sleep(Duration.ofSeconds(2).toNanos());
    assertThat(answer.next(Duration.ofMillis(40)).tokens()).isEqualTo(100);
    ticker.sleep(Duration.ofSeconds(60).toNanos());
    Chunk last = answer.next(Duration.ofMillis(40));
    assertThat(last.tokens()).isEqualTo(199);
    assertThat(last.ending()).isEqualTo(Chunk.Ending.LENGTH);
  }

  private Model model(OptionalLong seed) {
    return ScriptedModel.plain(new ScriptedModel.Terms(50, DEFAULT_TOKENS, seed), ticker);
  }

  private static Prompt prompt(String question, OptionalInt maxTokens, OptionalLong seed) {
    return new Prompt(
        List.of(new Prompt.Message(Prompt.Role.USER, question)),
        maxTokens,
        OptionalDouble.empty(),
        seed,
        "");
  }

  private Read read(Prompt prompt, int waitMillis) throws Exception {
    return read(model, prompt, waitMillis);
  }

  private static Read read(Model model, Prompt prompt, int waitMillis) throws Exception {
    try (Answer answer = model.answer(prompt)) {
      List<String> chunks = new ArrayList<>();
      int tokens = 0;
      while (true) {
        Chunk chunk = answer.next(Duration.ofMillis(waitMillis));
        chunks.add(chunk.text());
        tokens += chunk.tokens();
        if (chunk.ending() != Chunk.Ending.NONE) {
          return new Read(chunks, tokens, chunk.ending());
        }
      }
    }
  }

  private record Read(List<String> chunks, int tokens, Chunk.Ending ending) {
    String text() {
      return String.join("", chunks);
    }
  }
}
