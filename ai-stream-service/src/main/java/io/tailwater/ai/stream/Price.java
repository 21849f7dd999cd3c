package io.tailwater.ai.stream;

import io.tailwater.ai.stream.StreamEvent.Usage;
import java.math.BigDecimal;

/**
 * What the tokens of a model cost. Immutable.
 *
 * @param prompt of a million tokens of prompts
 * @param completion of a million tokens of answers
 * @param currency its code, for instance {@code USD}
 */
public record Price(BigDecimal prompt, BigDecimal completion, String currency) {
  private static final int MILLION = 6;

  /** What an answer cost, exactly. */
  public BigDecimal of(Usage usage) {
    return prompt
        .multiply(BigDecimal.valueOf(usage.promptTokens()))
        .add(completion.multiply(BigDecimal.valueOf(usage.completionTokens())))
        .movePointLeft(MILLION);
  }

  /** The same as a decimal number without an exponent and without zeros at its end. */
  public String text(Usage usage) {
    BigDecimal cost = of(usage).stripTrailingZeros();
    return cost.signum() == 0 ? "0" : cost.toPlainString();
  }
}
