package io.tailwater.system.security;

import java.io.IOException;

/**
 * An attack.
 *
 * @param name in the report
 * @param attackers how many do it at once
 * @param turn what each of them does again and again; it ends early once the attack is over
 */
record Attack(String name, int attackers, Turn turn) {
  /** One turn of one attacker. */
  @FunctionalInterface
  interface Turn {
    /**
     * @throws IOException if it was cut off, which is what attackers have to expect
     */
    void take(Foes foes) throws IOException;
  }
}
