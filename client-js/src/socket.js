import {asError, refusal, TailwaterError, unavailable} from './error.js';
import {aborted, late} from './http.js';

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
 * @typedef {{feed: Feed, edition: number, open: boolean}} Subscribed what was last asked for a channel
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
    this.#failAll(unavailable('the connection was closed'));
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
      this.update();
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
      for (const {feed} of this.#channels.values()) if (this === core.current) feed.lost();
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
    const {clock} = this.#core;
    let id = 0;
    /** @type {unknown} */
    let timer;
    /** @type {() => void} */
    let abort = () => {};
    return new Promise((resolve, reject) => {
      abort = () => reject(aborted());
      timer = clock.setTimeout(() => reject(late(timeout)), timeout);
      id = this.#ask(what, content, resolve, reject);
      signal?.addEventListener('abort', abort);
    }).finally(() => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      this.#waiting.delete(id);
    });
  }

  /** @param {number} timeout */
  ping(timeout) {
    return this.isOpen ? this.#request('ping', {}, {timeout}) : Promise.reject(unavailable());
  }

  /** @param {string} what @param {object} content @param {{timeout: number, signal?: AbortSignal}} options */
  ask(what, content, options) {
    const encoded = this.#frames.encode({[what]: content}), room = this.#limits.frame - 32;
    const fits = encoded.length * (typeof encoded === 'string' ? 3 : 1) <= room ||
      (typeof encoded === 'string' && new TextEncoder().encode(encoded).length <= room);
    return this.isOpen && fits ? this.#request(what, content, options) : undefined;
  }

  /** @param {any} frame */
  #heard({events, pattern, position, live, reset, end, unsubscribed, expiring}) {
    const one = (/** @type {string} */ channel) => {
      const asked = this.#channels.get(channel);
      return asked?.open ? asked : undefined;
    };
    for (const event of events ?? []) {
      const asked = one(pattern || event.channel);
      // An ephemeral event has no position: of two links, one counts.
      if (asked && (event.id !== undefined || this === this.#core.current)) asked.feed.take(asked.edition, event);
    }
    if (position) {
      const asked = one(pattern);
      asked?.feed.moved(asked.edition, position);
    }
    if (live) {
      const asked = one(live.channel);
      if (live.position) asked?.feed.moved(asked.edition, live.position);
      asked?.feed.reached(asked.edition);
    }
    if (reset) {
      const asked = one(reset.channel);
      asked?.feed.reset(asked.edition, reset, reset.position);
    }
    if (end) {
      const asked = one(end.channel);
      this.#channels.delete(end.channel);
      asked?.feed.ended(asked.edition);
    }
    if (unsubscribed) {
      const asked = one(unsubscribed.channel);
      this.#channels.delete(unsubscribed.channel);
      asked?.feed.refused(new TailwaterError(unsubscribed.code || 'forbidden', 'the token does not cover this channel any more'));
    }
    if (expiring) this.#renew();
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

  update() {
    if (!this.isOpen) return;
    for (const [channel, {feed}] of this.#channels) {
      if (this.#core.feeds.get(channel) !== feed) this.#unsubscribe(channel);
    }
    for (const feed of this.#core.feedsOf(this)) {
      const {channel} = feed, asked = this.#channels.get(channel);
      if (asked?.edition === feed.edition) continue;
      if (asked) this.#unsubscribe(channel);
      this.#subscribe(channel, feed);
    }
  }

  /** @param {string} channel */
  #unsubscribe(channel) {
    this.#channels.delete(channel);
    this.#ask('unsubscribe', {channel}, () => {}, () => {});
  }

  /** @param {string} channel @param {Feed} feed */
  #subscribe(channel, feed) {
    const start = feed.start(), asked = {feed, edition: feed.edition, open: false};
    this.#channels.set(channel, asked);
    const after = start.wide ?? start.after, {types} = feed;
    const mine = () => this.#channels.get(channel) === asked;
    this.#ask('subscribe', after === undefined ? {channel, from: start.from, types} : {channel, after, types}, ({subscribed}) => {
      if (!mine()) return;
      // What comes before this answer is of an earlier subscription.
      asked.open = true;
      if (feed.opened(asked.edition, start, subscribed.position)) return this.#core.progress(this);
      this.#unsubscribe(channel);
      this.update();
    }, (error) => {
      if (!mine() || !this.isOpen) return;
      this.#channels.delete(channel);
      if (!error.retry) feed.refused(error);
      else this.#core.pause(1_000 * (1 + this.#core.clock.random()), this.#stop.signal).then(() => this.update());
    });
  }
}
