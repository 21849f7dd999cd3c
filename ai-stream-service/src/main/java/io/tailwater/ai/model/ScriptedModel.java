package io.tailwater.ai.model;

import io.tailwater.ai.threads.Ticker;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Iterator;
import java.util.OptionalLong;
import java.util.Random;

/**
 * A mock model: it writes text that looks like an answer, at an even rate, the same for the same
 * prompt and seed. With a limit it writes exactly that many tokens and is cut there. Without one it
 * writes {@code defaultTokens} and ends with them.
 */
public final class ScriptedModel implements Model {
  /** Its name in requests and events. */
  public static final String NAME = "mock";

  private final int tokensPerSecond;
  private final int defaultTokens;
  private final OptionalLong seed;
  private final Ticker ticker;

  /**
   * @param tokensPerSecond at least 1
   * @param defaultTokens at least 1
   * @param seed for prompts that have none; absent: made from the prompt
   */
  public ScriptedModel(int tokensPerSecond, int defaultTokens, OptionalLong seed, Ticker ticker) {
    if (tokensPerSecond < 1 || defaultTokens < 1) {
      throw new IllegalArgumentException("the rate and the number of tokens are at least 1");
    }
    this.tokensPerSecond = tokensPerSecond;
    this.defaultTokens = defaultTokens;
    this.seed = seed;
    this.ticker = ticker;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Answer answer(Prompt prompt) {
    int promptTokens =
        prompt.messages().stream().mapToInt(message -> Tokens.count(message.content())).sum();
    return new PacedAnswer(promptTokens, script(prompt), tokensPerSecond, ticker);
  }

  private PacedAnswer.Script script(Prompt prompt) {
    Composer composer = new Composer(prompt.question(), new Random(seed(prompt)));
    if (prompt.maxTokens().isPresent()) {
      Iterator<String> endless = composer.endless();
      return new PacedAnswer.Script(endless, prompt.maxTokens().getAsInt(), Chunk.Ending.LENGTH);
    }
    return new PacedAnswer.Script(
        composer.ending(defaultTokens).iterator(), defaultTokens, Chunk.Ending.STOP);
  }

  private long seed(Prompt prompt) {
    if (prompt.seed().isPresent()) {
      return prompt.seed().getAsLong();
    }
    return seed.orElseGet(() -> seedOf(prompt));
  }

  private static long seedOf(Prompt prompt) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Prompt.Message message : prompt.messages()) {
        digest.update((message.role() + ":").getBytes(StandardCharsets.UTF_8));
        digest.update((message.content() + "\0").getBytes(StandardCharsets.UTF_8));
      }
      return ByteBuffer.wrap(digest.digest()).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
