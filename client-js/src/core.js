import {backoff, ceiling} from './backoff.js';
import {decoded} from './bytes.js';
import {systemClock} from './clock.js';
import {Credentials} from './credentials.js';
import {Emitter, listen} from './emitter.js';
import {asError, invalid, TailwaterError, unavailable} from './error.js';
import {Feed} from './feed.js';
import {aborted, Http} from './http.js';
import {Quality} from './quality.js';
import {SocketLink} from './socket.js';
import {StreamLink} from './streams.js';

/**
 * @typedef {import('../types/client.js').Transport} Transport
 * @typedef {import('../types/client.js').OutboxEntry} OutboxEntry
 * @typedef {{opened: boolean, error?: TailwaterError, again?: boolean, lasting?: boolean, retryMs?: number}} End
 *   how one connection ended
 */

/**
 * A way to the platform, for all channels of the client. It reconnects by itself until it is closed.
 *
 * @typedef {object} Link
 * @property {Transport} kind
 * @property {boolean} isOpen whether it is connected now
 * @property {boolean} isReady whether it stands in every channel
 * @property {() => void} follow the channels, or where they begin, have changed
 * @property {(what: string, content: object, options: {timeout: number, signal?: AbortSignal}) => Promise<any> | undefined}
 *     [ask] the answer to a frame; undefined if it cannot be sent now
 * @property {(timeout: number) => Promise<unknown>} ping
 * @property {() => void} probe find out now whether the connection still stands
 * @property {(code?: number) => void} close
 */

/** @type {Transport[]} */
export const LADDER = ['websocket', 'sse', 'long-poll', 'short-poll'];
const PING_EVERY_MS = 30_000, PONG_MS = 3_000, TICK_MS = 5_000, SLEPT_MS = 15_000;

/**
 * What a client consists of: its feeds, and the link that serves them. It chooses the transport, and lets a new link open
 * before the old one is closed; as each event has a position, what both bring counts once.
 */
export class Core {
  /** @type {Emitter<import('../types/client.js').ClientEvents & {ping: number | null, wake: null, back: null,
   *   lost: End, bytes: number, queued: OutboxEntry, presence: any}>} */
  emitter = new Emitter();
  /** @type {Map<string, Feed>} */
  feeds = new Map();
  /** @type {import('../types/client.js').State} */
  state = 'connecting';
  /** @type {Link | undefined} */
  inUse;
  /** @type {Link | undefined} */
  #next;
  #why = '';
  #quality;
  #pings = false;
  #ticked = 0;
  #changing = false;
  #frames = false;
  /** Reads patterns that are read here already. @type {Core | undefined} */
  #more;
  /** @type {import('./outbox.js').Sender | undefined} */
  sender;
  /** @type {(() => void)[]} */
  #undo = [];
  /** @type {unknown} */
  #ticker;

  /** @param {import('../types/client.js').ClientOptions} options */
  constructor(options) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.timeout = options.timeout ?? 5_000;
    this.backoff = {min: 500, max: 30_000, attempts: Infinity, ...options.backoff};
    this.WebSocket = options.WebSocket ?? globalThis.WebSocket;
    this.fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    const url = options.url ?? globalThis.location?.origin;
    if (!url) throw invalid('set the option url');
    this.url = new URL(url).origin;
    const transport = options.transport ?? 'auto';
    if (transport !== 'auto' && !LADDER.includes(transport)) {
      throw invalid(`unknown transport '${transport}': auto, ${LADDER.join(', ')}`);
    }
    if (transport === 'websocket' && !this.WebSocket) {
      throw invalid('set the option WebSocket');
    }
    this.transport = transport;
    this.credentials = new Credentials(options, this.clock);
    this.http = new Http(this);
    this.#quality = new Quality(this.clock.now());
    this.#watchPage();
  }

  // ---- Channels

  /** The feed of a reader. @param {import('./reader.js').Reader} reader @returns {Feed} */
  join(reader) {
    const {channel} = reader;
    let feed = this.feeds.get(channel);
    // Positions of a pattern cannot be compared, so that its readers share no cursor.
    if (feed?.isPattern) return (this.#more ??= new Core(this.options)).join(reader);
    if (!feed) this.feeds.set(channel, (feed = new Feed(this, channel)));
    this.connect();
    feed.join(reader);
    return feed;
  }

  /**
   * What a link has to read. Of two links, one reads a pattern: the next begins where the one before was closed.
   *
   * @param {Link} link
   */
  feedsOf(link) {
    return [...this.feeds.values()].filter(({isPattern}) => !isPattern || link === this.inUse);
  }

  /** @param {Feed} feed */
  drop(feed) {
    if (this.feeds.get(feed.channel) !== feed) return;
    this.feeds.delete(feed.channel);
    this.changed();
  }

  /** Channels come, go or begin elsewhere; several at a time are one change. */
  changed() {
    if (this.#changing) return;
    this.#changing = true;
    queueMicrotask(() => {
      this.#changing = false;
      this.inUse?.follow();
      this.#next?.follow();
    });
  }

  // ---- Links

  /** The page publishes or calls. */
  wantsFrames() {
    if (this.#frames) return;
    this.#frames = true;
    this.connect();
    if (this.transport === 'auto' && this.inUse?.kind === 'sse' && this.#best() === 'websocket') {
      this.#step('websocket', 'the page publishes');
    }
  }

  /** @returns {Transport} */
  #best() {
    return this.#frames && this.WebSocket ? 'websocket' : 'sse';
  }

  /** Opens the first link. */
  connect() {
    if (this.inUse || this.state === 'closed') return;
    const kind = this.transport === 'auto' ? this.#best() : this.transport;
    this.inUse = this.makeLink(kind);
    this.#adopted(undefined, 'the first');
    this.#ticked = this.clock.now();
    this.#tick();
  }

  /** @param {Transport} kind @returns {Link} */
  makeLink(kind) {
    return kind === 'websocket' ? new SocketLink(this) : new StreamLink(this, kind);
  }

  /** @param {Transport | undefined} previous @param {string} why */
  #adopted(previous, why) {
    const link = /** @type {Link} */ (this.inUse), {kind} = link;
    this.#quality.changed(this.clock.now());
    link.follow();
    this.emitter.emit('transport', {transport: kind, previous, why});
  }

  /** A link has connected, or has opened one more channel. @param {Link} link */
  progress(link) {
    if (link === this.#next && link.isReady) {
      const old = this.inUse;
      this.inUse = link;
      this.#next = undefined;
      old?.close();
      this.#adopted(old?.kind, this.#why);
    }
    if (link !== this.inUse || !link.isOpen) return;
    this.#become('live');
    for (const feed of this.feeds.values()) feed.tellLive();
  }

  /** @param {Link} link @param {import('../types/client.js').Push} push */
  pushed(link, push) {
    // Of two links, one counts.
    if (link === this.inUse) this.emitter.emit('push', decoded(push));
  }

  /** A connection of a link has ended. @param {Link} link @param {End} end */
  lost(link, end) {
    this.emitter.emit('lost', end);
    if (link === this.#next) {
      if (!end.opened) this.#abandon();
      return;
    }
    if (link !== this.inUse || this.state === 'closed') return;
    this.#become(end.opened && this.online ? 'connecting' : 'offline');
    if (!end.opened && this.transport === 'auto') this.#connectFailed(link);
  }

  /** A link that was to replace another does not open. */
  #abandon() {
    this.#next?.close();
    this.#next = undefined;
    this.#quality.changed(this.clock.now());
  }

  /** Whether the transport is at fault, or the whole way to the platform, shows a ping. @param {Link} link */
  async #connectFailed(link) {
    const reachable = await this.http.ping(PONG_MS).then(() => true, () => false);
    if (link !== this.inUse) return;
    if (reachable) this.#quality.failed(this.clock.now());
    else this.#quality.forgive();
    this.#judge();
  }

  #judge() {
    const link = this.inUse, now = this.clock.now();
    if (this.transport !== 'auto' || !link || this.#next || this.state === 'closed') return;
    const why = this.#quality.bad(now), rung = LADDER.indexOf(link.kind);
    if (why && rung < LADDER.length - 1) this.#step(LADDER[rung + 1], why);
    else if (rung > LADDER.indexOf(this.#best()) && this.#quality.good(now)) this.#step(LADDER[rung - 1], 'the link is good');
  }

  /** @param {Transport} kind @param {string} why */
  #step(kind, why) {
    this.#why = why;
    const link = this.makeLink(kind), old = this.inUse;
    if (old?.isOpen && this.feedsOf(link).length) {
      this.#next = link;
      return link.follow();
    }
    this.inUse = link;
    old?.close();
    this.#adopted(old?.kind, why);
  }

  /** Nothing more can be done: the token is bad, or there were too many attempts. @param {Link} link @param {TailwaterError} error */
  failed(link, error) {
    if (link === this.#next) return this.#abandon();
    if (link !== this.inUse) return;
    const rung = LADDER.indexOf(link.kind);
    const ofTransport = !/^(token|unauth|attempts)/.test(error.code);
    if (this.transport === 'auto' && ofTransport && rung < LADDER.length - 1) return this.#step(LADDER[rung + 1], error.message);
    this.tell(error, 'connection');
    this.close(error);
  }

  // ---- Time

  /**
   * Connects again and again, with pauses between, until the signal ends it.
   *
   * @param {Link} link
   * @param {AbortSignal} stop
   * @param {(opened: () => void) => Promise<End>} once
   */
  async persist(link, stop, once) {
    let attempt = 0;
    while (!stop.aborted) {
      const began = this.clock.now();
      let opened = false;
      const end = await once(() => {
        opened = true;
        this.progress(link);
      }).catch((error) => /** @type {End} */ ({opened, error: asError(error)}));
      if (stop.aborted) return;
      if (end.again) continue;
      const error = end.error ?? unavailable();
      if (end.lasting) return this.failed(link, error);
      // A connection that lasted a while resets the backoff. After one that ended at once, the pause grows.
      attempt = opened && this.clock.now() - began > ceiling(attempt, this.backoff) ? 0 : attempt;
      this.lost(link, {...end, opened, error});
      if (stop.aborted) return;
      if (++attempt > this.backoff.attempts) {
        return this.failed(link, new TailwaterError('attempts', `gave up: ${error.message}`));
      }
      await this.pause(backoff(attempt - 1, this.backoff, this.clock.random(), end.retryMs ?? error.retryMs), stop);
    }
  }

  /**
   * Ends early when the page is back from somewhere, or as soon as something has connected.
   *
   * @param {number} ms
   * @param {AbortSignal} [stop]
   * @param {'back' | 'wake'} [early]
   */
  pause(ms, stop, early = 'back') {
    return new Promise((resolve) => {
      const end = () => {
        this.clock.clearTimeout(timer);
        off();
        unhear();
        resolve(undefined);
      };
      const timer = this.clock.setTimeout(end, ms), off = this.emitter.on(early, end), unhear = listen(stop, 'abort', end);
    });
  }

  /** The network or the page is back: nobody waits any longer, and what may have died silently is looked at. */
  wake() {
    this.emitter.emit('back');
    this.inUse?.probe();
    this.emitter.emit('wake');
  }

  #tick() {
    this.#ticker = this.clock.setTimeout(() => {
      const now = this.clock.now();
      if (now - this.#ticked > SLEPT_MS + TICK_MS) this.wake();
      this.#ticked = now;
      this.#ping();
      this.#judge();
      this.#tick();
    }, TICK_MS);
    // A program may end while nothing else keeps it.
    /** @type {any} */ (this.#ticker)?.unref?.();
  }

  #pingedAt = -Infinity;

  async #ping() {
    const link = this.inUse, now = this.clock.now();
    if (this.#pings || this.hidden || !link?.isOpen || now - this.#pingedAt < PING_EVERY_MS) return;
    if (this.transport !== 'auto' && link.kind !== 'websocket') return;
    this.#pingedAt = now;
    this.#pings = true;
    const ms = await link.ping(PONG_MS).then(() => this.clock.now() - now, () => null);
    this.#pings = false;
    if (link !== this.inUse) return;
    if (ms === null) link.probe();
    this.#quality.pinged(now, ms);
    this.emitter.emit('ping', ms);
  }

  // ---- The page

  get hidden() {
    return globalThis.document?.visibilityState === 'hidden';
  }

  get online() {
    return globalThis.navigator?.onLine !== false;
  }

  #watchPage() {
    const {document} = globalThis;
    /** @param {EventTarget | undefined} target @param {string} type @param {(event: any) => void} f */
    const watch = (target, type, f) => this.#undo.push(listen(target, type, f));
    watch(globalThis, 'online', () => {
      // The connection may have outlived it; whether it has, the probe finds out.
      if (this.inUse) this.progress(this.inUse);
      this.wake();
    });
    watch(globalThis, 'offline', () => {
      if (this.inUse && this.state !== 'closed') this.#become('offline');
      this.inUse?.probe();
    });
    // Where there is no document, nobody is told.
    watch(document, 'visibilitychange', () => this.hidden || this.wake());
    watch(document, 'resume', () => this.wake());
    // A page that is kept for the way back may not hold a connection.
    watch(globalThis, 'pagehide', (event) => event.persisted && this.suspend());
    watch(globalThis, 'pageshow', (event) => event.persisted && this.restore());
  }

  /** @param {number} [code] what a WebSocket is closed with */
  suspend(code) {
    const link = this.inUse;
    if (!link || this.state === 'closed') return;
    for (const feed of this.feeds.values()) feed.lost(link);
    this.inUse = undefined;
    link.close(code);
    this.#next?.close();
    this.#next = undefined;
    this.clock.clearTimeout(this.#ticker);
    this.#become('offline');
  }

  restore() {
    if (this.feeds.size || this.#frames) this.connect();
    this.wake();
  }

  // ---- States

  /** @param {import('../types/client.js').State} state */
  #become(state) {
    const previous = this.state;
    if (previous === state || previous === 'closed') return;
    this.state = state;
    this.emitter.emit('state', {state, previous});
  }

  /** The token that is in use expires soon. @param {(token: string) => void | Promise<unknown>} use takes another */
  async renewToken(use) {
    const {credentials} = this;
    if (!credentials.renewable) return;
    try {
      await use(await credentials.renew('expiring'));
    } catch (error) {
      // The old one may be good for a moment longer; its end ends the connection.
      this.tell(asError(error), 'token');
    }
  }

  /** Reports what nothing else reports. @param {TailwaterError} error @param {string} where */
  tell(error, where) {
    if (!this.emitter.emit('error', error)) console.error(`Tailwater: ${where}: ${error.code}: ${error.message}`);
  }

  /** Throws if nothing can be done any more. @param {AbortSignal} [signal] */
  check(signal) {
    if (this.state === 'closed') throw closed();
    if (signal?.aborted) throw aborted();
  }

  /** @param {TailwaterError} [error] why, if it was not asked for */
  close(error = closed()) {
    if (this.state === 'closed') return;
    this.#become('closed');
    for (const undo of this.#undo) undo();
    this.clock.clearTimeout(this.#ticker);
    const feeds = [...this.feeds.values()];
    this.feeds.clear();
    this.inUse?.close();
    this.#next?.close();
    this.#more?.close(error);
    this.emitter.emit('back');
    for (const feed of feeds) error.code === 'closed' ? feed.closed() : feed.refused(error);
    this.emitter.emit('wake');
  }
}

const closed = () => new TailwaterError('closed', 'the client is closed');
