import {decoded} from './bytes.js';
import {Emitter, guarded, listen} from './emitter.js';
import {asError, invalid, TailwaterError} from './error.js';
import {covers, mark} from './positions.js';

/** How many events wait for a handler at most. Beyond, the log is the buffer. */
const HELD = 1_000;
/** The same where several events come before the next position. */
const HELD_BEFORE_MORE = 300;

/**
 * @typedef {import('./positions.js').Mark} Mark
 * @typedef {import('../types/client.js').Event} Event
 * @typedef {{present?: boolean, info?: object, presence?: boolean}} Wish
 * @typedef {{event?: Event, at?: Mark | null, notice?: () => void, last?: boolean}} Item
 */

/**
 * One subscription: hands events to its handler one after another, and keeps the position through which all is done.
 * Where the handler is slow, it leaves the channel and comes back when all that it holds is handled.
 *
 * @implements {Subscription}
 * @typedef {import('../types/client.js').Subscription} Subscription
 */
export class Reader {
  /** @type {Emitter<import('../types/client.js').SubscriptionEvents>} */
  #emitter = new Emitter();
  /** @type {Item[]} */
  #queue = [];
  #busy = false;
  #parked = false;
  #over = false;
  /** Done through here. @type {Mark | null} */
  #done = null;
  /** Received through here. @type {Mark | null} */
  taken = null;
  isLive = false;
  /** Called at the end of the client. @type {(() => void) | undefined} */
  onClose;
  /** @type {import('./feed.js').Feed | undefined} */
  #feed;
  #core;
  #handler;
  #onAbort;

  /**
   * @param {import('./core.js').Core} core
   * @param {string} channel
   * @param {(event: any) => unknown} handler
   * @param {import('../types/client.js').SubscribeOptions} options
   */
  constructor(core, channel, handler, options) {
    this.#core = core;
    this.channel = channel;
    this.#handler = handler;
    this.types = options.types;
    const {present, presence} = /** @type {any} */ (options);
    /** What is asked about presence, as fields of `subscribe`. @type {Wish | undefined} */
    this.wish = present || presence ? {...(present && {present: true, ...present}), ...(presence && {presence})} : undefined;
    this.from = options.from ?? 'latest';
    if (this.from === 'state') throw invalid('use stateMap of /state');
    if (options.after !== undefined) this.taken = this.#done = mark(options.after);
    const {signal} = options;
    this.#over = signal?.aborted === true;
    this.#onAbort = listen(signal, 'abort', () => this.unsubscribe());
    // Whoever subscribes can listen to notices first.
    queueMicrotask(() => this.#join());
  }

  get position() {
    return (this.#done?.wide ?? this.#done?.text) || undefined;
  }

  get over() {
    return this.#over;
  }

  /**
   * @template {keyof import('../types/client.js').SubscriptionEvents} E
   * @param {E} type
   * @param {(event: import('../types/client.js').SubscriptionEvents[E]) => void} f
   */
  on(type, f) {
    return this.#emitter.on(type, f);
  }

  unsubscribe() {
    if (this.#over) return;
    this.#finish();
    this.#queue = [];
    if (!this.#parked) this.#feed?.leave(this);
  }

  #join() {
    this.#parked = false;
    if (!this.#over) this.#feed = this.#core.join(this);
  }

  #finish() {
    this.#over = true;
    this.#onAbort();
  }

  // ---- What the feed brings

  /** @param {Mark} at */
  begin(at) {
    this.taken = at;
    this.#put({at});
  }

  /** @param {Event} event @param {Mark | null} at */
  take(event, at) {
    if (this.#over || !this.taken || (at && covers(this.taken, at))) return;
    if (at) this.taken = at;
    if (this.types && !this.types.includes(event.type)) return this.#put({at});
    if (at) this.#hold(HELD);
    this.#put({event: decoded(event), at});
  }

  /** @param {Mark} at */
  move(at) {
    if (!this.taken || (this.taken.epoch === at.epoch && this.taken.offset > at.offset)) return;
    this.taken = at;
    this.#hold(HELD_BEFORE_MORE);
    this.#put({at});
  }

  /** Leaves the channel at the position that is taken, if the handler is slow. @param {number} most */
  #hold(most) {
    if (this.#queue.length < most - 1 || this.#parked) return;
    this.#parked = true;
    this.isLive = false;
    this.#feed?.leave(this);
  }

  live() {
    if (this.isLive || !this.taken) return;
    this.isLive = true;
    this.#put({notice: () => this.#emitter.emit('live', {position: this.position ?? ''})});
  }

  /** @param {any} reset @param {Mark} at */
  reset(reset, at) {
    this.taken = at;
    this.#put({at, notice: () => this.#emitter.emit('reset', reset)});
  }

  end() {
    this.#put({last: true, notice: () => this.#emitter.emit('end', {position: this.position})});
  }

  close() {
    this.#put({last: true, notice: () => this.onClose?.()});
  }

  /** @param {TailwaterError} error */
  fail(error) {
    this.#put({last: true, notice: () => this.#tell(error)});
  }

  /** @param {Error} error */
  #tell(error) {
    if (!this.#emitter.emit('error', error)) this.#core.tell(asError(error), this.channel);
  }

  /** @param {Item} item */
  #put(item) {
    if (this.#over) return;
    const last = this.#queue.at(-1);
    // Positions alone don't pile up behind a slow handler.
    if (last && !item.event && !item.notice && !last.event && !last.notice) last.at = item.at ?? last.at;
    else this.#queue.push(item);
    if (!this.#busy) this.#drain();
  }

  #drain() {
    this.#busy = true;
    for (let item; (item = this.#queue.shift()); ) {
      if (item.event) {
        const waiting = this.#handle(item.event);
        if (waiting) {
          waiting.then(() => {
            this.#done = item.at ?? this.#done;
            this.#drain();
          });
          return;
        }
      }
      this.#done = item.at ?? this.#done;
      if (item.last) this.#finish();
      item.notice?.();
      if (item.last) this.#queue = [];
    }
    this.#busy = false;
    if (this.#parked) this.#join();
  }

  /** @param {Event} event @returns {Promise<void> | undefined} */
  #handle(event) {
    /** @param {any} error */
    const failed = (error) => {
      if (!this.#emitter.emit('error', error)) guarded(() => { throw error; });
    };
    try {
      const result = /** @type {any} */ (this.#handler(event));
      if (typeof result?.then === 'function') return Promise.resolve(result).then(() => {}, failed);
    } catch (error) {
      failed(error);
    }
    return undefined;
  }
}
