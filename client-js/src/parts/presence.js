import {Emitter} from '../emitter.js';
import {asError, TailwaterError} from '../error.js';
import {INTERNALS} from '../internals.js';
import {inform, rostersOf} from '../roster.js';

/** @typedef {import('../../types/presence.js').Member} Member */

const POLL_MS = 5_000, PAGE = 500;

/** @param {any} channel @param {import('../../types/presence.js').PresenceOptions} [options] @returns {any} */
export const presence = (channel, options = {}) => new Presence(channel, options);

/** Who is present in a channel: a subscription that brings no events, and the state that the server tells beside it. */
class Presence {
  /** @type {Emitter<any>} */
  #emitter = new Emitter();
  /** What was shown last. @type {Map<string, Member>} */
  #members = new Map();
  #count = 0;
  #isListed = false;
  #isStale = true;
  #isReady = false;
  #core;
  #name;
  #rosters;
  #undo;
  #present;
  #subscription;
  #closed = new AbortController();
  #leave = () => this.#left(true);
  /** @type {() => void} */
  #resolve = () => {};
  /** @type {(error: Error) => void} */
  #reject = () => {};

  /** @param {any} channel @param {import('../../types/presence.js').PresenceOptions} options */
  constructor(channel, {present, signal}) {
    const core = (this.#core = channel[INTERNALS]);
    this.#name = channel.name;
    this.#present = Boolean(present);
    this.ready = new Promise((resolve, reject) => {
      this.#resolve = () => resolve(undefined);
      this.#reject = reject;
    });
    this.ready.catch(() => {});
    // Without a place to begin, it disturbs nobody who reads events.
    this.#subscription = channel.subscribe(() => {}, {from: '', types: [], present, presence: true, signal});
    this.#subscription.on('error', (/** @type {Error} */ error) => this.#fail(error));
    this.#subscription.on('end', () => this.#stop());
    this.#rosters = rostersOf(core);
    this.#undo = this.#rosters.watch((name) => this.#noticed(name));
    signal?.addEventListener('abort', () => this.close());
    // A WebSocket says itself that its page is gone. The client is asked before it closes its connection.
    globalThis.addEventListener?.('pagehide', this.#leave, true);
    this.#poll();
  }

  get count() {
    return this.#count;
  }

  get members() {
    return this.#members;
  }

  get listed() {
    return this.#isListed;
  }

  get stale() {
    return this.#isStale;
  }

  /** @param {string} type @param {(event: any) => void} f */
  on(type, f) {
    return this.#emitter.on(type, f);
  }

  /** @param {object} [info] */
  async update(info) {
    if (this.#closed.signal.aborted) throw new TailwaterError('closed', 'this presence is closed');
    if (!this.#present) throw new TailwaterError('invalid_request', "nobody sees this client: hand in the option 'present'");
    this.#subscription.wish = {present: true, ...(info && {info}), presence: true};
    // If the connection is lost meanwhile, the next one says it.
    await inform(this.#core, this.#name, info).catch((failure) => {
      if (!asError(failure).retry) throw failure;
    });
  }

  /** @param {{limit?: number, after?: string, signal?: AbortSignal}} [options] */
  async page({limit = 100, after, signal} = {}) {
    const path = `/v1/presence?channel=${encodeURIComponent(this.#name)}&limit=${limit}`;
    return this.#core.http.json(path + (after ? `&after=${encodeURIComponent(after)}` : ''), {signal});
  }

  close() {
    if (this.#closed.signal.aborted) return;
    this.#subscription.unsubscribe();
    this.#stop();
    this.#left(false);
  }

  #stop() {
    this.#closed.abort();
    this.#undo();
    if (!this.#core.feeds.get(this.#name)?.wish.presence) this.#rosters.forget(this.#name);
    globalThis.removeEventListener?.('pagehide', this.#leave, true);
    this.#reject(new TailwaterError('closed', 'this presence is closed'));
  }

  /** @param {Error} error */
  #fail(error) {
    this.#reject(error);
    this.#stop();
    if (!this.#emitter.emit('error', error)) this.#core.tell(asError(error), `presence in ${this.#name}`);
  }

  /** The end of a stream may be a break. This says that it is none. @param {boolean} keepalive */
  #left(keepalive) {
    const {inUse, feeds, http} = this.#core;
    if (!this.#present || !inUse || inUse.kind === 'websocket' || this.#core.isShared?.(this.#name)) return;
    if (!keepalive && feeds.get(this.#name)?.wish.present) return;
    http.json(`/v1/presence/leave?channel=${encodeURIComponent(this.#name)}`, {method: 'POST', keepalive}).catch(() => {});
  }

  /** Polls bring no news of members, so they are asked for; in a tab that reads through another one, too, if that one polls. */
  async #poll() {
    const {signal} = this.#closed, core = this.#core, channel = this.#name;
    /** The link that has brought nothing so far. @type {any} */
    let silent;
    while (!signal.aborted) {
      const link = core.inUse, roster = this.#rosters.of(channel), brings = roster && !roster.isPolled;
      if (link && !brings && core.state === 'live' && !globalThis.document?.hidden && (link === silent || link.kind.endsWith('poll'))) {
        const page = await this.page({limit: PAGE, signal}).catch((failure) => {
          const error = asError(failure);
          if (!error.retry && !signal.aborted) this.#fail(error);
        });
        if (signal.aborted) return;
        if (page) {
          const {count, stale, members = [], next} = page, isListed = !next && (members.length || !count);
          this.#rosters.take(link, {channel, count, stale, first: true, ...(isListed && {members})}, true);
        }
      }
      silent = brings ? undefined : link;
      await core.pause(POLL_MS, signal, link && core.state === 'live' ? 'back' : 'wake');
    }
  }

  /** Tells what differs from what was shown. */
  #show() {
    const roster = this.#rosters.of(this.#name), isStale = !roster || roster.stale || this.#core.state !== 'live', was = this.#members;
    const before = [this.#count, this.#isListed, this.#isStale, this.#isReady].join();
    this.#isStale = isStale;
    /** @type {Member[]} */
    const joined = [], changed = [];
    /** @type {Member[]} */
    let left = [];
    if (roster) {
      const now = roster.isListed ? new Map(roster.members) : new Map();
      for (const [subject, member] of now) {
        const old = was.get(subject);
        if (!old) joined.push(member);
        else if (JSON.stringify(old) !== JSON.stringify(member)) changed.push(member);
      }
      // Of those that are not listed any more, nobody knows.
      if (roster.isListed) left = [...was.values()].filter(({subject}) => !now.has(subject));
      this.#members = now;
      this.#count = roster.count;
      this.#isListed = roster.isListed;
      this.#isReady = true;
      this.#resolve();
    }
    const after = [this.#count, this.#isListed, this.#isStale, this.#isReady].join();
    if (before === after && !joined.length && !changed.length && !left.length) return;
    this.#emitter.emit('change', {count: this.#count, joined, left, changed});
  }

  /** Something is different, in this channel or anywhere. @param {string} [name] */
  #noticed(name = this.#name) {
    if (name === this.#name) this.#show();
    if (this.#core.state === 'closed') this.#stop();
  }
}

const SEND_MS = 2_000, SHOW_MS = 5_000, TYPISTS = 100, IDLE = 'idle';

/** @param {any} channel @param {import('../../types/presence.js').TypingOptions} [options] @returns {any} */
export const typing = (channel, options = {}) => new Typing(channel, options);

/** Who types in a channel: short-lived events of another channel, each good for a few seconds. */
class Typing {
  /** @type {Emitter<any>} */
  #emitter = new Emitter();
  /** @type {Map<string, {by?: string, info: any, timer: unknown}>} */
  #typists = new Map();
  #who = /** @type {{by?: string, info: any}[]} */ ([]);
  #sentAt = -Infinity;
  #isTyping = false;
  #isOver = false;
  #id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(36)).join('');
  #core;
  #name;
  #info;
  #subscription;

  /** @param {any} channel @param {import('../../types/presence.js').TypingOptions} options */
  constructor(channel, {in: name = channel.name.replace(/^[^:]*/, 'typing'), info, signal}) {
    this.#core = channel[INTERNALS];
    this.#name = name;
    this.#info = info;
    const own = new channel.constructor(this.#core, name);
    this.#subscription = own.subscribe((/** @type {any} */ event) => this.#heard(event), {signal});
    this.#subscription.on('end', () => this.close());
    this.#subscription.on('error', (/** @type {Error} */ error) => {
      this.#isOver = true;
      this.#clear();
      if (!this.#emitter.emit('error', error)) this.#core.tell(asError(error), `typing in ${this.#name}`);
    });
    signal?.addEventListener('abort', () => this.close());
  }

  get who() {
    return this.#who;
  }

  /** @param {string} type @param {(event: any) => void} f */
  on(type, f) {
    return this.#emitter.on(type, f);
  }

  start() {
    const now = this.#core.clock.now();
    if (this.#isOver || (this.#isTyping && now - this.#sentAt < SEND_MS)) return;
    this.#isTyping = true;
    this.#sentAt = now;
    this.#send('typing');
  }

  stop() {
    if (!this.#isTyping) return;
    this.#isTyping = false;
    this.#send(IDLE);
  }

  close() {
    this.stop();
    this.#isOver = true;
    this.#subscription.unsubscribe();
    this.#clear();
  }

  /** What is worth nothing a moment later is sent now or never. @param {string} type */
  #send(type) {
    const core = this.#core, content = {channel: this.#name, type, data: {...this.#info, from: this.#id}};
    if (core.state !== 'live') return;
    const sent = core.inUse?.ask?.('publish', content, core) ?? core.http.json('/v1/events', {
      method: 'POST', headers: {Accept: '*/*', 'Content-Type': 'application/x-ndjson'}, body: JSON.stringify(content) + '\n',
    });
    sent.catch((/** @type {any} */ failure) => {
      const error = asError(failure);
      if (!error.retry) this.#emitter.emit('error', error);
    });
  }

  /** @param {any} event */
  #heard({by, type, data}) {
    const {from, ...info} = Object(data);
    if (from === this.#id) return;
    const key = by ?? from ?? '';
    if (type !== IDLE && !this.#typists.has(key) && this.#typists.size >= TYPISTS) return;
    this.#core.clock.clearTimeout(this.#typists.get(key)?.timer);
    const was = JSON.stringify(this.#who);
    if (type === IDLE) this.#typists.delete(key);
    else {
      const timer = this.#core.clock.setTimeout(() => {
        this.#typists.delete(key);
        this.#changed(JSON.stringify(this.#who));
      }, SHOW_MS);
      this.#typists.set(key, {by, info, timer});
    }
    this.#changed(was);
  }

  /** @param {string} was */
  #changed(was) {
    const who = [...this.#typists.values()].map(({by, info}) => ({...(by && {by}), info}));
    if (JSON.stringify(who) === was) return;
    this.#who = who;
    this.#emitter.emit('change', {who});
  }

  #clear() {
    for (const {timer} of this.#typists.values()) this.#core.clock.clearTimeout(timer);
    const was = JSON.stringify(this.#who);
    this.#typists.clear();
    this.#changed(was);
  }
}
