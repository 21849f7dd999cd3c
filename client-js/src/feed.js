import {TailwaterError} from './error.js';
import {covers, mark} from './positions.js';

const MAX_TYPES = 32;
/** Marks of patterns: they come in this order. */
let arrivals = 0;

/**
 * @typedef {import('./positions.js').Mark} Mark
 * @typedef {import('./reader.js').Reader} Reader
 * @typedef {import('../types/client.js').Event} Event
 * @typedef {{after?: string, from?: string, wide?: string}} Start where the wire begins
 */

/**
 * One channel as this client follows it: a cursor, shared by all readers of the channel. A reader that needs older events
 * moves the cursor back; the others drop what they have. Owned by the client's core.
 *
 * Its `edition` changes whenever the cursor begins elsewhere. What a link brings for another edition is void.
 */
export class Feed {
  /** @type {Set<Reader>} */
  #readers = new Set();
  /** Readers whose `from` has no position yet. @type {Reader[]} */
  #unresolved = [];
  /** @type {Mark | null} */
  #position = null;
  #from = '';
  #lastReset = '';
  #core;
  edition = 0;
  live = false;
  /** How often a link that read was gone. */
  losses = 0;
  /** The edition whose end a link has reached. @type {WeakMap<any, number>} */
  #reached = new WeakMap();
  /** The types of events that the cursor brings. @type {string[] | undefined} */
  types;

  /** @param {import('./core.js').Core} core @param {string} channel */
  constructor(core, channel) {
    this.#core = core;
    this.channel = channel;
    this.isPattern = channel.endsWith('*');
  }

  /**
   * The position of a pattern cannot be compared. As one link brings its events to one reader, each is later than the one
   * before.
   *
   * @param {string} text
   * @returns {Mark}
   */
  #mark(text) {
    return this.isPattern ? {text, epoch: '*', offset: ++arrivals} : mark(text);
  }

  /** @returns {Start} */
  begins() {
    const at = this.#position;
    return at ? {after: at.text, wide: at.wide} : {from: this.#from || 'latest'};
  }

  /** What its readers ask about presence. @returns {import('./reader.js').Wish} */
  get wish() {
    return Object.assign({}, ...[...this.#readers].map((reader) => reader.wish));
  }

  /** @param {Reader} reader */
  join(reader) {
    this.#readers.add(reader);
    const at = this.#position;
    if (!reader.taken && reader.from === 'latest' && at && this.live) reader.begin(at);
    if (!reader.taken) {
      // One that reads no events has no place to begin.
      if (reader.from) this.#unresolved.push(reader);
    } else if (this.live && at && covers(reader.taken, at)) reader.live();
    this.#plan();
    this.#core.changed();
  }

  /** @param {Reader} reader */
  leave(reader) {
    this.#readers.delete(reader);
    this.#unresolved = this.#unresolved.filter((other) => other !== reader);
    if (this.#readers.size) this.#core.changed();
    else this.#core.drop(this);
  }

  /** Decides where the cursor has to stand. */
  #plan() {
    const first = this.#unresolved[0];
    if (first) {
      // Another reader's `from` is being looked up: this one is next.
      if (!this.#position && this.#from && !this.#isFor(first)) return;
      if (this.#position || !this.#from) this.#begin(null, first.from, first.types);
      return;
    }
    const all = [...this.#readers], every = all.flatMap(({types}) => types ?? []);
    const types = every.length <= MAX_TYPES && all.every((reader) => reader.types) ? [...new Set(every)].sort() : undefined;
    let least = this.#position;
    for (const {taken} of all) {
      if (taken && (!least || !covers(taken, least))) least = taken;
    }
    // A cursor that brings more than is wanted is let be.
    const fits = !this.types || (types && types.every((type) => this.types?.includes(type)));
    if (least && (least !== this.#position || !fits)) this.#begin(least, '', types);
  }

  /** Whether the cursor begins where a reader wants to begin. @param {Reader} reader */
  #isFor({from, types}) {
    return from === this.#from && `${types}` === `${this.types}`;
  }

  /** @param {Mark | null} position @param {string} from @param {string[]} [types] */
  #begin(position, from, types) {
    this.#position = position;
    this.#from = from;
    this.types = types;
    this.live = false;
    this.edition++;
    this.#core.changed();
  }

  /**
   * A link stands here. Returns false if it has to begin again: what it would bring leaves something out.
   *
   * @param {number} edition
   * @param {Start} asked
   * @param {string} text
   */
  opened(edition, asked, text) {
    if (edition !== this.edition) return false;
    const at = this.#mark(text), known = this.#position;
    if (known && asked.after === undefined && !covers(known, at)) return false;
    if (!known || known.offset === -Infinity || (known.epoch === at.epoch && at.offset > known.offset)) {
      this.#position = at;
    }
    if (asked.after !== undefined) {
      for (const reader of this.#readers) if (reader.taken?.text === asked.after && at.epoch) reader.begin(at);
    } else {
      const all = this.#unresolved;
      this.#unresolved = all.filter((reader) => !this.#isFor(reader));
      for (const reader of all) if (this.#isFor(reader)) reader.begin(at);
    }
    this.#plan();
    return edition === this.edition;
  }

  /** @param {number} edition @param {Event} event @param {string} [position] of the pattern, after the event */
  take(edition, event, position) {
    if (edition !== this.edition) return;
    const text = this.isPattern ? position : event.id;
    if (text === undefined) return this.pass(event);
    const at = this.#mark(text);
    // Another link has brought it already.
    if (this.#position && covers(this.#position, at)) return;
    this.#position = at;
    for (const reader of [...this.#readers]) reader.take(event, at);
  }

  /** An event without a position. @param {Event} event */
  pass(event) {
    for (const reader of [...this.#readers]) reader.take(event, null);
  }

  /**
   * The cursor has moved over events of other channels.
   *
   * @param {number} edition
   * @param {string} text position of this channel
   */
  moved(edition, text) {
    const at = this.#mark(text), known = this.#position;
    if (edition !== this.edition || !known || covers(known, at) || (!this.isPattern && known.epoch !== at.epoch)) return;
    this.#position = at;
    for (const reader of this.#readers) reader.move(at);
  }

  /**
   * The cursor is contained in a position of several channels.
   *
   * @param {number} edition
   * @param {string} wide
   */
  widened(edition, wide) {
    if (edition !== this.edition || !this.#position) return;
    this.#position = {...this.#position, wide};
    for (const reader of this.#readers) {
      if (reader.taken && covers(this.#position, reader.taken)) reader.move(this.#position);
    }
  }

  /** What a link brings of this edition is new from now on. @param {number} edition @param {import('./core.js').Link} link */
  reached(edition, link) {
    this.#reached.set(link, edition);
    this.tellLive();
  }

  /** Readers are live where the link in use is, and after the client: until it replaces another, a link that is ahead waits. */
  tellLive() {
    const {state, inUse} = this.#core;
    if (state !== 'live' || this.#reached.get(inUse) !== this.edition) return;
    this.live = true;
    for (const reader of [...this.#readers]) reader.live();
  }

  /**
   * @param {number} edition
   * @param {{reason: string, earliest?: string, partitions?: object[]}} reset
   * @param {string} [position] of the pattern, from which delivery goes on
   */
  reset(edition, {reason, earliest, partitions}, position) {
    const text = (this.isPattern ? position : earliest) ?? '', key = `${edition} ${reason} ${text}`;
    // Two links may read at the same time: both are told.
    if (edition !== this.edition || key === this.#lastReset) return;
    this.#lastReset = key;
    const at = this.#mark(text), before = this.#position;
    this.#position = at;
    for (const reader of [...this.#readers]) {
      const {taken} = reader;
      const behind = !taken || !covers(taken, at) || (reason === 'foreign' && before && covers(before, taken));
      if (behind) reader.reset(partitions ? {reason, partitions} : {reason, earliest}, at);
    }
  }

  /** A connection that read is gone; another comes. @param {import('./core.js').Link} link */
  lost(link) {
    this.#reached.delete(link);
    if (link !== this.#core.inUse) return;
    this.losses++;
    this.live = false;
    for (const reader of this.#readers) reader.isLive = false;
  }

  /** @param {number} edition */
  ended(edition) {
    if (edition === this.edition) this.closed((reader) => reader.end());
  }

  /** Nobody reads any more; that the page has closed the client, nobody is told. */
  closed(tell = (/** @type {Reader} */ reader) => reader.close()) {
    const readers = [...this.#readers];
    this.#readers.clear();
    this.#core.drop(this);
    for (const reader of readers) tell(reader);
  }

  /** @param {TailwaterError} error */
  refused(error) {
    const all = [...this.#readers], wishing = all.filter(({wish}) => wish);
    // Where a namespace has no presence, the events can be read all the same.
    for (const reader of error.code === 'invalid_request' && wishing.length ? wishing : all) {
      this.leave(reader);
      reader.fail(error);
    }
  }
}
