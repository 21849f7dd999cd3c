package io.tailwater.edge.log;

/**
 * What a subscription does, in the words of the contract. Immutable.
 *
 * @param state {@code live}, {@code replay} or {@code waiting}
 * @param reason why it is not live, empty if it is
 */
public record Standing(String state, String reason) {
  /** Whether another one tells more about a subscription that does both. */
  boolean outweighs(Standing other) {
    return weight() > other.weight();
  }

  private int weight() {
    return switch (state) {
      case "live" -> 0;
      case "replay" -> 1;
      default -> 2;
    };
  }
}
