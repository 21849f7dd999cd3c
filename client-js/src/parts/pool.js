import {TailwaterError} from '../error.js';

/**
 * @typedef {import('../../types/client.js').Client} Client
 * @typedef {{resolve: (client: Client) => void, reject: (error: Error) => void, timer: any}} Caller that waits
 */

/** @param {() => Client} open @param {import('../../types/pool.js').PoolOptions} [options] */
export const createPool = (open, options) => new Pool(open, options);

/** @implements {Public} @typedef {import('../../types/pool.js').Pool} Public */
class Pool {
  /** @type {Set<Client>} */
  #used = new Set();
  /** The newest last, each with the timer that closes it. @type {{client: Client, timer: any}[]} */
  #free = [];
  /** @type {Caller[]} */
  #waiting = [];
  #closed = false;
  #open;
  #options;

  /** @param {() => Client} open @param {import('../../types/pool.js').PoolOptions} [options] */
  constructor(open, {max = 8, idle = 60_000, timeout = 5_000, waiting = 1_000} = {}) {
    if (!(max >= 1)) throw new TailwaterError('invalid_request', `max is 1 or more, not ${max}`);
    this.#open = open;
    this.#options = {max, idle, timeout, waiting};
  }

  get used() {
    return this.#used.size;
  }

  get free() {
    return this.#free.length;
  }

  /** @returns {Promise<Client>} */
  async acquire() {
    const {max, timeout, waiting} = this.#options;
    if (this.#closed) throw new TailwaterError('closed', 'the pool is closed');
    const client = this.#take();
    if (client) return client;
    if (this.#waiting.length >= waiting) throw new TailwaterError('pool_full', `${waiting} callers wait for one of ${max} clients`, {retry: true});
    return new Promise((resolve, reject) => {
      const one = {resolve, reject, timer: setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== one);
        reject(new TailwaterError('timeout', `none of ${max} clients was free in ${timeout} ms`, {retry: true}));
      }, timeout)};
      this.#waiting.push(one);
    });
  }

  /** A client that is free, or another one. */
  #take() {
    for (let last; (last = this.#free.pop()); ) {
      clearTimeout(last.timer);
      if (last.client.state === 'closed') continue;
      this.#used.add(last.client);
      return last.client;
    }
    if (this.#used.size >= this.#options.max) return undefined;
    const client = this.#open();
    this.#used.add(client);
    // Who waits gets another one in its place.
    client.on('state', ({state}) => {
      if (state === 'closed' && this.#used.delete(client)) this.#serve();
    });
    return client;
  }

  #serve() {
    for (let next; !this.#closed && this.#waiting.length; ) {
      if (!(next = this.#take())) return;
      const {resolve, timer} = /** @type {Caller} */ (this.#waiting.shift());
      clearTimeout(timer);
      resolve(next);
    }
  }

  /** @param {Client} client */
  release(client) {
    if (!this.#used.delete(client)) return;
    if (client.state !== 'closed') {
      const timer = setTimeout(() => {
        this.#free = this.#free.filter((one) => one.client !== client);
        client.close();
      }, this.#options.idle);
      // A program may end while nothing else keeps it.
      /** @type {any} */ (timer).unref?.();
      this.#free.push({client, timer});
    }
    this.#serve();
  }

  /** @template R @param {(client: Client) => R | Promise<R>} f @returns {Promise<R>} */
  async use(f) {
    const client = await this.acquire();
    try {
      return await f(client);
    } finally {
      this.release(client);
    }
  }

  async close() {
    this.#closed = true;
    const all = [...this.#used, ...this.#free.map(({client}) => client)];
    for (const {timer} of this.#free) clearTimeout(timer);
    for (const {reject, timer} of this.#waiting) {
      clearTimeout(timer);
      reject(new TailwaterError('closed', 'the pool is closed'));
    }
    this.#used.clear();
    this.#free = this.#waiting = [];
    await Promise.all(all.map((client) => client.close()));
  }
}
