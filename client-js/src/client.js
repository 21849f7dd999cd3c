import {decoded} from './bytes.js';
import {asError, invalid, refusal, TailwaterError} from './error.js';
import {late} from './http.js';
import {INTERNALS} from './internals.js';
import {iterate} from './iterator.js';
import {MemoryOutbox, Sender} from './outbox.js';
import {Reader} from './reader.js';

const OUTBOX = 100, HISTORY = 100, MAX_HISTORY = 1_000, MAX_DEADLINE_MS = 30_000;

/** @implements {Public} @typedef {import('../types/client.js').Client} Public */
export class Client {
  #core;

  /** @param {import('./core.js').Core} core */
  constructor(core) {
    this.#core = core;
    const {outbox} = core.options;
    const own = outbox && 'put' in outbox ? outbox : undefined;
    core.sender = new Sender(core, own ?? new MemoryOutbox(/** @type {{limit?: number}} */ (outbox)?.limit ?? OUTBOX));
    // What an earlier page has left is sent without being asked for.
    if (own) core.sender.open().catch((error) => core.tell(asError(error), 'outbox'));
  }

  get [INTERNALS]() {
    return this.#core;
  }

  get state() {
    return this.#core.state;
  }

  get transport() {
    return this.#core.inUse?.kind;
  }

  /** @type {Public['on']} */
  on(type, f) {
    const off = this.#core.emitter.on(type, f);
    // An event stream brings pushes if it is asked for them.
    this.#core.changed();
    return off;
  }

  /** @param {string} name @returns {any} */
  channel(name) {
    if (typeof name !== 'string' || name.indexOf(':') < 1) {
      throw new TailwaterError('invalid_channel', `a channel is named 'namespace:key', not '${name}'`);
    }
    return new Channel(this.#core, name);
  }

  /**
   * @param {string} method
   * @param {unknown} [data]
   * @param {import('../types/client.js').CallOptions} [options]
   * @returns {Promise<any>}
   */
  async call(method, data = null, {key, timeout: asked, signal} = {}) {
    const core = this.#core, timeout = asked ?? core.timeout, until = core.clock.now() + timeout;
    core.check(signal);
    core.wantsFrames();
    while (core.transport === 'websocket' && !core.inUse?.isOpen) {
      const left = until - core.clock.now();
      if (left <= 0) throw late(timeout);
      await core.pause(left, signal, 'wake');
      core.check(signal);
    }
    const content = {method, data, key, timeout_ms: asked && Math.min(asked, MAX_DEADLINE_MS)};
    const sent = core.inUse?.ask?.('call', content, {timeout, signal});
    return sent ? (await sent).result.data : (await core.http.post('/v1/calls', content, {timeout, signal}))?.data;
  }

  async close() {
    this.#core.close();
  }
}

/** @implements {PublicChannel} @typedef {import('../types/client.js').Channel} PublicChannel */
class Channel {
  #core;
  #query;

  /** @param {import('./core.js').Core} core @param {string} name */
  constructor(core, name) {
    this.#core = core;
    this.name = name;
    this.#query = `?channel=${encodeURIComponent(name)}`;
  }

  get [INTERNALS]() {
    return this.#core;
  }

  /** @type {PublicChannel['subscribe']} */
  subscribe(f, options = {}) {
    this.#core.check();
    return new Reader(this.#core, this.name, f, options);
  }

  /** @type {PublicChannel['events']} */
  events(options = {}) {
    this.#core.check();
    return iterate(this.#core, this.name, options);
  }

  /** @param {any} data @param {import('../types/client.js').PublishOptions} [options] */
  async publish(data, {key = random(), optimistic, signal, ...more} = {}) {
    const core = this.#core, channel = this.name, now = core.clock.now();
    if (data === undefined && more.op !== 'delete') throw invalid('an event has data');
    core.wantsFrames();
    if (optimistic) {
      core.feeds.get(channel)?.pass({channel, type: 'message', key, ts_ms: now, data, ...more, optimistic: true});
    }
    return /** @type {Sender} */ (core.sender).publish({key, channel, data, ...more, created_ms: now}, signal);
  }

  /** @param {string} [position] */
  async ack(position = this.#core.feeds.get(this.name)?.begins().after) {
    const core = this.#core, channel = this.name;
    core.check();
    if (!position) throw invalid('name a position, or subscribe first');
    await (core.inUse?.ask?.('ack', {channel, position}, core) ?? core.http.post(`/v1/acks${this.#query}`, {position}));
  }

  /** @returns {Promise<number>} */
  async unread() {
    const {acks: [{unread, code}]} = await this.#core.http.json(`/v1/acks${this.#query}`);
    if (code) throw refusal({code});
    return unread;
  }

  /** @type {PublicChannel['history']} */
  async history({before, limit = HISTORY, signal} = {}) {
    this.#core.check();
    if (!(limit >= 1 && limit <= MAX_HISTORY)) {
      throw invalid(`limit is 1 to ${MAX_HISTORY}, not ${limit}`);
    }
    const {http} = this.#core, path = `/v1/events${this.#query}&limit=${limit}`;
    if (before !== undefined) {
      const {events, previous} = await http.json(`${path}&before=${encodeURIComponent(before)}`, {signal});
      return {events: events.map(decoded), ...(previous && {previous})};
    }
    /** @type {any[]} */
    const events = [];
    let page = await http.json(`${path}&from=last:${limit}`, {signal});
    // One answer may be too small for all of them.
    for (; page; page = await http.json(`${path}&after=${encodeURIComponent(page.next)}`, {signal})) {
      events.push(...page.events.map(decoded));
      if (page.live || events.length >= limit) break;
    }
    const last = events.slice(-limit);
    return {events: last, ...(last.length === limit && last[0].id && {previous: last[0].id})};
  }
}

/** 128 bits. Pages without TLS have no `randomUUID`. */
const random = () => crypto.getRandomValues(new Uint32Array(4)).join('-');
