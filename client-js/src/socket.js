import {asError, refusal, TailwaterError, unavailable} from './error.js';
import {aborted, bounded, late} from './http.js';

const LASTING_CLOSES = new Set([4400, 4403]);
const EXPIRED = 4401;

/** @type {import('../types/client.js').Frames} */
export const jsonFrames = {
  protocol: 'tailwater.v1.json',
  encode: JSON.stringify,
  decode: (data) => JSON.parse(data),
};

/**
 * @typedef {import('./feed.js').Feed} Feed
 * @typedef {{feed: Feed, edition: number, open: boolean, wish: import('./reader.js').Wish}} Subscribed what was last asked for a channel
 * @typedef {{answer: (frame: any) => void, fail: (error: TailwaterError) => void}} Waiting
 */

/**
 * A WebSocket for everything. Owned by the core.
 *
 * @implements {Link}
 * @typedef {import('./core.js').Link} Link
 */
export class SocketLink {
  kind = /** @type {const} */ ('websocket');
  isOpen = false;
  #core;
  #connect;
  #frames;
  #stop = new AbortController();
  /** @type {WebSocket | undefined} */
  #socket;
  /** @type {Map<string, Subscribed>} */
  #channels = new Map();
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  #lastId = 0;
  #limits = {frame: 65_536};
  #heardAt = 0;
  #token = '';

  /**
   * @param {import('./core.js').Core} core
   * @param {() => WebSocket} [connect] to something else than the platform, which asks for no token
   * @param {import('../types/client.js').Frames} [frames]
   */
  constructor(core, connect, frames = core.options.frames ?? jsonFrames) {
    this.#core = core;
    this.#connect = connect;
    this.#frames = frames;
    core.persist(this, this.#stop.signal, (opened) => this.#once(opened));
  }

  /** @returns {boolean} */
  get isReady() {
    return this.isOpen && this.#core.feedsOf(this).every(({channel, edition}) => {
      const asked = this.#channels.get(channel);
      return Boolean(asked?.open && asked.edition === edition);
    });
  }

  close() {
    this.#stop.abort();
    this.#socket?.close();
    this.#socket = undefined;
    this.isOpen = false;
    this.#failAll(unavailable());
  }

  /** @param {TailwaterError} error */
  #failAll(error) {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const {fail} of waiting) fail(error);
  }

  // ---- The connection

  /** @param {() => void} opened @returns {Promise<import('./core.js').End>} */
  async #once(opened) {
    const core = this.#core, {clock} = core;
    this.#token = this.#connect ? '' : await core.credentials.current();
    if (this.#stop.signal.aborted) return {opened: false};
    const socket = this.#connect?.() ?? new core.WebSocket(core.url.replace(/^http/, 'ws') + '/v1/ws', this.#frames.protocol);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    // Its end is told by onclose; some WebSockets throw what nobody listens to.
    socket.onerror = () => {};
    this.#channels.clear();
    /** @type {any} */
    let said = {};
    /** @type {TailwaterError | undefined} */
    let refused;
    /** @type {(end: import('./core.js').End) => void} */
    let ended = () => {};
    const end = new Promise((/** @type {typeof ended} */ resolve) => (ended = resolve));
    const begun = clock.setTimeout(() => this.#drop(socket), 2 * core.timeout);
    const open = () => {
      clock.clearTimeout(begun);
      this.isOpen = true;
      opened();
      this.follow();
      core.progress(this);
      core.emitter.emit('wake', null);
    };
    socket.onmessage = ({data}) => {
      if (socket !== this.#socket) return;
      this.#heardAt = clock.now();
      core.emitter.emit('bytes', data.length ?? data.byteLength ?? 0);
      const frame = this.#frames.decode(data);
      if (frame.welcome) {
        this.#limits = {...this.#limits, ...frame.welcome.limits};
        if (!this.#token) return open();
        this.#ask('auth', {token: this.#token}, open, (error) => {
          refused = error;
          this.#drop(socket);
        });
      } else if (frame.disconnect) said = frame.disconnect;
      else if (frame.id) this.#answered(frame);
      else this.#heard(frame);
    };
    socket.onclose = ({code, reason}) => {
      clock.clearTimeout(begun);
      const wasOpen = this.isOpen;
      if (socket === this.#socket) this.#socket = undefined;
      this.isOpen = false;
      this.#failAll(unavailable());
      for (const {feed} of this.#channels.values()) feed.lost(this);
      const error = refused ?? new TailwaterError(code === EXPIRED ? 'unauthorized' : 'unavailable',
        said.reason || reason || `the WebSocket was closed (${code})`, {retry: true});
      if (refused) core.credentials.refused(wasOpen, error).then(ended, (failure) => ended({opened: wasOpen, error: asError(failure)}));
      // What is wrong with a token that was good, the next connection is told.
      else ended({opened: wasOpen, error, retryMs: said.retry_ms, lasting: code === EXPIRED ? !this.#token : LASTING_CLOSES.has(code)});
    };
    return end;
  }

  /** Ends a connection at once, without waiting for the other side. @param {WebSocket} socket */
  #drop(socket) {
    const {onclose} = socket;
    socket.onclose = socket.onmessage = null;
    socket.close();
    onclose?.call(socket, /** @type {any} */ ({code: 1006, reason: ''}));
  }

  probe() {
    const socket = this.#socket, asked = this.#core.clock.now();
    if (!socket || !this.isOpen) return;
    const alive = () => {
      if (socket === this.#socket && this.#heardAt < asked) this.#drop(socket);
    };
    this.ping(2 * this.#core.timeout).catch(alive);
  }

  // ---- Frames

  /**
   * @param {string} what
   * @param {object} content
   * @param {(frame: any) => void} answer
   * @param {(error: TailwaterError) => void} fail
   */
  #ask(what, content, answer, fail) {
    const id = ++this.#lastId;
    this.#waiting.set(id, {answer, fail});
    this.#socket?.send(/** @type {any} */ (this.#frames.encode({id, [what]: content})));
    return id;
  }

  /** @param {any} frame */
  #answered(frame) {
    const waiting = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    if (!waiting) return;
    if (frame.error) waiting.fail(refusal(frame.error));
    else waiting.answer(frame);
  }

  /**
   * @param {string} what
   * @param {object} content
   * @param {{timeout: number, signal?: AbortSignal}} options
   * @returns {Promise<any>}
   */
  #request(what, content, {timeout, signal}) {
    const limit = bounded(this.#core.clock, timeout, signal);
    let id = 0;
    return new Promise((resolve, reject) => {
      limit.signal.addEventListener('abort', () => reject(limit.late() ? late(timeout) : aborted()));
      id = this.#ask(what, content, resolve, reject);
    }).finally(() => {
      limit.end();
      this.#waiting.delete(id);
    });
  }

  /** @param {number} timeout */
  ping(timeout) {
    return this.isOpen ? this.#request('ping', {}, {timeout}) : Promise.reject(unavailable());
  }

  /** @param {string} what @param {object} content @param {{timeout: number, signal?: AbortSignal}} options */
  ask(what, content, options) {
    const encoded = this.#frames.encode({[what]: content});
    const {length} = typeof encoded === 'string' ? new TextEncoder().encode(encoded) : encoded;
    return this.isOpen && length <= this.#limits.frame - 32 ? this.#request(what, content, options) : undefined;
  }

  /** @param {any} frame */
  #heard({events, pattern, position, live, reset, end, unsubscribed, expiring, presence}) {
    if (expiring) this.#renew();
    if (presence) this.#core.emitter.emit('presence', {...presence, link: this});
    // A frame is about one channel or pattern.
    const channel = pattern || (events?.[0] ?? live ?? reset ?? end ?? unsubscribed)?.channel;
    const {feed, edition = 0, open} = this.#channels.get(channel) ?? {};
    if (!open || !feed) return;
    for (const event of events ?? []) {
      // An ephemeral event has no position: of two links, one counts.
      if (event.id !== undefined || this === this.#core.inUse) feed.take(edition, event);
    }
    if (position || live?.position) feed.moved(edition, position || live.position);
    if (live) feed.reached(edition, this);
    if (reset) feed.reset(edition, reset, reset.position);
    if (end || unsubscribed) this.#channels.delete(channel);
    if (end) feed.ended(edition);
    if (unsubscribed) feed.refused(new TailwaterError(unsubscribed.code || 'forbidden', 'the token does not cover this channel any more'));
  }

  async #renew() {
    const {credentials} = this.#core, socket = this.#socket;
    if (!credentials.renewable) return;
    try {
      const token = await credentials.renew('expiring');
      if (socket !== this.#socket || !socket) return;
      this.#token = token;
      await this.#request('auth', {token}, this.#core);
    } catch (error) {
      // The token that is in use may be good for a moment longer; its end closes the connection.
      this.#core.tell(asError(error), 'token');
    }
  }

  // ---- Channels

  follow() {
    if (!this.isOpen) return;
    for (const [channel, {feed}] of this.#channels) {
      if (this.#core.feeds.get(channel) !== feed) this.#unsubscribe(channel);
    }
    for (const feed of this.#core.feedsOf(this)) {
      const {channel, wish} = feed, asked = this.#channels.get(channel);
      // Another info is said by a frame of its own, so that its subject is not gone meanwhile.
      if (asked?.edition === feed.edition && asked.wish.present === wish.present && asked.wish.presence === wish.presence) continue;
      if (asked) this.#unsubscribe(channel);
      this.#subscribe(channel, feed);
    }
  }

  /** @param {string} channel */
  #unsubscribe(channel) {
    this.#channels.delete(channel);
    this.#ask('unsubscribe', {channel}, ignore, ignore);
  }

  /** @param {string} channel @param {Feed} feed */
  #subscribe(channel, feed) {
    const begins = feed.begins(), {edition, types, wish} = feed, asked = {feed, edition, open: false, wish};
    this.#channels.set(channel, asked);
    const mine = () => this.#channels.get(channel) === asked;
    this.#ask('subscribe', {channel, after: begins.wide ?? begins.after, from: begins.from, types, ...wish}, ({subscribed}) => {
      if (!mine()) return;
      // What comes before this answer is of an earlier subscription.
      asked.open = true;
      if (feed.opened(asked.edition, begins, subscribed.position)) return this.#core.progress(this);
      this.#unsubscribe(channel);
      this.follow();
    }, (error) => {
      if (!mine() || !this.isOpen) return;
      this.#channels.delete(channel);
      if (!error.retry) feed.refused(error);
      else this.#core.pause(1_000 * (1 + this.#core.clock.random()), this.#stop.signal).then(() => this.follow());
    });
  }
}

const ignore = () => {};