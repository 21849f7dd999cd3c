import {asError, refusal, TailwaterError, unavailable} from './error.js';
import {aborted, bounded, late} from './http.js';

// The last: a newer connection has the session.
const LASTING_CLOSES = [4400, 4403, 4409];
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
 * @typedef {{answer: (frame: any) => void, fail: (error: TailwaterError) => void, call?: any}} Waiting `call`: what was asked,
 *   if its answer may come on the next connection
 * @typedef {{channel: string, after?: string, from?: string, types?: string[]} & import('./reader.js').Wish} Wanted
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
  /** Bytes of a frame. */
  #most = 65_536;
  #heardAt = 0;
  #token = '';
  /** What the next connection presents. */
  #session = '';

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

  /** @param {number} [code] */
  close(code) {
    this.#stop.abort();
    this.#socket?.close(code);
    this.#socket = undefined;
    this.isOpen = false;
    this.#failAll();
  }

  /** Nothing answers any more, except calls if the session goes on. @param {boolean} [goesOn] */
  #failAll(goesOn) {
    for (const [id, {fail, call}] of this.#waiting) {
      if (goesOn && call) continue;
      this.#waiting.delete(id);
      fail(unavailable());
    }
  }

  // ---- The connection

  /** @param {() => void} opened @returns {Promise<import('./core.js').End>} */
  async #once(opened) {
    const core = this.#core, {clock} = core;
    this.#token = this.#connect ? '' : await core.credentials.current();
    if (this.#stop.signal.aborted) return {opened: false};
    const socket = this.#connect?.() ?? new core.WebSocket(
      core.url.replace(/^http/, 'ws') + '/v1/ws' + (this.#session && '?session=' + this.#session), this.#frames.protocol);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    // Its end is told by onclose; some WebSockets throw what nobody listens to.
    socket.onerror = ignore;
    this.#channels.clear();
    /** @type {any} */
    let said = {};
    /** @type {TailwaterError | undefined} */
    let refused;
    /** @type {(end: import('./core.js').End) => void} */
    let ended;
    const end = new Promise((/** @type {typeof ended} */ resolve) => (ended = resolve));
    const begun = clock.setTimeout(() => this.#drop(socket), 2 * core.timeout);
    const open = (/** @type {{session?: string, restored?: boolean}} */ {session = '', restored}) => {
      clock.clearTimeout(begun);
      this.#session = session;
      this.isOpen = true;
      opened();
      this.#begin(restored);
      core.progress(this);
      core.emitter.emit('wake');
    };
    socket.onmessage = ({data}) => {
      if (socket !== this.#socket) return;
      this.#heardAt = clock.now();
      core.emitter.emit('bytes', data.length ?? data.byteLength ?? 0);
      const frame = this.#frames.decode(data);
      if (frame.welcome) {
        this.#most = frame.welcome.limits?.frame ?? this.#most;
        if (!this.#token) return open(frame.welcome);
        // Whose session it was, the token decides.
        this.#ask('auth', {token: this.#token}, ({authed}) => open(authed), (error) => {
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
      this.#failAll(true);
      for (const {feed} of this.#channels.values()) feed.lost(this);
      const error = refused ?? new TailwaterError(code === EXPIRED ? 'unauthorized' : 'unavailable',
        said.reason || reason || `the WebSocket was closed (${code})`, {retry: true});
      if (refused) core.credentials.refused(wasOpen, error).then(ended, (failure) => ended({opened: wasOpen, error: asError(failure)}));
      // What is wrong with a token that was good, the next connection is told.
      else ended({opened: wasOpen, error, retryMs: said.retry_ms, lasting: code === EXPIRED ? !this.#token : LASTING_CLOSES.includes(code)});
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
    this.#waiting.set(id, {answer, fail, call: what === 'call' && content});
    this.#send(id, what, content);
    return id;
  }

  /** @param {number} id @param {string} what @param {object} content */
  #send(id, what, content) {
    this.#socket?.send(/** @type {any} */ (this.#frames.encode({id, [what]: content})));
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
    return this.isOpen && this.#fits(what, content) ? this.#request(what, content, options) : undefined;
  }

  /** @param {string} what @param {object} content */
  #fits(what, content) {
    const encoded = this.#frames.encode({[what]: content});
    const {length} = typeof encoded === 'string' ? new TextEncoder().encode(encoded) : encoded;
    return length <= this.#most - 32;
  }

  /** @param {any} frame */
  #heard({events, pattern, position, live, reset, end, unsubscribed, expiring, presence, push}) {
    if (expiring) this.#renew();
    if (presence) this.#core.emitter.emit('presence', {...presence, link: this});
    if (push) this.#core.pushed(this, push);
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
    if (unsubscribed) feed.refused(new TailwaterError(unsubscribed.code || 'forbidden', 'the token no longer covers it'));
  }

  #renew() {
    const socket = this.#socket, core = this.#core;
    core.renewToken(async (token) => {
      if (socket !== this.#socket) return;
      this.#token = token;
      await this.#request('auth', {token}, core);
    });
  }

  // ---- Channels

  /** The connection is open. @param {boolean} [restored] with the session of the one before */
  #begin(restored) {
    if (restored) return this.#resume(this.#missing());
    for (const [id, {fail, call}] of this.#waiting) {
      // With its key, the backend can tell that it was called before.
      if (call?.key) this.#send(id, 'call', call);
      else if (call) fail(unavailable());
    }
    this.follow();
  }

  follow() {
    if (this.isOpen) for (const feed of this.#missing()) this.#subscribe(feed);
  }

  /** Leaves what is not wanted any more. Returns what is not subscribed to. */
  #missing() {
    for (const [channel, {feed}] of this.#channels) {
      if (this.#core.feeds.get(channel) !== feed) this.#unsubscribe(channel);
    }
    return this.#core.feedsOf(this).filter(({channel, edition, wish}) => {
      const asked = this.#channels.get(channel);
      // Another info is said by a frame of its own, so that its subject is not gone meanwhile.
      if (asked?.edition === edition && asked.wish.present === wish.present && asked.wish.presence === wish.presence) return false;
      if (asked) this.#unsubscribe(channel);
      return true;
    });
  }

  /** @param {string} channel */
  #unsubscribe(channel) {
    this.#channels.delete(channel);
    this.#ask('unsubscribe', {channel}, ignore, ignore);
  }

  /** @param {Feed} feed */
  #subscribe(feed) {
    const {wanted, opened, failed} = this.#want(feed);
    this.#ask('subscribe', wanted, ({subscribed}) => opened(subscribed.position), failed);
  }

  /** Subscribes with one frame, if one can hold them. @param {Feed[]} feeds */
  #resume(feeds) {
    const all = feeds.map((feed) => this.#want(feed)), content = {subscriptions: all.map(({wanted}) => wanted)};
    const alone = () => all.forEach(({failed}) => failed());
    if (!all.length || !this.#fits('resume', content)) return alone();
    this.#ask('resume', content, ({resumed}) => all.forEach(({opened, failed}, i) => {
      const {position, code} = resumed.subscriptions[i];
      // Asked for alone, it is told whether it may be asked for again.
      code ? failed() : opened(position);
    }), alone);
  }

  /** @param {Feed} feed */
  #want(feed) {
    const begins = feed.begins(), {channel, edition, types, wish} = feed, asked = {feed, edition, open: false, wish};
    this.#channels.set(channel, asked);
    const mine = () => this.#channels.get(channel) === asked;
    return {
      /** @type {Wanted} */
      wanted: {channel, after: begins.wide ?? begins.after, from: begins.from, types, ...wish},
      /** @param {string} position */
      opened: (position) => {
        if (!mine()) return;
        // What comes before this answer is of an earlier subscription.
        asked.open = true;
        if (feed.opened(edition, begins, position)) return this.#core.progress(this);
        this.#unsubscribe(channel);
        this.follow();
      },
      /** @param {TailwaterError} [error] */
      failed: (error) => {
        if (!mine() || !this.isOpen) return;
        this.#channels.delete(channel);
        if (!error) this.follow();
        else if (!error.retry) feed.refused(error);
        else this.#core.pause(1_000 * (1 + this.#core.clock.random()), this.#stop.signal).then(() => this.follow());
      },
    };
  }
}

const ignore = () => {};
