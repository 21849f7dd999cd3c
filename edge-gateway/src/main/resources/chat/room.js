// A room: one channel, as far as this page has read it, and what its user has written there that is not in it yet.

import {forget, shown} from '/chat/pictures.js';

const TYPES = ['message', 'edit', 'redact'];
const PAGE = 50;
/** Messages that are held at most, and how many are left then. What is older is read again when it is scrolled to. */
const MAX_KEPT = 600, KEPT = 400, KEPT_ASIDE = 60;
/** Edits that are remembered, for messages that are read later. */
const MAX_EDITS = 2_000;
const RETRY_MS = 2_000;

/** Events of a channel are in the order of these. */
export const offsetOf = (id) => Number(id.slice(id.indexOf('-') + 1));

const randomKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** What a message says. Other programs may have written it. */
function textOf(data) {
  if (typeof data === 'string') return data;
  return typeof data?.text === 'string' ? data.text : JSON.stringify(data ?? null);
}

/** Tells `change` whenever it is other than it was, and `message` with each new message of somebody else. */
export class Room extends EventTarget {
  title;
  /** In the order of the log. */
  messages = [];
  /** Mine, in the order in which they were written: {key, text or picture, at, stored, error}. */
  pending = [];
  /** How many messages of others its user has not read. */
  unread = 0;
  /** What comes is new. */
  live = false;
  /** Nothing is older than the first message. */
  complete = false;
  loading = false;
  fault = '';
  #client;
  #me;
  #channel;
  #reading;
  /** Messages by id. */
  #byId = new Map();
  /** The newest edit of each message, also of those that are not read yet: {text, offset}. */
  #edits = new Map();
  #redacted = new Set();
  /** Keys of my messages that are in the log. */
  #mine = new Set();
  /** Where the page before begins. */
  #previous;

  constructor(client, name, channel, me) {
    super();
    this.#client = client;
    this.#me = me;
    this.name = name;
    this.title = name;
    this.channelName = channel;
    this.#channel = client.channel(channel);
  }

  get newest() {
    return this.messages.at(-1);
  }

  changed() {
    this.dispatchEvent(new Event('change'));
  }

  // ---- Reading

  /** Follows the room, from its newest messages on. */
  follow(count) {
    const reading = this.#reading = this.#channel.subscribe((event) => this.#take(event, reading), {from: `last:${count}`, types: TYPES});
    reading.on('live', () => {
      if (!this.messages.length) this.complete = true;
      const first = !this.live;
      this.live = true;
      if (first) this.dispatchEvent(new Event('live'));
      this.changed();
    });
    reading.on('reset', () => {
      // What was read is not what the log has now.
      if (reading !== this.#reading) return;
      this.close();
      this.follow(PAGE);
    });
    reading.on('error', (error) => {
      this.fault = error.message;
      this.changed();
    });
  }

  close() {
    this.#reading?.unsubscribe();
    this.#reading = undefined;
    this.#drop(this.messages.length);
    this.#previous = undefined;
    this.complete = false;
  }

  async #take(event, reading) {
    if (reading !== this.#reading) return;
    if (event.type === 'edit') this.#edited(event);
    else if (event.type === 'redact') this.#removed(event);
    else await this.#add(event, reading);
    this.changed();
  }

  async #add(event, reading) {
    // A picture is decoded first, so that nothing moves when it is shown.
    const message = await this.#message(event);
    if (reading !== this.#reading || this.#byId.has(message.id)) return forget(message.picture);
    this.#byId.set(message.id, message);
    this.messages.push(message);
    if (!message.mine && this.live) this.dispatchEvent(new CustomEvent('message', {detail: message}));
  }

  /** @param event of the type `message` */
  async #message(event) {
    const {id, by = 'somebody', ts_ms: at, key, data} = event, mine = by === this.#me;
    const deleted = Boolean(event.redacted) || this.#redacted.has(id), edit = this.#edits.get(id);
    const message = {id, by, at, mine, offset: offsetOf(id), key: mine && key ? `key ${key}` : id, deleted, edited: Boolean(edit)};
    const known = mine && key ? this.#settled(key) : undefined;
    if (deleted) {
      forget(known);
      return message;
    }
    if (data instanceof Uint8Array) message.picture = known ?? await shown(data);
    else message.text = edit?.text ?? textOf(data);
    return message;
  }

  #edited({id, of, data, redacted}) {
    if (!of || redacted) return;
    const offset = offsetOf(id);
    if (this.#edits.get(of)?.offset > offset) return;
    const text = textOf(data), message = this.#byId.get(of);
    this.#edits.set(of, {text, offset});
    if (this.#edits.size > MAX_EDITS) this.#edits.delete(this.#edits.keys().next().value);
    if (message && !message.deleted) Object.assign(message, {text, edited: true});
  }

  #removed({of}) {
    if (!of) return;
    // Pages say it of their messages themselves; this is for one that is being read just now.
    this.#redacted.add(of);
    if (this.#redacted.size > MAX_EDITS) this.#redacted.delete(this.#redacted.values().next().value);
    const message = this.#byId.get(of);
    if (!message) return;
    forget(message.picture);
    Object.assign(message, {deleted: true, text: undefined, picture: undefined});
  }

  /** Reads a page of older messages. */
  async older() {
    if (this.loading || this.complete || !this.messages.length || !this.#reading) return;
    const reading = this.#reading;
    this.loading = true;
    this.fault = '';
    this.changed();
    try {
      const events = [];
      do {
        const page = await this.#channel.history({before: this.#previous ?? this.messages[0].id, limit: PAGE});
        events.unshift(...page.events);
        this.#previous = page.previous;
        this.complete = !page.previous;
      } while (!this.complete && !events.some(({type}) => type === 'message'));
      // A page knows of the edits that follow within it.
      for (const event of events) {
        if (event.type === 'edit') this.#edited(event);
        else if (event.type === 'redact') this.#removed(event);
      }
      const found = await Promise.all(events.filter(({type}) => type === 'message').map((event) => this.#message(event)));
      if (reading !== this.#reading) return;
      const fresh = found.filter(({id}) => !this.#byId.has(id));
      for (const message of fresh) this.#byId.set(message.id, message);
      this.messages.unshift(...fresh);
    } catch {
      this.fault = 'Older messages cannot be read just now.';
    } finally {
      this.loading = false;
      this.changed();
    }
  }

  /** Lets go of old messages, while nobody looks at them. */
  trim(shownNow) {
    const excess = this.messages.length - (shownNow ? MAX_KEPT : KEPT_ASIDE);
    if (excess > 0 && !this.loading) this.#drop(shownNow ? this.messages.length - KEPT : excess);
  }

  #drop(count) {
    for (const {id, picture} of this.messages.splice(0, count)) {
      forget(picture);
      this.#byId.delete(id);
    }
    if (!count) return;
    this.#previous = undefined;
    this.complete = false;
  }

  // ---- Writing

  /**
   * Sends a text or the bytes of a picture. It waits in the client's outbox until it is in the log, and is there once.
   *
   * @param picture how the bytes are shown
   */
  send(data, picture) {
    const entry = {key: randomKey(), data, picture, text: picture ? undefined : textOf(data), at: Date.now(), stored: false, error: ''};
    this.pending.push(entry);
    return this.#publish(entry);
  }

  async #publish(entry) {
    entry.error = '';
    this.changed();
    try {
      await this.#channel.publish(entry.data, {key: entry.key});
      entry.stored = true;
    } catch (error) {
      this.failed(entry.key, error);
    }
    this.changed();
  }

  /** Shows what an earlier page, or another one, has put into the outbox. */
  async waiting({key, data, created_ms: at}) {
    const picture = data instanceof Uint8Array ? await shown(data) : undefined;
    if (this.#mine.has(key) || this.pending.some((one) => one.key === key)) return forget(picture);
    this.pending.push({key, data, picture, text: picture === undefined ? textOf(data) : undefined, at, stored: false, error: ''});
    this.changed();
  }

  /** A message of mine is in the log, and does not wait any more. Returns its picture, which is shown already. */
  #settled(key) {
    this.#mine.add(key);
    const at = this.pending.findIndex((one) => one.key === key);
    return at >= 0 ? this.pending.splice(at, 1)[0].picture : undefined;
  }

  failed(key, error) {
    const entry = this.pending.find((one) => one.key === key);
    if (!entry) return;
    entry.error = error.message;
    entry.unknown = error.outcome === 'unknown';
    this.changed();
  }

  /** With the same key: if it was stored after all, it is not stored again. */
  again(entry) {
    this.#publish(entry);
  }

  discard(entry) {
    this.pending = this.pending.filter((one) => one !== entry);
    forget(entry.picture);
    this.changed();
  }

  // ---- Changing what was said

  edit(message, text) {
    return this.#call('chat.edit', {room: this.channelName, id: message.id, text});
  }

  remove(message) {
    return this.#call('chat.redact', {room: this.channelName, id: message.id});
  }

  /** With a key, so that it can be repeated once if its answer was lost. */
  async #call(method, data) {
    const key = randomKey();
    try {
      return await this.#client.call(method, data, {key});
    } catch (error) {
      if (!error.retry) throw error;
      await new Promise((done) => setTimeout(done, RETRY_MS));
      return this.#client.call(method, data, {key});
    }
  }

  // ---- What was read

  /** How many the server counts as unread, from now on. */
  counted(unread) {
    this.unread = unread;
    this.changed();
  }

  /** Its user has seen it through a message, on all devices. */
  async read(id) {
    await this.#channel.ack(id);
  }

  /** Whatever is there now is not new to its user, who has never been here. */
  async begin() {
    await this.#channel.ack();
  }
}
