import {backoff} from '../backoff.js';
import {decoded, encoded} from '../bytes.js';
import {Emitter} from '../emitter.js';
import {asError, TailwaterError} from '../error.js';
import {INTERNALS} from '../internals.js';
import {covers, mark} from '../positions.js';

/**
 * @typedef {import('../../types/state.js').StoredState} Stored
 * @typedef {Stored['entries'][number]} Entry as the server has it
 * @typedef {'put' | 'delete' | 'add' | 'include' | 'exclude'} Op
 * @typedef {object} Write of this client, or of an earlier page of it
 * @property {string} key
 * @property {string} entry
 * @property {Op} op
 * @property {any} data
 * @property {any} [base] the value that the writer saw
 * @property {string} [expects] the entry's version that the writer saw, if the write depends on it
 * @property {string} [storedAs] the event's id, once it is known
 * @property {AbortController} [sent] present once the outbox has it
 * @property {number} [merges]
 * @property {((error?: Error) => void)[]} settle
 */

const MERGES = 100;

/** @param {any} channel @param {import('../../types/state.js').StateOptions<any>} [options] @returns {any} */
export const stateMap = (channel, options = {}) => new StateMap(channel, options);

/**
 * Entries as the server has them, and the writes on top of them that have no verdict, or whose event has not come yet. Of
 * writes that depend on what the writer saw, one at a time is under way for an entry; the next one waits here, and takes in
 * those that come after it.
 */
class StateMap {
  /** @type {Emitter<any>} */
  #emitter = new Emitter();
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** @type {Write[]} */
  #writes = [];
  /** What `get` returns. @type {Map<string, any>} */
  #view = new Map();
  /** @type {import('../positions.js').Mark | undefined} */
  #position;
  #closed = new AbortController();
  /** @type {Error | undefined} */
  #failure;
  #core;
  #channel;
  #conflict;
  /** @type {(() => void)[]} */
  #undo;

  /** @param {any} channel @param {import('../../types/state.js').StateOptions<any>} options */
  constructor(channel, {conflict = 'server', stored}) {
    this.#channel = channel;
    this.#conflict = conflict;
    const core = (this.#core = channel[INTERNALS]);
    const {emitter, sender} = core;
    this.#undo = [
      emitter.on('queued', (/** @type {any} */ entry) => this.#queued(entry)),
      emitter.on('settled', (/** @type {any} */ verdict) => this.#settled(verdict)),
    ];
    for (const entry of sender.waiting(channel.name)) this.#queued(entry);
    /** @type {() => void} */
    let resolve = () => {};
    /** @type {(error: Error) => void} */
    let reject = () => {};
    this.ready = new Promise((done, fail) => {
      resolve = () => done(undefined);
      reject = fail;
    });
    this.ready.catch(() => {});
    this.#resolve = resolve;
    this.#reject = reject;
    if (stored) this.#begin(stored);
    else this.#load();
  }

  #resolve;
  #reject;

  // ---- What the server has

  /** Reads the whole state, however often it takes. */
  async #load() {
    const {http, clock} = this.#core, {signal} = this.#closed;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const path = `/v1/state?channel=${encodeURIComponent(this.#channel.name)}`;
        let page = await http.json(path, {signal});
        const {position, entries} = page;
        while (page.next) {
          page = await http.json(`${path}&after=${encodeURIComponent(page.next)}`, {signal});
          entries.push(...page.entries);
        }
        return this.#begin({position, entries});
      } catch (failure) {
        const error = asError(failure);
        if (signal.aborted) return;
        if (!error.retry) return this.#fail(error);
        await this.#core.pause(backoff(attempt, this.#core.backoff, clock.random(), error.retryMs), signal);
      }
    }
  }

  /** @param {Error} error */
  #fail(error) {
    this.#emitter.emit('error', error);
    this.#over(error);
  }

  /** Nothing is read from now on, so that nothing that depends on it can be written. @param {Error} error */
  #over(error) {
    this.#failure = error;
    this.#reject(error);
    for (const write of this.#writes.filter(({sent}) => !sent)) this.#end(write, error);
  }

  /** @param {Stored} stored */
  #begin({position, entries}) {
    const names = new Set([...this.#entries.keys(), ...entries.map(({entry}) => entry)]);
    this.#entries = new Map(entries.map((entry) => [entry.entry, decoded(entry)]));
    this.#position = mark(position);
    const subscription = this.#channel.subscribe((/** @type {any} */ event) => this.#take(event), {after: position, signal: this.#closed.signal});
    subscription.on('reset', (/** @type {{reason: string}} */ {reason}) => {
      subscription.unsubscribe();
      this.#emitter.emit('reset', {reason});
      this.#load();
    });
    subscription.on('error', (/** @type {Error} */ error) => this.#fail(error));
    this.#reached();
    for (const name of names) this.#show(name);
    for (const write of [...this.#writes]) this.#send(write);
    this.#resolve();
  }

  /** @param {any} event */
  #take({id, entry, op, data, value, added, removed, superseded, encoding, by, ts_ms, optimistic}) {
    if (optimistic || !id) return;
    this.#position = mark(id);
    if (entry && !superseded) {
      const old = this.#entries.get(entry);
      // A later page of the snapshot has it already.
      if (!old || !covers(mark(old.version), this.#position)) {
        const now = op === 'add' ? value : op === 'include' ? union(old?.data, added) : op === 'exclude' ? without(old?.data, removed) : data;
        if (op === 'delete') this.#entries.delete(entry);
        else this.#entries.set(entry, {entry, version: id, data: now, by, ts_ms, ...(encoding && {encoding})});
      }
    }
    this.#reached();
    if (entry) this.#show(entry);
  }

  /** Writes whose event has come are part of the entries. */
  #reached() {
    const at = /** @type {import('../positions.js').Mark} */ (this.#position);
    this.#writes = this.#writes.filter(({storedAs}) => !storedAs || !covers(at, mark(storedAs)));
  }

  // ---- What is written here

  /** @param {string} name */
  get(name) {
    return this.#view.get(name);
  }

  /** @param {string} name */
  has(name) {
    return this.#view.has(name);
  }

  get size() {
    return this.#view.size;
  }

  *[Symbol.iterator]() {
    for (const name of [...this.#view.keys()].sort()) yield [name, this.#view.get(name)];
  }

  /** @param {string} entry @param {any} value */
  put(entry, value) {
    return unawaited(this.#write(entry, 'put', value));
  }

  /** @param {string} entry */
  delete(entry) {
    return unawaited(this.#write(entry, 'delete', undefined));
  }

  /** @param {string} entry @param {number} [amount] */
  add(entry, amount = 1) {
    return unawaited(this.#write(entry, 'add', amount));
  }

  /** @param {string} entry @param {...unknown} elements */
  include(entry, ...elements) {
    return unawaited(this.#write(entry, 'include', elements));
  }

  /** @param {string} entry @param {...unknown} elements */
  exclude(entry, ...elements) {
    return unawaited(this.#write(entry, 'exclude', elements));
  }

  /** @param {string} [name] */
  pending(name) {
    return this.#writes.some(({entry, storedAs}) => !storedAs && (name === undefined || entry === name));
  }

  /** @param {string} type @param {(event: any) => void} f */
  on(type, f) {
    return this.#emitter.on(type, f);
  }

  toJSON() {
    const {text} = this.#position ?? {};
    return text && {position: text, entries: [...this.#entries.values()].map(encoded)};
  }

  close() {
    this.#closed.abort();
    for (const undo of this.#undo) undo();
    this.#over(new TailwaterError('closed', 'the state is not read any more'));
  }

  /** Whether a write is refused if the entry is another by then. @param {Op} op */
  #depends(op) {
    return (op === 'put' || op === 'delete') && this.#conflict !== 'mine' && this.#conflict !== 'latest';
  }

  /** @param {string} entry @param {Op} op @param {any} data @returns {Promise<void>} */
  async #write(entry, op, data) {
    if (this.#failure) throw this.#failure;
    const base = this.get(entry), last = this.#writes.findLast((write) => write.entry === entry && !write.storedAs);
    /** @type {Promise<void>} */
    const promise = new Promise((resolve, reject) => {
      const settle = (/** @type {Error | undefined} */ error) => (error ? reject(error) : resolve());
      if (last && this.#depends(op) && this.#depends(last.op) && this.#takesIn(last)) {
        Object.assign(last, {op, data});
        last.settle.push(settle);
      } else {
        this.#writes.push({key: newKey(), entry, op, data, base, settle: [settle]});
      }
    });
    this.#show(entry);
    for (const write of [...this.#writes]) this.#send(write);
    return promise;
  }

  /** Whether the next write may take the place of one that has not left. @param {Write} write */
  #takesIn(write) {
    if (!write.sent) return true;
    const {state, sender} = this.#core;
    const waits = sender.waiting(this.#channel.name).some((/** @type {any} */ one) => one.key === write.key && one.tried_ms === undefined);
    if (state === 'live' || !waits) return false;
    const {sent} = write;
    write.sent = undefined;
    write.key = newKey();
    sent.abort();
    return true;
  }

  /** Hands a write to the outbox when it is its turn. @param {Write} write */
  #send(write) {
    const {key, entry, op, data} = write, depends = this.#depends(op);
    if (write.sent) return;
    if (depends) {
      const first = this.#writes.find((other) => other.entry === entry && !other.storedAs && this.#depends(other.op));
      // It depends on a state that is not known yet, or on the write before.
      if (!this.#position || first !== write) return;
      const before = this.#writes.findLast((other) => other.entry === entry && other.storedAs);
      write.expects = before?.op === 'delete' ? 'absent' : before?.storedAs ?? this.#entries.get(entry)?.version ?? 'absent';
    }
    const seen = op === 'exclude' && !this.#writes.some((other) => other.entry === entry && other.op === 'include') && this.#position?.text;
    const {signal} = (write.sent = new AbortController());
    this.#channel.publish(data, {
      type: 'state', key, entry, op, signal,
      ...(depends && {if: write.expects}), ...(this.#conflict === 'latest' && /^(put|delete)$/.test(op) && {at: this.#core.clock.now()}), ...(seen && {seen}),
    }).catch((/** @type {Error} */ error) => this.#lost(key, error));
  }

  /** A publication that waits; perhaps of an earlier page. @param {any} queued */
  #queued({channel, key, entry, op = 'put', data, if: expects}) {
    if (channel !== this.#channel.name || !entry) return;
    const own = this.#writes.find((write) => write.key === key), next = own && this.#writes.find((write) => write.entry === entry && !write.sent);
    if (own && next && this.#depends(next.op) && this.#depends(own.op) && this.#takesIn(own)) {
      // It need not wait in memory, where a reload would lose it.
      Object.assign(own, {op: next.op, data: next.data, settle: [...own.settle, ...next.settle]});
      this.#writes = this.#writes.filter((write) => write !== next);
      this.#send(own);
    }
    if (own) return;
    this.#writes.push({key, entry, op, data, expects, sent: new AbortController(), settle: []});
    this.#show(entry);
  }

  /** It was refused before the outbox had it. @param {string} key @param {Error} error */
  #lost(key, error) {
    const write = this.#writes.find((one) => one.key === key);
    if (write && !write.storedAs) this.#refused(write, asError(error));
  }

  /** @param {any} verdict */
  #settled({key, id, version, error}) {
    const write = this.#writes.find((one) => one.key === key);
    if (!write || write.storedAs) return;
    if (error) return this.#refused(write, error);
    write.storedAs = version && !covers(mark(version), mark(id)) ? version : id;
    this.#end(write);
  }

  /** @param {Write} write @param {any} error */
  #refused(write, error) {
    const {entry, op, data: mine, base} = write, {reason, current} = error.details ?? {};
    if (error.code === 'conflict' && reason === 'if') {
      // Its event may still be on the way.
      if (current && this.#position && !covers(mark(this.#entries.get(entry)?.version ?? ''), mark(current.version))) {
        this.#entries.set(entry, decoded({entry, ...current}));
      }
      const theirs = current ? decoded(current).data : undefined;
      this.#emitter.emit('conflict', {entry, mine, theirs, error});
      if (typeof this.#conflict === 'function' && (write.merges = (write.merges ?? 0) + 1) <= MERGES) {
        const data = this.#conflict(op === 'delete' ? undefined : mine, theirs, base);
        const next = this.#writes.find((other) => other.entry === entry && other !== write && !other.sent && this.#depends(other.op));
        if (next) {
          // It was written on top of what has just become another value.
          const value = this.#conflict(next.op === 'delete' ? undefined : next.data, data, next.base);
          Object.assign(next, {op: value === undefined ? 'delete' : 'put', data: value, base: data});
        }
        Object.assign(write, {key: newKey(), op: data === undefined ? 'delete' : 'put', data, base: theirs, sent: undefined, expects: undefined});
        this.#show(entry);
        return this.#send(write);
      }
    }
    this.#end(write, error);
  }

  /** @param {Write} write @param {Error} [error] */
  #end(write, error) {
    const {entry, settle} = write;
    if (error || !this.#position) this.#writes = this.#writes.filter((other) => other !== write);
    else this.#reached();
    for (const f of settle) f(error);
    // What was written on top of it expects the same.
    const next = this.#writes.find((other) => other.entry === entry && !other.storedAs);
    if (next && !next.sent) {
      if (error && this.#depends(next.op) && typeof this.#conflict !== 'function') this.#end(next, error);
      else this.#send(next);
    }
    this.#show(entry);
  }

  /** @param {string} name */
  #show(name) {
    const {data, by} = this.#entries.get(name) ?? {};
    let has = this.#entries.has(name), value = data;
    for (const {entry, op, data: change} of this.#writes) {
      if (entry !== name) continue;
      value = op === 'put' ? change : op === 'add' ? sum(value, change)
        : op === 'include' ? union(value, change) : op === 'exclude' ? without(value, change) : undefined;
      has = op !== 'delete';
    }
    const had = this.#view.has(name);
    if (has === had && (!has || same(value, this.#view.get(name)))) return;
    if (has) this.#view.set(name, value);
    else this.#view.delete(name);
    this.#emitter.emit('change', {entry: name, value, ...(by && {by})});
  }
}

/** Whoever does not await a write sees what becomes of it. @param {Promise<void>} promise */
function unawaited(promise) {
  promise.catch(() => {});
  return promise;
}

const newKey = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** The RFC 8785 form, by which elements are equal and sorted. @param {any} value @returns {string} */
const canonical = (value) =>
  Array.isArray(value) ? `[${value.map(canonical)}]`
  : value && typeof value === 'object'
    ? `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)}}`
  : JSON.stringify(value) ?? 'null';

/** @param {any} a @param {any} b */
const same = (a, b) => a === b || (typeof a === 'object' && typeof b === 'object' && canonical(a) === canonical(b));

/** @param {any} set @param {any[]} [elements] */
function union(set, elements = []) {
  const all = new Map([...asSet(set), ...elements].map((one) => [canonical(one), one]));
  return [...all.keys()].sort().map((form) => all.get(form));
}

/** @param {any} set @param {any[]} [elements] */
function without(set, elements = []) {
  const gone = new Set(elements.map(canonical));
  return asSet(set).filter((one) => !gone.has(canonical(one)));
}

/** @param {any} value @returns {any[]} */
const asSet = (value) => (Array.isArray(value) ? value : []);

/** As the server adds: beyond what a number holds exactly, digits. @param {any} value @param {number} amount */
function sum(value, amount) {
  try {
    const exact = BigInt(value ?? 0) + BigInt(amount);
    return exact >= -(2n ** 53n) && exact <= 2n ** 53n ? Number(exact) : String(exact);
  } catch {
    // It is no counter; the server refuses this.
    return value;
  }
}
