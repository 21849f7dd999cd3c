package io.tailwater.ai.model;

import io.tailwater.ai.threads.Confinement;
import io.tailwater.service.Ticker;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the thread that reads it: tokens that become due at an even rate, by the clock alone. A
 * reader that was delayed gets all that became due meanwhile.
 */
final class PacedAnswer implements Answer {
  /** Bounds a chunk, however long the reader was delayed; the rest comes with the next one. */
  private static final int MAX_CHUNK_TOKENS = 4096;

  private static final long NANOS = TimeUnit.SECONDS.toNanos(1);

  private final int promptTokens;
  private final Script script;
  private final int tokensPerSecond;
  private final Ticker ticker;
  private final long began;
  private final Confinement confinement = new Confinement();
  private int taken;

  PacedAnswer(int promptTokens, Script script, int tokensPerSecond, Ticker ticker) {
    this.promptTokens = promptTokens;
    this.script = script;
    this.tokensPerSecond = tokensPerSecond;
    this.ticker = ticker;
    this.began = ticker.nanos();
  }

  @Override
  public int promptTokens() {
    return promptTokens;
  }

  @Override
  public Chunk next(Duration wait) throws InterruptedException {
    assert confinement.holds();
    long untilNext = dueAt(taken + 1) - (ticker.nanos() - began);
    ticker.sleep(Math.min(untilNext, wait.toNanos()));
    int due = Math.min(due(ticker.nanos() - began), script.length());
    int tokens = Math.min(due - taken, MAX_CHUNK_TOKENS);
    StringBuilder text = new StringBuilder(tokens * 6);
    for (int i = 0; i < tokens; i++) {
      text.append(script.tokens().next());
    }
    taken += tokens;
    Chunk.Ending ending = taken == script.length() ? script.ending() : Chunk.Ending.NONE;
    if (tokens == 0) {
      return new Chunk(List.of(), ending);
    }
    Piece.Call call = script.call();
    Piece piece =
        new Piece(
            0,
            call == null ? Piece.Kind.TEXT : Piece.Kind.TOOL_CALL,
            text.toString(),
            taken == tokens ? call : null,
            tokens);
    return new Chunk(List.of(piece), ending);
  }

  /** How many tokens are due by then. */
  private int due(long elapsed) {
    long whole = elapsed / NANOS * tokensPerSecond;
    return (int) Math.min(script.length(), whole + elapsed % NANOS * tokensPerSecond / NANOS);
  }

  /** When the n-th token is due; rounded up, so that it is due then. */
  private long dueAt(int n) {
    return Math.ceilDiv(n * NANOS, tokensPerSecond);
  }

  @Override
  public void close() {}

  /**
   * What is said.
   *
   * @param tokens at least {@code length} of them
   * @param length how many are taken
   * @param ending what the last of them means
   * @param call of a tool, if they are its arguments
   */
  record Script(
      Iterator<String> tokens, int length, Chunk.Ending ending, Piece.@Nullable Call call) {}
}
