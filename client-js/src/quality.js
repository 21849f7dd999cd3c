const FAILURES = 3, FAILURES_MS = 60_000;
const PINGS = 20, LOST = 0.05, SLOW_MS = 1_000, ENOUGH = 3;
const GOOD_MS = 100, GOOD_FOR_MS = 60_000, CLIMB_EVERY_MS = 300_000;

/**
 * Judges a transport by its connects and round trips. Owned by one client; time is a parameter.
 */
export class Quality {
  /** @type {number[]} */
  #failures = [];
  /** @type {{at: number, ms: number | null}[]} */
  #pings = [];
  #changedAt;

  /** @param {number} now */
  constructor(now) {
    this.#changedAt = now - CLIMB_EVERY_MS;
  }

  /** A connection could not be opened. @param {number} now */
  failed(now) {
    // The newest are enough.
    this.#failures = [...this.#failures, now].slice(-FAILURES);
  }

  /** @param {number} now @param {number | null} ms null if there was no answer in time */
  pinged(now, ms) {
    this.#pings = [...this.#pings, {at: now, ms}].slice(-PINGS);
  }

  /** Another transport is used from now on, or the failures were not this one's. @param {number} now */
  changed(now) {
    this.#changedAt = now;
    this.forgive();
    this.#pings = [];
  }

  /** What failed was not the transport's fault. */
  forgive() {
    this.#failures = [];
  }

  /** Why to step down, or empty. @param {number} now */
  bad(now) {
    if (this.#failures.filter((at) => at > now - FAILURES_MS).length >= FAILURES) return `${FAILURES} connects failed`;
    const answered = this.#pings.flatMap(({ms}) => ms ?? []).sort((a, b) => a - b);
    const lost = this.#pings.length - answered.length;
    if (lost > LOST * PINGS) return `${lost} of ${this.#pings.length} pings lost`;
    const median = answered[answered.length >> 1];
    return answered.length >= ENOUGH && median > SLOW_MS ? `round trip ${Math.round(median)} ms` : '';
  }

  /** Whether to step up. @param {number} now */
  good(now) {
    if (now - this.#changedAt < CLIMB_EVERY_MS) return false;
    const bad = this.#pings.findLastIndex(({ms}) => ms === null || ms >= GOOD_MS);
    const first = this.#pings[bad + 1];
    return first !== undefined && now - first.at >= GOOD_FOR_MS;
  }
}
