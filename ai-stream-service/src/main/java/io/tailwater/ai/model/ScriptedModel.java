package io.tailwater.ai.model;

import io.tailwater.contract.Sha256;
import io.tailwater.service.Ticker;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Function;

/**
 * A mock of a model: it writes text that looks like an answer, at an even rate, the same for the
 * same prompt and seed. With a limit it writes exactly that many tokens and is cut there. Without
 * one it writes {@code defaultTokens} and ends with them.
 */
public final class ScriptedModel implements Model {
  private final String name;
  private final Function<String, Phrasebook> phrases;
  private final Terms terms;
  private final Ticker ticker;

  private ScriptedModel(
      String name, Function<String, Phrasebook> phrases, Terms terms, Ticker ticker) {
    this.name = name;
    this.phrases = phrases;
    this.terms = terms;
    this.ticker = ticker;
  }

  /**
   * How a scripted model writes.
   *
   * @param tokensPerSecond at least 1
   * @param defaultTokens at least 1
   * @param seed for prompts that have none; absent: made from the prompt
   */
  public record Terms(int tokensPerSecond, int defaultTokens, OptionalLong seed) {
    /** Refuses what cannot be written. */
    public Terms {
      if (tokensPerSecond < 1 || defaultTokens < 1) {
        throw new IllegalArgumentException("the rate and the number of tokens are at least 1");
      }
    }
  }

  /** {@code mock}, whose answers are plausible. */
  public static Model plain(Terms terms, Ticker ticker) {
    return new ScriptedModel("mock", PlainPhrases::of, terms, ticker);
  }

  /** {@code mock-stress}, whose answers are hard on whoever shows them. */
  public static Model stress(Terms terms, Ticker ticker) {
    return new ScriptedModel("mock-stress", question -> StressPhrases.BOOK, terms, ticker);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Answer answer(Prompt prompt) throws ModelException {
    int promptTokens =
        prompt.messages().stream().mapToInt(message -> Tokens.count(message.content())).sum();
    return new PacedAnswer(promptTokens, script(prompt), terms.tokensPerSecond(), ticker);
  }

  private PacedAnswer.Script script(Prompt prompt) throws ModelException {
    Demands demands = Demands.of(prompt.body());
    String demanded = demands.json();
    if (demanded != null) {
      List<String> tokens = Tokens.of(demanded);
      boolean cut = prompt.maxTokens().isPresent() && prompt.maxTokens().getAsInt() < tokens.size();
      int length = cut ? prompt.maxTokens().getAsInt() : tokens.size();
      Chunk.Ending ending =
          cut
              ? Chunk.Ending.LENGTH
              : demands.call() == null ? Chunk.Ending.STOP : Chunk.Ending.TOOL_CALLS;
      return new PacedAnswer.Script(tokens.iterator(), length, ending, demands.call());
    }
    String question = prompt.question();
    Composer composer = new Composer(question, phrases.apply(question), new Random(seed(prompt)));
    if (prompt.maxTokens().isPresent()) {
      Iterator<String> endless = composer.endless();
      return new PacedAnswer.Script(
          endless, prompt.maxTokens().getAsInt(), Chunk.Ending.LENGTH, null);
    }
    return new PacedAnswer.Script(
        composer.ending(terms.defaultTokens()).iterator(),
        terms.defaultTokens(),
        Chunk.Ending.STOP,
        null);
  }

  private long seed(Prompt prompt) {
    if (prompt.seed().isPresent()) {
      return prompt.seed().getAsLong();
    }
    return terms.seed().orElseGet(() -> seedOf(prompt));
  }

  private static long seedOf(Prompt prompt) {
    MessageDigest digest = Sha256.begin();
    for (Prompt.Message message : prompt.messages()) {
      digest.update((message.role() + ":").getBytes(StandardCharsets.UTF_8));
      digest.update((message.content() + "\0").getBytes(StandardCharsets.UTF_8));
    }
    return ByteBuffer.wrap(digest.digest()).getLong();
  }
}
