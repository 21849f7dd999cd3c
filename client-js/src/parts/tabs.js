import {Client} from '../client.js';
import {Core} from '../core.js';
import {asError} from '../error.js';
import {covers as covered, mark as marked} from '../positions.js';
import {inform, rostersOf} from '../roster.js';
import {SocketLink} from '../socket.js';

/**
 * @typedef {import('../../types/client.js').Event} Event
 * @typedef {import('../positions.js').Mark} Mark
 * @typedef {import('../error.js').TailwaterError} TailwaterError
 */

const BEAT_MS = 1_000, MISSED_ASKS = 2, MISSED_TAKES_OVER = 3, JITTER_MS = 500, GONE_MS = 300_000;
/** What the leading tab closes a WebSocket with if another tab, which takes over, is seen by it: nobody has left. */
const GOES_ON = 4000;
/** How many events are on the way to a tab at most. Beyond, the log is the buffer. */
const HELD = 1_000;

/** @param {import('../../types/client.js').ClientOptions} [options] */
export const createSharedClient = (options = {}) =>
  new Client(globalThis.navigator?.locks && globalThis.BroadcastChannel ? new SharedCore(options) : new Core(options));

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(36)).join('');

/** Frames between tabs are copied as they are. @type {import('../../types/client.js').Frames} */
const plain = {protocol: '', encode: /** @type {any} */ ((/** @type {object} */ frame) => frame), decode: (frame) => frame};

/**
 * A tab's client. It has links to the platform while it holds the lock of its platform and subject, and else one link, to the tab
 * that holds it. Both are links like any other: the feeds go on at their positions.
 */
class SharedCore extends Core {
  leads = false;
  topic = '';
  /** @type {BroadcastChannel | undefined} */
  control;
  #asked = this.transport;
  #entering = false;
  /** The tab's request for the lock. @type {AbortController | undefined} */
  #request;
  #resign = () => {};
  /** To the tab that leads. @type {TabSocket | undefined} */
  #socket;
  /** @type {Map<string, Host>} */
  #hosts = new Map();
  rosters = rostersOf(this);
  #unwatch = this.rosters.watch((channel) => {
    for (const host of this.#hosts.values()) host.show(channel);
  });
  /** @type {(() => void)[]} */
  #listeners = [];
  #unpush = this.emitter.on('push', (push) => {
    for (const host of this.#hosts.values()) host.post({push});
  });

  connect() {
    if (this.topic) super.connect();
    else if (!this.#entering) this.#enter();
  }

  async #enter() {
    this.#entering = true;
    while (this.state !== 'closed' && !(await this.credentials.current().then(() => true, (error) => this.tell(asError(error), 'token')))) {
      await this.pause(this.backoff.max);
    }
    if (this.state === 'closed') return;
    this.topic = `tailwater ${this.url} ${this.credentials.subject}`;
    this.control = new BroadcastChannel(this.topic);
    this.control.onmessage = ({data: {hello, check, leads}}) => {
      // Perhaps it is another one than before.
      if (leads) this.#socket?.check();
      if (leads) this.wake();
      if (!this.leads) return;
      if (hello) this.#host(hello);
      if (check && !this.#hosts.has(check)) answer(this, check, {close: true});
    };
    // A tab that is frozen answers nobody: it steps down before.
    this.#listen(globalThis.document, 'freeze', () => this.suspend());
    this.#listen(globalThis.document, 'resume', () => this.restore());
    // Without a word from it, a tab counts as there for minutes, and is seen in its channels.
    this.#listen(globalThis, 'pagehide', () => this.suspend());
    this.emitter.on('state', ({state}) => {
      if (state === 'closed') this.#leave();
      else if (this.leads) this.#announce();
    });
    this.transport = 'websocket';
    this.#compete();
    super.connect();
  }

  /** @param {EventTarget | undefined} target @param {string} type @param {() => void} f */
  #listen(target, type, f) {
    target?.addEventListener?.(type, f);
    this.#listeners.push(() => target?.removeEventListener?.(type, f));
  }

  /** Asks for the lock, again and again. @param {boolean} [steal] from a leader that does not answer */
  #compete(steal) {
    this.#request?.abort();
    const request = (this.#request = new AbortController());
    navigator.locks.request(this.topic, steal ? {steal} : {signal: request.signal}, () => this.#lead(request))
      .catch(() => {}).then(() => {
        if (request !== this.#request) return;
        // It was taken away.
        this.#follow();
        this.#compete();
      });
  }

  /** @param {AbortController} request */
  #lead(request) {
    if (request !== this.#request || this.state === 'closed') return undefined;
    this.leads = true;
    this.transport = this.#asked;
    const held = new Promise((resolve) => (this.#resign = () => resolve(undefined)));
    this.#relink();
    this.#announce();
    return held;
  }

  #follow() {
    this.leads = false;
    this.transport = 'websocket';
    for (const host of [...this.#hosts.values()]) host.close();
    if (this.state !== 'closed') this.#relink();
  }

  #relink() {
    super.suspend();
    super.connect();
  }

  #announce() {
    if (this.state === 'live') this.control?.postMessage({leads: true});
    else for (const host of [...this.#hosts.values()]) host.close();
  }

  /** The leader has not answered for 3 s. */
  takeOver() {
    if (!this.leads && this.#request) this.#compete(true);
  }

  #leave() {
    this.#request?.abort();
    this.#request = undefined;
    this.leads = false;
    for (const host of [...this.#hosts.values()]) host.close();
    this.#resign();
    if (this.state !== 'closed') return;
    for (const off of this.#listeners) off();
    this.#unwatch();
    this.#unpush();
    this.control?.close();
  }

  suspend() {
    const goesOn = [...this.#hosts.values()].some((host) => host.isPresent()) ? GOES_ON : undefined;
    if (this.topic) this.#leave();
    this.transport = this.topic ? 'websocket' : this.transport;
    super.suspend(goesOn);
  }

  /** Whether another tab is seen in a channel by this one's connection. @param {string} channel */
  isShared(channel) {
    return [...this.#hosts.values()].some((host) => host.isPresent(channel));
  }

  restore() {
    if (this.topic && !this.#request && this.state !== 'closed') this.#compete();
    super.restore();
  }

  /** @param {import('../../types/client.js').Transport} kind @returns {any} */
  makeLink(kind) {
    return this.leads ? super.makeLink(kind) : new SocketLink(this, () => /** @type {any} */ (this.#socket = new TabSocket(this)), plain);
  }

  /** The tab that leads says it. @param {string} channel @param {object | undefined} info */
  inform(channel, info) {
    if (this.leads) return undefined;
    this.#socket?.send({present: {channel, info}});
    return Promise.resolve();
  }

  /** @param {string} id */
  #host(id) {
    this.#hosts.get(id)?.close();
    if (this.state !== 'live') return answer(this, id, {close: true});
    this.#hosts.set(id, new Host(this, id, () => this.#hosts.delete(id)));
  }
}

/** @param {SharedCore} core @param {string} id @param {object} frame */
function answer({topic}, id, frame) {
  const channel = new BroadcastChannel(`${topic} ${id}`);
  channel.postMessage(frame);
  channel.close();
}

/** The WebSocket of a tab that follows: to the tab that leads. */
class TabSocket {
  #id = newId();
  #core;
  #channel;
  #missed = 0;
  #timer;
  /** @type {((event: any) => void) | null} */
  onmessage = null;
  /** @type {((event: any) => void) | null} */
  onclose = null;

  /** @param {SharedCore} core */
  constructor(core) {
    this.#core = core;
    this.#channel = new BroadcastChannel(`${core.topic} ${this.#id}`);
    this.#channel.onmessage = ({data}) => {
      this.#missed = 0;
      if (data.close) return this.#end();
      if (data.beat) return;
      this.onmessage?.({data});
      if (data.events) this.#channel.postMessage({got: data.events.length});
    };
    core.control?.postMessage({hello: this.#id});
    this.#timer = setInterval(() => {
      // Counted in beats: a tab that was asleep itself has missed nothing.
      if (++this.#missed > MISSED_TAKES_OVER) {
        clearInterval(this.#timer);
        this.#timer = setTimeout(() => {
          if (this.#missed) core.takeOver();
          this.#end();
        }, JITTER_MS * Math.random());
      } else if (this.#missed >= MISSED_ASKS) this.check();
      this.#channel.postMessage({beat: true});
    }, BEAT_MS);
  }

  /** Asks the leading tab whether it is still there for this one. */
  check() {
    this.#core.control?.postMessage({check: this.#id});
  }

  /** @param {object} frame */
  send(frame) {
    this.#channel.postMessage({frame});
  }

  #end() {
    this.close();
    this.onclose?.({code: 1006, reason: 'the tab that is connected does not answer'});
  }

  close() {
    clearInterval(this.#timer);
    clearTimeout(this.#timer);
    this.#channel.postMessage({bye: true});
    this.#channel.close();
  }
}

/** What the leading tab does for another one: it is that tab's gateway. */
class Host {
  #core;
  #channel;
  #gone;
  /** @type {Map<string, Relay>} */
  #relays = new Map();
  #onTheWay = 0;
  /** @type {unknown} */
  #timer;

  /** @param {SharedCore} core @param {string} id @param {() => void} gone */
  constructor(core, id, gone) {
    this.#core = core;
    this.#gone = gone;
    this.#channel = new BroadcastChannel(`${core.topic} ${id}`);
    this.#channel.onmessage = ({data}) => this.#heard(data);
    this.post({welcome: {}});
    this.#watch();
  }

  /** A tab that was closed says nothing. */
  #watch() {
    this.#core.clock.clearTimeout(this.#timer);
    this.#timer = this.#core.clock.setTimeout(() => this.close(), GONE_MS);
  }

  /** @param {any} data */
  #heard({beat, got, bye, frame}) {
    this.#watch();
    if (bye) return this.close();
    if (beat) this.post({beat});
    if (got && (this.#onTheWay -= got) < HELD / 2) for (const relay of this.#relays.values()) relay.goOn();
    if (!frame) return;
    const {id, subscribe, unsubscribe, present} = frame;
    if (present) this.#relays.get(present.channel)?.inform(present.info);
    else if (subscribe) this.#relays.set(subscribe.channel, new Relay(this.#core, this, id, subscribe));
    else {
      this.#relays.get(unsubscribe?.channel)?.stop();
      this.#relays.delete(unsubscribe?.channel);
      this.post({id, unsubscribed: {}, pong: {}});
    }
  }

  /** @param {{events?: Event[], [name: string]: unknown}} frame */
  post(frame) {
    this.#onTheWay += frame.events?.length ?? 0;
    this.#channel.postMessage(frame);
  }

  /** Who is present is another one, in a channel or anywhere. @param {string} [channel] */
  show(channel) {
    for (const relay of this.#relays.values()) if (!channel || channel === relay.channel) relay.show();
  }

  /** Whether its tab is to be seen, in a channel or anywhere. @param {string} [channel] */
  isPresent(channel) {
    return [...this.#relays.values()].some((relay) => relay.wish?.present && (!channel || channel === relay.channel));
  }

  get isFull() {
    return this.#onTheWay >= HELD;
  }

  close() {
    this.#core.clock.clearTimeout(this.#timer);
    for (const relay of this.#relays.values()) relay.stop();
    this.#relays.clear();
    this.#channel.postMessage({close: true});
    this.#channel.close();
    this.#gone();
  }
}

/** A reader whose handler is in another tab. Feeds treat it like a `Reader`. */
class Relay {
  /** @type {Mark | null} */
  taken = null;
  isLive = false;
  /** @type {import('../feed.js').Feed | undefined} */
  #feed;
  /** @type {import('../reader.js').Wish | undefined} */
  wish;
  #parked = false;
  #over = false;
  /** Events of a pattern that have no position until the last of them is there. @type {Event[]} */
  #together = [];
  #core;
  #host;
  #id;

  /** @param {SharedCore} core @param {Host} host @param {number} id of the frame @param {{channel: string, after?: string, from?: string, types?: string[], present?: boolean, info?: object, presence?: boolean}} wish */
  constructor(core, host, id, {channel, after, from = 'latest', types, present, info, presence}) {
    this.#core = core;
    this.#host = host;
    this.#id = id;
    this.channel = channel;
    this.from = from;
    this.types = types;
    this.after = after;
    if (present || presence) this.wish = {...(present && {present}), ...(info && {info}), ...(presence && {presence})};
    if (after !== undefined) this.begin(marked(after));
    if (!this.#over) this.#join();
    this.show();
  }

  show() {
    const {channel, wish} = this, roster = this.#core.rosters.of(channel);
    if (!roster || !wish?.presence) return;
    const {count, stale, isListed, members} = roster;
    this.#host.post({presence: {channel, count, stale, first: true, ...(isListed && {members: [...members.values()]})}});
  }

  /** Its subject says something else. @param {object | undefined} info */
  inform(info) {
    this.wish = {...this.wish, info};
    inform(this.#core, this.channel, info).catch(() => {});
  }

  #join() {
    this.#feed = this.#core.join(/** @type {any} */ (this));
  }

  /** @param {Mark} at */
  begin(at) {
    this.taken = at;
    if (this.#id) this.#host.post({id: this.#id, subscribed: {channel: this.channel, position: at.text}});
    this.#id = 0;
  }

  /** @param {Event} event @param {Mark | null} at */
  take(event, at) {
    if (!this.taken || this.#parked || event.optimistic || (at && covered(this.taken, at))) return;
    if (at) this.taken = at;
    if (this.types && !this.types.includes(event.type)) return;
    // What shares a position goes in one message: a tab that has another link in the middle would get the first of it again.
    if (!at && this.#feed?.isPattern && event.id !== undefined) return void this.#together.push(event);
    this.#host.post({events: [event], ...(this.#feed?.isPattern && {pattern: this.channel, position: at?.text})});
    if (at) this.#hold();
  }

  /** @param {Mark} at */
  move(at) {
    if (!this.taken || (this.taken.epoch === at.epoch && this.taken.offset > at.offset)) return;
    this.taken = at;
    if (this.#feed?.isPattern) this.#host.post({...(this.#together.length && {events: this.#together.splice(0)}), pattern: this.channel, position: at.text});
    else if (this.isLive) this.#host.post({live: {channel: this.channel, position: at.text}});
    this.#hold();
  }

  #hold() {
    if (!this.#host.isFull || this.#parked) return;
    this.#parked = true;
    this.isLive = false;
    this.#feed?.leave(/** @type {any} */ (this));
  }

  goOn() {
    if (!this.#parked) return;
    this.#parked = false;
    this.#join();
  }

  live() {
    if (this.isLive || !this.taken) return;
    this.isLive = true;
    this.#host.post({live: {channel: this.channel, position: this.taken.text}});
  }

  /** @param {object} reset @param {Mark} at */
  reset(reset, at) {
    this.taken = at;
    this.#host.post({reset: {channel: this.channel, ...reset, position: at.text}});
  }

  end() {
    this.#host.post({end: {channel: this.channel}});
  }

  /** @param {TailwaterError} error */
  fail({code, message}) {
    this.#over = true;
    this.#host.post(this.#id ? {id: this.#id, error: {code, message, retry: false}} : {unsubscribed: {channel: this.channel, code}});
  }

  stop() {
    if (!this.#parked) this.#feed?.leave(/** @type {any} */ (this));
  }

  // The leader's client was closed; another tab leads then.
  close() {}
}
