import {fromBase64} from './bytes.js';
import {isStale, TailwaterError} from './error.js';

const EARLY_MS = 30_000, AGAIN_MS = 5_000, SECOND_MS = 1_000, MINUTE_MS = 60_000;

/** The token in use, and how to get the next one. */
export class Credentials {
  #options;
  #clock;
  /** @type {Promise<string> | undefined} */
  #asking;
  #askedAt = -Infinity;
  #waitedAt = -Infinity;
  token = '';
  #known = false;

  /**
   * @param {import('../types/client.js').ClientOptions} options
   * @param {import('../types/client.js').Clock} clock
   */
  constructor(options, clock) {
    this.#options = options;
    this.#clock = clock;
    if (!options.getToken) this.#take(options.token ?? '');
  }

  get renewable() {
    return this.#options.getToken;
  }

  /** The subject of the token, as far as it can be read. */
  get subject() {
    return String(this.#claims().sub ?? 'anonymous');
  }

  /** A token that is good for a while, or empty. */
  async current() {
    if (!this.#known) return this.renew('connect');
    const expires = Number(this.#claims().exp ?? Infinity) * 1000, now = this.#clock.now();
    // A wrong clock must not ask for a token with each request.
    const due = expires - now < EARLY_MS && now - this.#askedAt > EARLY_MS;
    return due && this.renewable ? this.renew('expiring') : this.token;
  }

  /** @param {'connect' | 'expiring' | 'expired'} why */
  renew(why) {
    const {getToken} = this.#options;
    if (!getToken) return Promise.resolve(this.token);
    this.#askedAt = this.#clock.now();
    return (this.#asking ??= Promise.resolve()
      .then(() => getToken(why))
      .then((token) => this.#take(token))
      .catch((error) => {
        throw new TailwaterError('unauthorized', `getToken failed: ${error?.message ?? error}`, {retry: true});
      })
      .finally(() => (this.#asking = undefined)));
  }

  /**
   * What a connection with a refused token does: come back with another one, wait, or give up.
   *
   * @param {boolean} opened
   * @param {TailwaterError} error
   * @returns {Promise<import('./core.js').End>}
   */
  async refused(opened, error) {
    const now = this.#clock.now();
    if (this.renewable && isStale(error)) {
      if (now - this.#askedAt > AGAIN_MS) {
        await this.renew('expired');
        return {opened, again: true};
      }
      // Tokens count in seconds: one that was made in the second of a revocation is refused, too.
      if (error.code === 'token_revoked' && now - this.#waitedAt > MINUTE_MS) {
        this.#waitedAt = now;
        this.#askedAt = -Infinity;
        return {opened, error, retryMs: SECOND_MS};
      }
    }
    return {opened, error, lasting: !error.retry};
  }

  /** @param {string} token */
  #take(token) {
    this.#known = true;
    return (this.token = token ?? '');
  }

  /** @returns {{sub?: unknown, exp?: unknown}} */
  #claims() {
    try {
      const base64 = this.token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
      return JSON.parse(new TextDecoder().decode(fromBase64(base64)));
    } catch {
      return {};
    }
  }
}
