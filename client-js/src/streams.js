import {asError, refusal, unavailable} from './error.js';
import {aborted} from './http.js';
import {SseParser} from './sse.js';

const CHANNELS = 32, URL_LENGTH = 7_000;
const LONG_WAIT_S = 25, SHORT_PAUSE_MS = 3_000, LIMIT = 500;
const SILENT_BEATS = 2.5, HIDDEN_FACTOR = 4;

/**
 * @typedef {import('./core.js').Core} Core
 * @typedef {import('./core.js').End} End
 * @typedef {import('./feed.js').Feed} Feed
 * @typedef {import('./feed.js').Start} Start
 * @typedef {{feed: Feed, edition: number, begins: Start, about: string}} Asked
 */

/**
 * Event streams or polls, each for up to 32 channels. Owned by the core.
 *
 * @implements {Link}
 * @typedef {import('./core.js').Link} Link
 */
export class StreamLink {
  /** @type {Set<Group>} */
  #groups = new Set();
  #core;
  #closed = false;

  /** @param {Core} core @param {'sse' | 'long-poll' | 'short-poll'} kind */
  constructor(core, kind) {
    this.#core = core;
    this.kind = kind;
  }

  get isOpen() {
    return [...this.#groups].some((group) => group.isOpen);
  }

  /** @returns {boolean} */
  get isReady() {
    return this.#core.feedsOf(this).every((feed) => [...this.#groups].some(({feeds, isReady}) => isReady && feeds.has(feed)));
  }

  follow() {
    if (this.#closed) return;
    const {feeds} = this.#core, placed = new Set();
    for (const group of this.#groups) {
      for (const feed of group.feeds) {
        if (feeds.get(feed.channel) === feed && group.suits(feed)) placed.add(feed);
        else group.feeds.delete(feed);
      }
    }
    for (const feed of this.#core.feedsOf(this)) {
      if (placed.has(feed)) continue;
      const group = [...this.#groups].find((one) => one.hasRoomFor(feed)) ?? new Group(this.#core, this);
      this.#groups.add(group);
      group.feeds.add(feed);
    }
    for (const group of this.#groups) {
      if (!group.feeds.size) this.#groups.delete(group);
      group.follow();
    }
  }

  /** Whether a group brings pushes: one of them does, if the page listens. @param {Group} group */
  pushes(group) {
    return this.#core.emitter.has('push') && group === [...this.#groups][0];
  }

  /** @param {number} timeout */
  ping(timeout) {
    return this.#core.http.ping(timeout);
  }

  probe() {
    for (const group of this.#groups) group.probe();
  }

  close() {
    this.#closed = true;
    for (const group of this.#groups) group.close();
  }
}

/** The channels of one request. */
class Group {
  /** @type {Set<Feed>} */
  feeds = new Set();
  isOpen = false;
  #core;
  #link;
  #stop = new AbortController();
  #call = new AbortController();
  /** @type {Asked[]} */
  #asked = [];
  #started = false;
  #changed = false;
  #pushes = false;
  #heardAt = 0;
  #silentMs = Infinity;

  /** @param {Core} core @param {StreamLink} link */
  constructor(core, link) {
    this.#core = core;
    this.#link = link;
  }

  /** @param {Feed} feed */
  hasRoomFor(feed) {
    let length = 200;
    for (const {channel} of [...this.feeds, feed]) length += encodeURIComponent(channel).length + 80;
    return this.feeds.size < CHANNELS && length < URL_LENGTH && this.suits(feed);
  }

  /** A request has one list of types, and one wish. A pattern is alone, as nothing tells its events from those of a channel. @param {Feed} feed */
  suits(feed) {
    return [...this.feeds].every((other) =>
      other === feed || (!feed.isPattern && !other.isPattern && about(other) === about(feed)));
  }

  get isReady() {
    return this.isOpen && this.#fits();
  }

  /** Whether the last request still fits what the readers want. */
  #fits() {
    return this.#asked.length === this.feeds.size && this.#pushes === this.#link.pushes(this) &&
      this.#asked.every(({feed, edition, about: was}) => this.feeds.has(feed) && edition === feed.edition && was === about(feed));
  }

  follow() {
    if (!this.feeds.size) return this.close();
    if (!this.#started) {
      this.#started = true;
      this.#core.persist(this.#link, this.#stop.signal, (opened) => this.#once(opened));
    } else if (!this.#fits()) this.#again();
  }

  /** Another request takes the place of this one. An event stream keeps the token that it came with. */
  #again() {
    this.#changed = true;
    this.#call.abort();
  }

  probe() {
    if (this.#core.clock.now() - this.#heardAt > this.#silentMs) this.#call.abort();
  }

  close() {
    this.isOpen = false;
    this.#stop.abort();
    this.#call.abort();
  }

  /** @param {() => void} opened @returns {Promise<End>} */
  async #once(opened) {
    const call = (this.#call = new AbortController());
    this.#changed = false;
    this.#pushes = this.#link.pushes(this);
    let end;
    try {
      end = await (this.#link.kind === 'sse' ? this.#stream(call.signal, opened) : this.#polls(call.signal, opened));
    } catch (error) {
      end = this.#changed ? {opened: true, again: true} : await this.#judge(asError(error));
    }
    call.abort();
    this.isOpen = false;
    if (!this.#changed) for (const feed of this.feeds) feed.lost(this.#link);
    return this.#changed ? {opened: true, again: true} : end;
  }

  /** What a failure means. @param {import('./error.js').TailwaterError} error @returns {Promise<End>} */
  async #judge(error) {
    // Given up here: because this link is closed, or nothing came for too long.
    if (error.code === 'aborted') return {opened: false, error: unavailable('silent for too long')};
    if (/^(token|unauth)/.test(error.code)) return this.#core.credentials.refused(false, error);
    if (error.retry || /^(http_|origin)/.test(error.code)) return {opened: false, error, lasting: error.code === 'origin_denied'};
    // One of the channels is refused, and with it all of them: each is asked for alone.
    for (const feed of [...this.feeds]) {
      // Of presence, one answer is about all.
      const alone = this.feeds.size > 1 && !(feed.wish.presence && error.code === 'invalid_request');
      const answer = alone ? await this.#core.http.json(this.#path([ask(feed)], 'limit=1')).catch(asError) : error;
      if (answer?.retry === false) feed.refused(answer);
    }
    return {opened: false, error};
  }

  // ---- Requests

  /** @param {Asked[]} all @param {string} more */
  #path(all, more) {
    const {begins: {wide}, feed: {types, wish}} = all[0];
    let path = '/v1/events?';
    /** @param {string} name @param {unknown} value */
    const add = (name, value) => {
      if (value !== undefined) path += `${name}=${encodeURIComponent(String(value))}&`;
    };
    const one = all.every(({begins}) => begins.wide === wide) ? wide : undefined;
    const each = one === undefined && all.some(({begins}) => begins.after);
    for (const {feed, begins} of all) {
      add('channel', feed.channel);
      if (each) add('after', begins.after ?? '');
    }
    add('after', one);
    add('from', all.find(({begins}) => begins.from)?.begins.from);
    add('types', types);
    // Only streams tell who is present.
    for (const [name, value] of Object.entries(wish)) if (name !== 'presence' || more[0] === 'e') add(name, JSON.stringify(value));
    add('ticket', /** @type {{ticket?: string}} */ (this.#core.options).ticket);
    return path + more;
  }

  /** As many channels as one request can name: without positions they have to begin alike. */
  #choose() {
    const all = [...this.feeds].map(ask), from = all.find(({begins}) => begins.from)?.begins.from;
    return all.filter(({begins}) => begins.from === undefined || begins.from === from);
  }

  /** @param {string} channel */
  #of(channel) {
    return this.#asked.find(({feed}) => feed.isPattern || feed.channel === channel);
  }

  /** @param {any[]} events @param {string} [position] */
  #take(events, position) {
    for (const event of events) {
      const asked = this.#of(event.channel);
      // An ephemeral event has no position: of two links, one counts.
      if (asked && (event.id !== undefined || this.#link === this.#core.inUse)) asked.feed.take(asked.edition, event, position);
    }
  }

  /** A position of this group's channels has come. @param {string} text */
  #position(text) {
    if (this.#asked.length > 1) for (const {feed, edition} of this.#asked) feed.widened(edition, text);
    else if (this.#asked.length) this.#asked[0].feed.moved(this.#asked[0].edition, text);
  }

  /** @param {string} channel */
  #end(channel) {
    const asked = this.#of(channel);
    this.#asked = this.#asked.filter((one) => one !== asked);
    asked?.feed.ended(asked.edition);
    // The channel is gone on both sides: nothing has to begin again.
    if (asked) this.feeds.delete(asked.feed);
  }

  // ---- Event streams

  /** @param {AbortSignal} signal @param {() => void} opened @returns {Promise<End>} */
  async #stream(signal, opened) {
    const {http, clock, timeout, emitter} = this.#core;
    this.#asked = this.#choose();
    const path = this.#path(this.#asked, 'envelope=true' + (this.#pushes ? '&push=true' : ''));
    const answer = await http.send(path, {headers: {Accept: 'text/event-stream'}, signal, timeout: 2 * timeout});
    if (answer.status === 204) {
      for (const {feed} of [...this.#asked]) this.#end(feed.channel);
      return {opened: true, again: true};
    }
    const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
    signal.addEventListener('abort', () => reader.cancel().catch(() => {}));
    /** @type {End | undefined} */
    let end;
    let wide = '';
    const parser = new SseParser(({type, data, id}) => {
      if (id) wide = id;
      if (!type) return this.#take([JSON.parse(data)], id);
      const content = JSON.parse(data), asked = this.#of(content.channel);
      if (type === 'tw.open') {
        this.#silentMs = SILENT_BEATS * content.heartbeat_ms;
        this.isOpen = true;
        const fit = this.#asked.map((one) => one.feed.opened(one.edition, one.begins, content.positions[one.feed.channel]));
        opened();
        emitter.emit('wake');
        if (!fit.every(Boolean) || !this.#fits()) this.#again();
      } else if (type === 'tw.live') {
        if (id) this.#position(id);
        asked?.feed.reached(asked.edition, this.#link);
      } else if (type === 'tw.reset') asked?.feed.reset(asked.edition, content, id);
      else if (type === 'tw.end') this.#end(content.channel);
      else if (type === 'tw.presence') emitter.emit('presence', {...content, link: this.#link});
      else if (type === 'tw.push') this.#core.pushed(this.#link, content);
      else if (type === 'tw.retry') {
        end = {opened: this.isOpen, error: refusal({...content, retry: true}, content.retry_ms)};
      } else if (type === 'tw.expiring') this.#core.renewToken(() => this.#again());
    });
    this.#silentMs = 2 * timeout;
    this.#heardAt = clock.now();
    const watch = () => {
      const limit = this.#silentMs * (this.isOpen && this.#core.hidden ? HIDDEN_FACTOR : 1);
      const left = this.#heardAt + limit - clock.now();
      if (left <= 0) this.#call.abort();
      else timer = clock.setTimeout(watch, left);
    };
    let timer = clock.setTimeout(watch, this.#silentMs);
    try {
      for (;;) {
        const {done, value} = await reader.read();
        if (done || signal.aborted) break;
        this.#heardAt = clock.now();
        emitter.emit('bytes', value.length);
        parser.feed(value);
      }
    } finally {
      clock.clearTimeout(timer);
      // Where it is cut, each channel is contained in the position of all.
      if (wide && this.#asked.length > 1) this.#position(wide);
    }
    if (!this.feeds.size) return {opened: true, again: true};
    return end ?? {opened: this.isOpen, retryMs: parser.retryMs};
  }

  // ---- Polls

  /** @param {AbortSignal} signal @param {() => void} opened @returns {Promise<End>} */
  async #polls(signal, opened) {
    const {http, timeout, emitter} = this.#core, isLong = this.#link.kind === 'long-poll';
    const open = () => {
      if (this.isOpen) return;
      this.isOpen = true;
      opened();
      emitter.emit('wake');
    };
    // A channel without a position is asked for alone: its answer has a position of its own.
    for (const feed of [...this.feeds]) {
      if (feed.begins().from === undefined) continue;
      this.#asked = [ask(feed)];
      const page = await http.json(this.#path(this.#asked, `limit=${LIMIT}`), {signal});
      this.#turn(page, true);
      open();
    }
    if (!this.feeds.size) return {opened: true, again: true};
    this.#asked = [...this.feeds].map(ask);
    if (this.#asked.some(({begins}) => begins.from !== undefined)) return {opened: true, again: true};
    for (let first = true; ; first = false) {
      for (const asked of this.#asked) asked.begins = asked.feed.begins();
      const wait = isLong && !first ? LONG_WAIT_S : 0;
      const page = await http.json(this.#path(this.#asked, `limit=${LIMIT}${wait ? `&wait=${wait}` : ''}`),
        {signal, timeout: timeout + wait * 1000});
      this.#turn(page, false);
      open();
      if (first) this.#core.progress(this.#link);
      if (!this.feeds.size || !this.#fits()) return {opened: true, again: true};
      if (page.live && !isLong) await this.#core.pause(SHORT_PAUSE_MS, signal);
      if (signal.aborted) throw aborted();
    }
  }

  /** @param {any} page @param {boolean} isFirst */
  #turn(page, isFirst) {
    const all = [...this.#asked];
    if (!page) {
      for (const {feed} of all) this.#end(feed.channel);
      return;
    }
    this.#heardAt = this.#core.clock.now();
    if (isFirst) {
      // Nothing says where an answer begins: right before its first event that has a position.
      const [{feed, edition, begins}] = all, first = page.events.find((/** @type {any} */ event) => event.id)?.id;
      if (!feed.opened(edition, begins, !first ? page.next : feed.isPattern ? '' : before(first))) return;
    }
    for (const reset of page.resets) {
      const asked = this.#of(reset.channel);
      asked?.feed.reset(asked.edition, reset, page.next);
    }
    this.#take(page.events);
    this.#position(page.next);
    for (const channel of page.ended) this.#end(channel);
    if (page.live) for (const {feed, edition} of all) if (this.feeds.has(feed)) feed.reached(edition, this.#link);
  }
}

/** @param {Feed} feed @returns {Asked} */
const ask = (feed) => ({feed, edition: feed.edition, begins: feed.begins(), about: about(feed)});

/** What a request says once for all its channels. @param {Feed} feed */
const about = ({types, wish}) => JSON.stringify([types, wish]);

/** @param {string} id */
const before = (id) => id.replace(/-(\d+)$/, (_, /** @type {any} */ offset) => `-${offset - 1}`);
