import {full} from '../outbox.js';

/**
 * @typedef {import('../../types/client.js').Outbox} Outbox
 * @typedef {import('../../types/client.js').OutboxEntry} Entry
 * @typedef {import('../../types/client.js').OutboxListener} Listener
 * @typedef {import('../../types/client.js').Settlement} Settlement
 */

const STORE = 'entries', BY_OWNER = 'owner';

/** @param {string} [name] @param {{limit?: number}} [options] */
export const persistentOutbox = (name = 'tailwater-outbox', {limit = 100} = {}) => new PersistentOutbox(name, limit);

/** @implements {Outbox} */
class PersistentOutbox {
  #name;
  #owner = '';
  /** @type {IDBDatabase | undefined} */
  #database;
  /** @type {BroadcastChannel | undefined} */
  #others;
  #stop = new AbortController();
  /** Ends this tab's turn to send. @type {(() => void) | undefined} */
  #release;

  /** @param {string} name @param {number} limit */
  constructor(name, limit) {
    this.#name = name;
    this.limit = limit;
  }

  /** @param {string} owner @param {Listener} listener */
  async open(owner, listener) {
    this.#owner = owner;
    this.#database = await opened(this.#name);
    const topic = `${this.#name} ${owner}`;
    if (globalThis.BroadcastChannel) {
      this.#others = new BroadcastChannel(topic);
      this.#others.onmessage = ({data: {added, settled}}) => {
        if (added) listener.added(added);
        if (settled) listener.settled(settled);
      };
    }
    const lead = async () => {
      const entries = await this.#all();
      if (!this.#stop.signal.aborted) listener.lead(entries);
    };
    const locks = globalThis.navigator?.locks;
    if (!locks) return lead();
    // One tab sends; the lock goes to the next when its tab ends, however it ends.
    locks.request(topic, {signal: this.#stop.signal}, async () => {
      await lead();
      await new Promise((resolve) => (this.#release = () => resolve(undefined)));
    }).catch(() => {});
  }

  /** @param {IDBTransactionMode} mode */
  #store(mode) {
    return /** @type {IDBDatabase} */ (this.#database).transaction(STORE, mode).objectStore(STORE);
  }

  /** @returns {Promise<Entry[]>} in the order in which they were handed in */
  async #all() {
    const rows = await done(this.#store('readonly').index(BY_OWNER).getAll(this.#owner));
    return rows.sort((a, b) => a.order - b.order).map(({entry}) => entry);
  }

  /** @param {Entry} entry */
  async put(entry) {
    const store = this.#store('readwrite');
    // Both in one transaction: two tabs at once do not pass the limit.
    const count = await done(store.index(BY_OWNER).count(this.#owner));
    if (count >= this.limit) throw full(this.limit);
    await done(store.add({owner: this.#owner, key: entry.key, entry}));
    this.#others?.postMessage({added: entry});
  }

  /** @param {Entry} entry */
  async tried(entry) {
    const store = this.#store('readwrite');
    const row = await done(store.index('key').get([this.#owner, entry.key]));
    if (row) await done(store.put({...row, entry}));
  }

  /** @param {Settlement} verdict */
  async remove(verdict) {
    const store = this.#store('readwrite');
    const order = await done(store.index('key').getKey([this.#owner, verdict.key]));
    if (order !== undefined) await done(store.delete(order));
    this.#others?.postMessage({settled: verdict});
  }

  close() {
    this.#stop.abort();
    this.#release?.();
    this.#others?.close();
    this.#database?.close();
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {string} name */
function opened(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    const store = request.result.createObjectStore(STORE, {keyPath: 'order', autoIncrement: true});
    store.createIndex(BY_OWNER, 'owner');
    store.createIndex('key', ['owner', 'key'], {unique: true});
  };
  return done(request);
}
