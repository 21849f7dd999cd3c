import type {Channel, TailwaterError} from '../client.js';

/** What becomes of a write whose entry has changed since the writer saw it. */
export type Conflict<T> =
  /** The write is refused: `put` and `delete` reject with `conflict`, and the entry is as the server has it. */
  | 'server'
  /** The write replaces whatever the entry is by then. */
  | 'mine'
  /** The later write wins, by the clocks of the writers, whichever comes first. Needs a namespace with `retention: forever`. */
  | 'latest'
  /**
   * The function gets both values, and the one that both began with if it is still known; `undefined` is an entry that is not
   * there. What it returns is written instead; `undefined` deletes the entry.
   */
  | ((mine: T | undefined, theirs: T | undefined, base: T | undefined) => T | undefined);

export interface StateOptions<T = unknown> {
  /** Default `server`. */
  conflict?: Conflict<T>;
  /** What `toJSON` has returned before: the map is there at once, and only what has changed since is read. */
  stored?: StoredState;
}

/** A state in plain JSON, to be stored and handed in again. */
export interface StoredState {
  position: string;
  entries: {entry: string; version: string; data: unknown; encoding?: 'base64'; by?: string; ts_ms?: number}[];
}

export interface StateChange<T = unknown> {
  entry: string;
  /** As `get` returns it. */
  value: T | undefined;
  /** Who wrote it, if the server has said so. */
  by?: string;
}

export interface StateEvents<T = unknown> {
  change: StateChange<T>;
  /** A write was refused, or was merged with what is there now. */
  conflict: {entry: string; mine: T | undefined; theirs: T | undefined; error: TailwaterError};
  /** The whole state was read again, as it could not be continued. */
  reset: {reason: string};
  error: Error;
}

/**
 * The entries of a channel, as they change. What is written here shows at once, and goes back if it is refused. Writes wait in
 * the client's outbox while the platform is away; with `persistentOutbox` they survive a reload.
 */
export interface StateMap<T = unknown> {
  /** Resolves when the state has been read; rejects if it may not be. */
  readonly ready: Promise<void>;
  /** The value with the writes that wait. Counters are numbers (strings beyond 2^53), sets are arrays. */
  get(entry: string): T | undefined;
  has(entry: string): boolean;
  /** Number of entries. */
  readonly size: number;
  /** Names and values, in the order of the names. */
  [Symbol.iterator](): IterableIterator<[string, T]>;
  /** Each resolves when the write is stored. None has to be awaited. */
  put(entry: string, value: T): Promise<void>;
  delete(entry: string): Promise<void>;
  /** Adds an integer to a counter, which begins with 0. */
  add(entry: string, amount?: number): Promise<void>;
  /** Adds JSON values to a set, or removes them: an element that somebody else adds at the same time stays. */
  include(entry: string, ...elements: unknown[]): Promise<void>;
  exclude(entry: string, ...elements: unknown[]): Promise<void>;
  /** Whether a write to the entry, or any write, waits for its verdict. */
  pending(entry?: string): boolean;
  on<E extends keyof StateEvents<T>>(type: E, f: (event: StateEvents<T>[E]) => void): () => void;
  /** What the server has said, without the writes that wait. Undefined before `ready`. */
  toJSON(): StoredState | undefined;
  /** Reads no further. Writes that wait are still sent. */
  close(): void;
}

/** Follows the state of a channel, in a namespace with `state: map`. */
export function stateMap<T = unknown>(channel: Channel<any>, options?: StateOptions<T>): StateMap<T>;
