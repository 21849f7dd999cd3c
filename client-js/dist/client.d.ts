/** Connects a page, a worker or a Node program to Tailwater. Nothing is opened before it is needed. */
export function createClient(options?: ClientOptions): Client;

export type Transport = 'websocket' | 'sse' | 'long-poll' | 'short-poll';

export interface ClientOptions {
  /** The platform's address. Default: the origin of the page. Needed in Node. */
  url?: string;
  /** A token that never changes. For one that expires, use `getToken`. */
  token?: string;
  /** Called for a token when one is needed: to connect, shortly before one expires, and after. */
  getToken?(why: 'connect' | 'expiring' | 'expired'): string | Promise<string>;
  /** Default `auto`: a WebSocket if the page publishes or calls, else SSE; polling where neither gets through. */
  transport?: 'auto' | Transport;
  /** Where publications wait: an outbox of its own, or the bound of the one in memory (default 100). */
  outbox?: Outbox | { limit?: number };
  /** Milliseconds to wait for an answer. Default 5000. */
  timeout?: number;
  /** Milliseconds between attempts to connect, with full jitter. Default 500 to 30000, without end. */
  backoff?: { min?: number; max?: number; attempts?: number };
  /** Default: the global one. Without one, `auto` begins with SSE. */
  WebSocket?: typeof globalThis.WebSocket;
  /** Default: the global one. */
  fetch?: typeof globalThis.fetch;
  /** How frames are written on a WebSocket. Default: JSON. `/binary` has protobuf. */
  frames?: Frames;
  /** Time and randomness. For tests. */
  clock?: Clock;
}

/** A subprotocol of the WebSocket. */
export interface Frames {
  readonly protocol: string;
  encode(frame: object): string | Uint8Array;
  decode(data: any): any;
}

/** Time in milliseconds. */
export interface Clock {
  now(): number;
  /** From 0, below 1. */
  random(): number;
  setTimeout(f: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export type State = 'connecting' | 'live' | 'offline' | 'closed';

/** What `on` tells, by type. */
export interface ClientEvents {
  state: { state: State; previous: State };
  /** The client reads by another transport from now on. */
  transport: { transport: Transport; previous?: Transport; why: string };
  /** A publication left the outbox without a verdict. */
  dropped: { key: string; channel: string; error: TailwaterError };
  /** A publication has its verdict, perhaps one that an earlier page began. */
  settled: { key: string; channel: string; id?: string; duplicate?: boolean; error?: TailwaterError };
  /** Something from the application's backend that is not stored, for the token's subject or this connection. */
  push: Push;
  /** A failure that no promise and no subscription reports. */
  error: TailwaterError;
}

export interface Push {
  type: string;
  /** Any JSON value; bytes are a Uint8Array. */
  data: any;
  encoding?: 'base64';
}

export interface Client {
  readonly state: State;
  /** The transport in use; absent before the first connection. */
  readonly transport?: Transport;
  /** Returns a function that stops the notices. */
  on<E extends keyof ClientEvents>(type: E, f: (event: ClientEvents[E]) => void): () => void;
  channel<T = unknown>(name: string): Channel<T>;
  /** Calls a method of the application's backend. */
  call<R = unknown>(method: string, data?: unknown, options?: CallOptions): Promise<R>;
  /** Ends everything; what still waits in an outbox in memory is dropped. */
  close(): Promise<void>;
}

export interface CallOptions {
  /** Makes it safe to repeat the call. */
  key?: string;
  /** Milliseconds. Default: the client's timeout. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface Event<T = unknown> {
  /** Absent for an ephemeral event and for an optimistic one. */
  id?: string;
  channel: string;
  type: string;
  /** The publisher's subject. */
  by?: string;
  /** The publisher's idempotency key: by it, an optimistic event is recognised when it comes back. */
  key?: string;
  ts_ms: number;
  /** Any JSON value; bytes are a Uint8Array. */
  data: T;
  encoding?: 'base64';
  ephemeral?: true;
  /** This event closes its channel. */
  closed?: true;
  /** The id of the earlier event that it is about: an edit, or a redaction. */
  of?: string;
  /** Its content was taken out: there is no data. */
  redacted?: true;
  /** The entry of the channel's state that it writes, and what it does to it. */
  entry?: string;
  op?: 'put' | 'delete' | 'add' | 'include' | 'exclude';
  /** The counter after an `add`; a string beyond 2^53. */
  value?: number | string;
  /** What an `include` has added to a set, and what an `exclude` has removed from it. */
  added?: unknown[];
  removed?: unknown[];
  /** The entry was written with a later `at` before: this event has changed nothing. */
  superseded?: true;
  /** This event was published here and has no verdict yet. */
  optimistic?: true;
}

export interface Channel<T = unknown> {
  readonly name: string;
  /** Calls `f` with each event, one after another: the next waits until a promise of `f` is settled. */
  subscribe(f: (event: Event<T>) => void | Promise<void>, options?: SubscribeOptions): Subscription;
  /** The same as an async iterator. It ends when the channel does, and throws if it is refused. */
  events(options?: SubscribeOptions): AsyncIterableIterator<Event<T>>;
  /** Resolves once the event is stored. Rejects if it was refused, or if its outcome stays unknown. */
  publish(data: T, options?: PublishOptions): Promise<Published>;
  /** A page of events, oldest first: the newest, or those before an id. */
  history(options?: { before?: string; limit?: number; signal?: AbortSignal }): Promise<Page<T>>;
  /**
   * The token's subject has read the channel through a position: an event's id, or by default the newest event that has come.
   * Resolves when that is stored, for all devices of the subject. `from: 'ack'` begins after it.
   */
  ack(position?: string): Promise<void>;
  /** How many events of others the token's subject has not read, at most 1000. 0 if it has never read the channel. */
  unread(): Promise<number>;
}

export interface SubscribeOptions {
  /** Where to begin without a position: `latest` (default), `earliest`, `last:N`, `time:T`, `ack` (after what was read). */
  from?: string;
  /** The position to continue from, as `Subscription.position` gave it. */
  after?: string;
  /** Only events of these types, at most 32. `last:N` counts no others. */
  types?: string[];
  /** Shows the token's subject in the channel while it is subscribed, with an `info` of up to 1 KiB. See `/presence`. */
  present?: boolean | { info: object };
  /** Unsubscribes. */
  signal?: AbortSignal;
}

export interface SubscriptionEvents {
  /** Everything that was there has been delivered; what follows is new. */
  live: { position: string };
  /** The position was not available; delivery goes on after `earliest`. Of a pattern: after that of each partition, or of all. */
  reset: {
    reason: 'expired' | 'foreign' | 'skipped';
    earliest?: string;
    partitions?: { partition: number; earliest: string }[];
  };
  /** The channel is closed and was delivered to its end. */
  end: { position?: string };
  /** The subscription was refused and has ended, or a handler has failed and delivery goes on. */
  error: Error;
}

export interface Subscription {
  /** Through here, every event has been handled. Hand it in as `after` to continue. */
  readonly position?: string;
  on<E extends keyof SubscriptionEvents>(type: E, f: (event: SubscriptionEvents[E]) => void): () => void;
  unsubscribe(): void;
}

export interface PublishOptions {
  /** Default `message`. */
  type?: string;
  /** Idempotency key, up to 255 bytes. Default: a random one. */
  key?: string;
  /** Shows the event to the subscriptions of this client at once. */
  optimistic?: boolean;
  /** Gives up waiting. An event that was sent already may still be stored. */
  signal?: AbortSignal;
  /** The entry of the channel's state that it writes; see `stateMap` of `/state`. */
  entry?: string;
  /** Default `put`. */
  op?: 'put' | 'delete' | 'add' | 'include' | 'exclude';
  /** What the entry must be: a version, `absent`, or `*` for anything that is there. Else it rejects with `conflict`. */
  if?: string;
  /** Milliseconds of the writer's clock: the later write wins. */
  at?: number;
  /** For `exclude`: removes only what was included at or before this position. */
  seen?: string;
}

export interface Published {
  /** Absent for an ephemeral event. */
  id?: string;
  /** The key was used before; `id` is that of the first event. */
  duplicate: boolean;
  /** Of the entry after this event, if it is about one. */
  version?: string;
  /** The entry was written with a later `at` before: the event has changed nothing. */
  superseded?: boolean;
}

export interface Page<T = unknown> {
  events: Event<T>[];
  /** Hand it in as `before` for the page before; absent if nothing older is left. */
  previous?: string;
}

/** A publication that waits. */
export interface OutboxEntry {
  key: string;
  channel: string;
  type?: string;
  /** A JSON value or a Uint8Array. */
  data: unknown;
  entry?: string;
  op?: 'put' | 'delete' | 'add' | 'include' | 'exclude';
  if?: string;
  at?: number;
  seen?: string;
  /** When it was handed in, milliseconds since the epoch. */
  created_ms: number;
  /** When it was first sent without an answer; absent if it never was. */
  tried_ms?: number;
}

/** Keeps entries between pages, for one sender at a time. `persistentOutbox` is one. */
export interface Outbox {
  readonly limit: number;
  /**
   * Binds the outbox to one platform and subject. `lead` is called when this page may send, with all entries of before;
   * `added` when another page has handed in an entry; `settled` when another page has an entry's verdict.
   */
  open(owner: string, listener: OutboxListener): Promise<void>;
  /** Rejects with the code `outbox_full` at the limit. */
  put(entry: OutboxEntry): Promise<void>;
  /** Entry was sent without an answer. */
  tried(entry: OutboxEntry): Promise<void>;
  remove(verdict: Settlement): Promise<void>;
  close(): void;
}

export interface OutboxListener {
  lead(entries: OutboxEntry[]): void;
  added(entry: OutboxEntry): void;
  settled(verdict: Settlement): void;
}

/** How a publication ended, in plain data. */
export interface Settlement {
  key: string;
  channel: string;
  id?: string;
  duplicate?: boolean;
  version?: string;
  superseded?: boolean;
  error?: { code: string; message: string; retry?: boolean; details?: unknown; outcome?: 'unknown' };
}

/** A failure, with a code of the protocol or one of: `timeout`, `aborted`, `outbox_full`, `closed`. */
export class TailwaterError extends Error {
  constructor(code: string, message: string, more?: { retry?: boolean; details?: unknown; outcome?: 'unknown' });
  readonly code: string;
  /** Whether the same may succeed later. */
  readonly retry: boolean;
  readonly details?: unknown;
  /** Present if it is not known whether the event was stored. */
  readonly outcome?: 'unknown';
}
