/**
 * A gateway in memory, as far as these tests need one: WebSockets with JSON frames, and the requests beside them. It keeps one
 * log for all channels, so that positions are offsets of `k`.
 */
export class Gateway {
  log = [];
  keys = new Map();
  /** @type {Set<FakeSocket>} */
  sockets = new Set();
  /** Frames and requests as they came. */
  asked = [];
  online = true;
  /** What an `auth` is answered with. */
  auth = () => ({authed: {subject: 'alice'}});
  acks = new Map();
  /** The blocks that a watcher of a channel's presence is told first. */
  presence = new Map();
  /** Answers to requests for streams, which go on. @type {Set<Stream>} */
  streams = new Set();
  /** Errors of subscriptions, by channel. @type {Map<string, object>} */
  refused = new Map();
  /** Namespaces without presence. */
  unseen = [];
  /** Channels for which a `subscribe` gets no answer. @type {Set<string>} */
  withheld = new Set();
  /** Sessions that can be continued. @type {Set<string>} */
  sessions = new Set();
  /** Whether whose a session is shows in the frame `auth` only. */
  isAnonymous = false;
  /** Calls that have no answer yet, by the ids of their frames. @type {Map<number, object>} */
  calls = new Map();
  #named = 0;
  /** Called with the answer to a publication; it is withheld if this returns false. */
  answers = () => true;

  get options() {
    const gateway = this;
    return {
      url: 'http://gateway.test',
      WebSocket: class extends FakeSocket {
        constructor(url) {
          super(gateway, new URL(url).searchParams.get('session'));
        }
      },
      fetch: (url, request) => this.#fetch(new URL(url), request),
    };
  }

  /** The session of a new connection. @param {string | null} shown */
  session(shown) {
    if (this.sessions.has(shown)) return {session: shown, restored: true};
    const session = `s-${++this.#named}`;
    this.sessions.add(session);
    return {session};
  }

  /** Answers a call, on whatever connection is there. @param {number} id @param {object} answer */
  settle(id, answer) {
    this.calls.delete(id);
    for (const socket of this.sockets) socket.say({id, ...answer});
  }

  /** Something from the backend, to all connections that take it. @param {object} push */
  push(push) {
    for (const socket of this.sockets) socket.say({push});
    for (const stream of this.streams) stream.push(push);
  }

  position() {
    return `k-${this.log.length - 1}`;
  }

  /** Ends every connection, as a network does. */
  cut() {
    for (const socket of [...this.sockets]) socket.end(1006, '');
    this.cutStreams();
  }

  cutStreams() {
    for (const stream of [...this.streams]) stream.end();
  }

  /** @param {object} publication as in the frame `publish` @param {string} [by] */
  publish({channel, data, encoding, type = 'message', key, entry, op, if: condition, at}, by = 'alice') {
    const before = key && this.keys.get(`${channel} ${key}`);
    if (before) return {published: {...before, duplicate: true}};
    const id = `k-${this.log.length}`, state = this.state(channel), old = state.get(entry);
    if (condition && (condition === 'absent' ? old : condition === '*' ? !old : old?.version !== condition)) {
      return {error: {code: 'conflict', message: 'the entry is not what was expected', reason: 'if', current: old ? {version: old.version, data: old.data} : null}};
    }
    const event = {id, channel, type, by, ts_ms: this.log.length, ...(key && {key}), ...(data !== undefined && {data}), ...(encoding && {encoding})};
    if (entry) {
      event.entry = entry;
      event.op = op ?? 'put';
      const superseded = at !== undefined && old?.at !== undefined && (at < old.at || (at === old.at && key < old.key));
      if (superseded) event.superseded = true;
      if (op === 'add') event.value = (old?.data ?? 0) + data;
      if (op === 'include') event.added = distinct(data).filter((one) => !holds(old?.data, one));
      if (op === 'exclude') event.removed = distinct(data).filter((one) => holds(old?.data, one));
      event.at = at;
    }
    this.log.push(event);
    const version = entry && (event.superseded ? old.version : id);
    const published = {id, duplicate: false, ...(entry && {version}), ...(event.superseded && {superseded: true})};
    if (key) this.keys.set(`${channel} ${key}`, published);
    for (const socket of this.sockets) socket.deliver();
    return {published};
  }

  /** Publishes several events, which are delivered together. @param {() => void} publications */
  batch(publications) {
    const {sockets} = this;
    this.sockets = new Set();
    publications();
    this.sockets = sockets;
    for (const socket of sockets) socket.deliver();
  }

  /** The entries of a channel, by name, after its whole log. */
  state(channel) {
    const entries = new Map();
    for (const {entry, op, data, value, added, removed, id, by, ts_ms, at, key, superseded, channel: its} of this.log) {
      if (its !== channel || !entry || superseded) continue;
      const old = entries.get(entry)?.data;
      const now = op === 'add' ? value : op === 'include' ? distinct([...(old ?? []), ...added])
        : op === 'exclude' ? (old ?? []).filter((one) => !holds(removed, one)) : data;
      if (op === 'delete') entries.delete(entry);
      else entries.set(entry, {entry, version: id, data: now, by, ts_ms, at, key});
    }
    return entries;
  }

  /** Tells those who watch a channel's presence. */
  tell(channel, block) {
    for (const socket of this.sockets) socket.tell(channel, block);
  }

  answer({channel, position}) {
    this.acks.set(channel, position);
    return {acked: {channel, position}};
  }

  /** Where a reader of one channel stands. @param {URLSearchParams} asked */
  #next(asked) {
    const after = asked.get('after');
    return after ? Number(after.replace('k-', '')) + 1 : asked.get('from') === 'earliest' ? 0 : this.log.length;
  }

  /** An answer to a poll. @param {URLSearchParams} asked */
  page(asked) {
    const channels = asked.getAll('channel'), events = this.log.slice(this.#next(asked)).filter(({channel}) => channels.includes(channel));
    return Response.json({events, next: this.position(), live: true, resets: [], ended: []});
  }

  async #fetch(url, {method = 'GET', body, headers, signal} = {}) {
    this.asked.push(`${method} ${url.pathname}${url.search}`);
    await new Promise((resolve) => setTimeout(resolve));
    if (!this.online) throw new TypeError('fetch failed');
    const channel = url.searchParams.get('channel');
    if (url.pathname === '/v1/ping') return new Response(null, {status: 204});
    if (url.pathname === '/v1/state') {
      const entries = [...this.state(channel).values()].sort((a, b) => (a.entry < b.entry ? -1 : 1));
      const from = Number(url.searchParams.get('after') ?? 0), page = entries.slice(from, from + 2);
      return Response.json({position: this.position(), entries: page, ...(from + 2 < entries.length && {next: String(from + 2)})});
    }
    if (url.pathname === '/v1/acks' && method === 'GET') return Response.json({acks: [{channel, position: 'k-1', unread: 3}]});
    if (url.pathname === '/v1/acks') return Response.json(this.answer({channel, ...JSON.parse(body)}).acked);
    if (url.pathname === '/v1/events' && method === 'POST') {
      const {published, error} = this.publish(JSON.parse(body));
      return Response.json(published ?? {error});
    }
    if (url.pathname === '/v1/events' && headers.Accept === 'text/event-stream') {
      return new Stream(this, url.searchParams, this.#next(url.searchParams)).answer;
    }
    if (url.pathname === '/v1/events') {
      if (url.searchParams.has('wait')) await new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new TypeError('aborted')));
        this.cutPoll = () => reject(new TypeError('fetch failed'));
      });
      return this.page(url.searchParams);
    }
    return Response.json({code: 'not_found', message: 'not in this test', retry: false}, {status: 404});
  }
}

/** An event stream, up to what is there when it is asked for. */
class Stream {
  #gateway;
  #takesPushes;
  #controller;

  constructor(gateway, asked, next) {
    this.#gateway = gateway;
    this.#takesPushes = asked.get('push') === 'true';
    const channels = asked.getAll('channel');
    gateway.streams.add(this);
    this.answer = new Response(new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
        const at = `k-${next - 1}`;
        this.#say('tw.open', {heartbeat_ms: 15_000, positions: Object.fromEntries(channels.map((channel) => [channel, at]))});
        for (const event of gateway.log.slice(next)) if (channels.includes(event.channel)) this.#say('', event, event.id);
        for (const channel of channels) this.#say('tw.live', {channel});
      },
    }));
  }

  #say(type, content, id) {
    const lines = [...(type ? [`event: ${type}`] : []), ...(id ? [`id: ${id}`] : []), `data: ${JSON.stringify(content)}`];
    this.#controller.enqueue(new TextEncoder().encode(lines.join('\n') + '\n\n'));
  }

  push(push) {
    if (this.#takesPushes) this.#say('tw.push', push);
  }

  end() {
    this.#gateway.streams.delete(this);
    this.#controller.error(new TypeError('cut'));
  }
}

class FakeSocket {
  #gateway;
  #subscriptions = new Map();
  #withheld = new Map();
  #open = false;
  #shown;

  /** @param {Gateway} gateway @param {string | null} [shown] the session */
  constructor(gateway, shown = null) {
    this.#gateway = gateway;
    this.#shown = shown;
    setTimeout(() => {
      if (!gateway.online) return this.end(1006, '');
      this.#open = true;
      gateway.sockets.add(this);
      const {session, restored} = gateway.session(gateway.isAnonymous ? null : shown);
      this.say({welcome: {session, restored, limits: {frame: 65_536}}});
    });
  }

  say(frame) {
    if (this.#open) this.onmessage?.({data: JSON.stringify(frame)});
  }

  /** Answers a `subscribe` that was withheld. @param {string} channel */
  again(channel) {
    this.send(this.#withheld.get(channel));
  }

  send(text) {
    const {id, ...frame} = JSON.parse(text);
    this.#gateway.asked.push(frame);
    setTimeout(() => {
      if (!this.#open) return;
      if (frame.call) return void this.#gateway.calls.set(id, frame.call);
      const answer = this.#answer(frame);
      if (frame.publish && !this.#gateway.answers()) return;
      if (frame.subscribe && this.#gateway.withheld.has(frame.subscribe.channel)) return this.#withheld.set(frame.subscribe.channel, text);
      this.say({id, ...answer});
      if (frame.subscribe) {
        for (const block of this.#gateway.presence.get(frame.subscribe.channel) ?? []) this.tell(frame.subscribe.channel, block);
        this.deliver();
      }
      for (const {channel} of frame.resume?.subscriptions ?? []) {
        for (const block of this.#gateway.presence.get(channel) ?? []) this.tell(channel, block);
      }
      if (frame.resume) this.deliver();
    });
  }

  tell(channel, block) {
    if (this.#subscriptions.get(channel)?.presence) this.say({presence: {channel, ...block}});
  }

  #answer({auth, subscribe, resume, unsubscribe, publish, ack, ping, present}) {
    const gateway = this.#gateway;
    if (auth) {
      const {authed, error} = gateway.auth(auth);
      return authed ? {authed: {...authed, ...(gateway.isAnonymous && gateway.session(this.#shown))}} : {error};
    }
    if (resume) {
      return {resumed: {subscriptions: resume.subscriptions.map((one) => {
        const {subscribed, error} = this.#answer({subscribe: one});
        return subscribed ?? {channel: one.channel, code: error.code, message: error.message};
      })}};
    }
    if (ping) return {pong: {}};
    if (publish) return gateway.publish(publish);
    if (ack) return gateway.answer(ack);
    if (present) return {presented: {channel: present.channel}};
    if (unsubscribe) {
      this.#subscriptions.delete(unsubscribe.channel);
      return {unsubscribed: {}};
    }
    const {channel, after, from, types, present: shown, presence} = subscribe, pattern = channel.endsWith('*');
    if (gateway.refused.has(channel)) return {error: gateway.refused.get(channel)};
    if ((shown || presence) && gateway.unseen.includes(channel.split(':')[0])) {
      return {error: {code: 'invalid_request', message: 'no presence', retry: false}};
    }
    const next = after !== undefined ? Number(after.replace(/^p1\.|^k-/g, '')) + 1 : from === 'earliest' ? 0 : gateway.log.length;
    this.#subscriptions.set(channel, {next, types, presence, live: false});
    return {subscribed: {channel, position: `${pattern ? 'p1.' : 'k-'}${next - 1}`}};
  }

  deliver() {
    for (const [channel, subscription] of this.#subscriptions) {
      const pattern = channel.endsWith('*'), {log} = this.#gateway, events = [];
      for (; subscription.next < log.length; subscription.next++) {
        const event = log[subscription.next];
        const fits = pattern ? event.channel.startsWith(channel.slice(0, -1)) : event.channel === channel;
        if (fits && (!subscription.types || subscription.types.includes(event.type))) events.push(event);
      }
      if (events.length) this.say({events, ...(pattern && {pattern: channel, position: `p1.${log.length - 1}`})});
      if (!subscription.live) this.say({live: {channel, position: `${pattern ? 'p1.' : 'k-'}${log.length - 1}`}});
      subscription.live = true;
    }
  }

  /** @param {object} frame the last one before the end @param {number} code */
  disconnect(frame, code) {
    this.say(frame);
    this.end(code, '');
  }

  end(code, reason) {
    this.#open = false;
    this.#gateway.sockets.delete(this);
    this.onclose?.({code, reason});
  }

  close() {
    this.#open = false;
    this.#gateway.sockets.delete(this);
  }
}

const distinct = (list) => [...new Set(list.map((one) => JSON.stringify(one)))].sort().map((form) => JSON.parse(form));
const holds = (list = [], one) => list.some((other) => JSON.stringify(other) === JSON.stringify(one));

/** Waits until a check passes. */
export async function until(check, what = check) {
  for (let i = 0; !check(); i++) {
    if (i > 2_000) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
