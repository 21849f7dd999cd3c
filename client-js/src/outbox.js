import {backoff} from './backoff.js';
import {bytesOf, toBase64} from './bytes.js';
import {listen} from './emitter.js';
import {ABORTED, asError, invalid, refusal, TailwaterError, unavailable} from './error.js';

const DAY_MS = 86_400_000, NEVER_TRIED_MS = 7 * DAY_MS, UNKNOWN_MS = 50 * 60_000;

/**
 * @typedef {import('../types/client.js').OutboxEntry} Entry
 * @typedef {import('../types/client.js').Outbox} Outbox
 * @typedef {import('../types/client.js').OutboxListener} Listener
 * @typedef {import('../types/client.js').Settlement} Settlement
 * @typedef {{resolve: (published: any) => void, reject: (error: Error) => void}} Promised
 */

/** Keeps entries for as long as the page is there. @implements {Outbox} */
export class MemoryOutbox {
  #count = 0;

  /** @param {number} limit */
  constructor(limit) {
    this.limit = limit;
  }

  /** @param {string} _owner @param {Listener} listener */
  async open(_owner, listener) {
    listener.lead([]);
  }

  /** @param {Entry} _entry */
  async put(_entry) {
    if (this.#count >= this.limit) throw full(this.limit);
    this.#count++;
  }

  async tried() {}

  /** @param {Settlement} _verdict */
  async remove(_verdict) {
    this.#count--;
  }

  close() {}
}

/** @param {number} limit */
export const full = (limit) =>
  new TailwaterError('outbox_full', `${limit} publications wait already`);

/**
 * Sends what waits in an outbox: in order by channel, one at a time, each until it has a verdict. Owned by the client.
 */
export class Sender {
  #core;
  #outbox;
  /** What waits, by channel, in order. @type {Map<string, Entry[]>} */
  #queues = new Map();
  /** @type {Set<string>} channels with an entry in flight, or with a pause after a failure */
  #busy = new Set();
  /** @type {Map<string, Promised>} */
  #promised = new Map();
  /** @type {Promise<void> | undefined} */
  #opening;
  #leads = false;
  /** Keys that the outbox holds. @type {Set<string>} */
  #stored = new Set();

  /** @param {import('./core.js').Core} core @param {Outbox} outbox */
  constructor(core, outbox) {
    this.#core = core;
    this.#outbox = outbox;
    core.emitter.on('wake', () => {
      if (core.state === 'closed') this.#close();
      else this.#pump();
    });
  }

  /** Takes the outbox in use, with what an earlier page has left in it. */
  async open() {
    const {credentials, url} = this.#core;
    await (this.#opening ??= credentials.current().then(() => this.#outbox.open(`${url} ${credentials.subject}`, {
      lead: (entries) => {
        this.#leads = true;
        if (entries.length) this.#core.wantsFrames();
        for (const entry of entries) this.#enqueue(entry);
      },
      added: (entry) => this.#leads && this.#enqueue(entry),
      settled: (verdict) => this.#settle(verdict),
    })).catch((error) => {
      this.#opening = undefined;
      throw error;
    }));
  }

  /** @param {Entry} entry @param {AbortSignal} [signal] @returns {Promise<import('../types/client.js').Published>} */
  async publish(entry, signal) {
    this.#core.check(signal);
    const {key, channel} = entry;
    if (this.#promised.has(key)) throw invalid(`'${key}' waits already`);
    const promise = new Promise((resolve, reject) => this.#promised.set(key, {resolve, reject}));
    promise.catch(() => {});
    const abort = () => this.#finish(entry, {error: new TailwaterError('aborted', ABORTED, entry.tried_ms ? {outcome: 'unknown'} : {})});
    const off = listen(signal, 'abort', abort);
    try {
      await this.open();
      await this.#outbox.put(entry);
      this.#stored.add(key);
      if (!this.#promised.has(key)) await this.#remove({key, channel});
      else if (this.#leads) this.#enqueue(entry);
      return await /** @type {Promise<any>} */ (promise);
    } catch (error) {
      this.#promised.delete(key);
      throw asError(error);
    } finally {
      off();
    }
  }

  /** @param {Entry} entry */
  #enqueue(entry) {
    const queue = this.#queues.get(entry.channel) ?? [];
    if (queue.some(({key}) => key === entry.key)) return;
    this.#queues.set(entry.channel, queue);
    this.#stored.add(entry.key);
    queue.push(entry);
    this.#core.emitter.emit('queued', entry);
    this.#pump();
  }

  /** What waits for a channel, in order. @param {string} channel */
  waiting(channel) {
    return this.#queues.get(channel) ?? [];
  }

  #pump() {
    if (!this.#leads || this.#core.state === 'closed') return;
    for (const channel of this.#queues.keys()) this.#send(channel);
  }

  /** @param {string} channel */
  async #send(channel) {
    if (this.#busy.has(channel)) return;
    this.#busy.add(channel);
    const queue = /** @type {Entry[]} */ (this.#queues.get(channel));
    for (let attempt = 0; queue.length && this.#core.state !== 'closed'; ) {
      const entry = queue[0], late = this.#late(entry);
      if (late) {
        await this.#finish(entry, {error: late});
        continue;
      }
      let error;
      try {
        const published = await this.#transmit(entry);
        attempt = 0;
        await this.#finish(entry, published);
        continue;
      } catch (failure) {
        error = asError(failure);
      }
      if (!queue.includes(entry)) continue; // given up meanwhile
      if (!error.retry) {
        await this.#finish(entry, {error});
        continue;
      }
      await this.#core.pause(backoff(attempt++, {...this.#core.backoff, max: 5_000}, this.#core.clock.random(), error.retryMs), undefined, 'wake');
    }
    this.#busy.delete(channel);
    if (!queue.length) this.#queues.delete(channel);
  }

  /** Why an entry may not be sent any more. @param {Entry} entry */
  #late({created_ms: created, tried_ms: tried}) {
    const now = this.#core.clock.now();
    if (tried !== undefined && now - tried > UNKNOWN_MS) {
      return new TailwaterError('timeout', 'no verdict in time', {outcome: 'unknown'});
    }
    return tried === undefined && now - created > NEVER_TRIED_MS
      ? new TailwaterError('timeout', 'waited for 7 days') : undefined;
  }

  /** One attempt. @param {Entry} entry */
  async #transmit(entry) {
    const core = this.#core, {created_ms: _created, tried_ms: tried, ...content} = entry;
    if (!core.online) throw unavailable();
    const bytes = bytesOf(content.data), base64 = bytes && toBase64(bytes);
    let unknown = true;
    try {
      const sent = core.inUse?.ask?.('publish', bytes ? {...content, data: base64, encoding: 'base64'} : content, core);
      if (sent) return (await sent).published;
      if (core.transport === 'websocket' && !core.inUse?.isOpen) {
        unknown = false;
        throw unavailable();
      }
      return await this.#post(bytes ? {...content, data: undefined, data_base64: base64} : content);
    } catch (failure) {
      const error = asError(failure);
      // A refusal that passes, such as a rate, has stored nothing.
      if (unknown && error.retry && error.code !== 'rate_limited' && tried === undefined) {
        entry.tried_ms = core.clock.now();
        await this.#outbox.tried(entry);
      }
      throw error;
    }
  }

  /** A batch of one: unlike headers, its fields take any text. @param {object} line */
  async #post(line) {
    const {error, ...published} = await this.#core.http.json('/v1/events', {
      method: 'POST', headers: {Accept: '*/*', 'Content-Type': 'application/x-ndjson'}, body: JSON.stringify(line) + '\n',
    });
    if (error) throw refusal(error);
    return published;
  }

  /** @param {Entry} entry @param {{error?: TailwaterError} & Partial<import('../types/client.js').Published>} outcome */
  async #finish({key, channel}, {error, ...published}) {
    const queue = this.#queues.get(channel), at = queue?.findIndex((entry) => entry.key === key) ?? -1;
    if (at >= 0) queue?.splice(at, 1);
    /** @type {Settlement} */
    const verdict = {key, channel, ...published, ...(error && {error: {...error, message: error.message}})};
    this.#settle(verdict);
    await this.#remove(verdict);
  }

  /** @param {Settlement} verdict */
  async #remove(verdict) {
    if (!this.#stored.delete(verdict.key)) return;
    await this.#outbox.remove(verdict).catch((failure) => this.#core.tell(asError(failure), 'outbox'));
  }

  /** @param {Settlement} verdict */
  #settle({error: plain, ...verdict}) {
    const {key, channel, ...published} = verdict, promised = this.#promised.get(key);
    this.#promised.delete(key);
    const error = plain && new TailwaterError(plain.code, plain.message, plain);
    if (error) promised?.reject(error);
    else promised?.resolve(published);
    const {emitter} = this.#core;
    emitter.emit('settled', error ? {...verdict, error} : verdict);
    // The server has judged what it refused; the rest is lost without its word.
    if (error && (error.outcome || /^(timeout|closed)/.test(error.code))) emitter.emit('dropped', {key, channel, error});
  }

  #close() {
    this.#outbox.close();
    this.#leads = false;
    for (const [key, {reject}] of this.#promised) {
      const entry = [...this.#queues.values()].flat().find((one) => one.key === key);
      const error = new TailwaterError('closed', 'the client is closed', entry?.tried_ms ? {outcome: 'unknown'} : {});
      if (entry && this.#outbox instanceof MemoryOutbox) this.#core.emitter.emit('dropped', {key, channel: entry.channel, error});
      reject(error);
    }
    this.#promised.clear();
    this.#queues.clear();
  }
}
