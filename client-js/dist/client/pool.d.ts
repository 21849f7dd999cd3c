import type {Client} from '../client.js';

export interface PoolOptions {
  /** Most clients at a time. Default 8. */
  max?: number;
  /** Milliseconds after which a client that nobody uses is closed. Default 60000. */
  idle?: number;
  /** Milliseconds that `acquire` waits for a client. Default 5000. */
  timeout?: number;
  /** Most callers that wait. Default 1000. */
  waiting?: number;
}

/** Several clients, each with connections of its own, for programs that one connection is not enough for. */
export interface Pool {
  /** A client for the caller alone, until it is released. Rejects with `timeout`, `pool_full` or `closed`. */
  acquire(): Promise<Client>;
  /** Hands a client back. One that is closed is replaced when it is needed. */
  release(client: Client): void;
  /** Acquires a client for a function, and releases it whatever happens. */
  use<R>(f: (client: Client) => R | Promise<R>): Promise<R>;
  /** Clients that are in use, and those that wait to be used. */
  readonly used: number;
  readonly free: number;
  /** Closes every client, used ones too. */
  close(): Promise<void>;
}

/** @param open makes a client, for instance `() => createClient({url})` */
export function createPool(open: () => Client, options?: PoolOptions): Pool;
