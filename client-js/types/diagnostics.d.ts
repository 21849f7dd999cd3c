import type {Client, State, Transport} from './client.js';

export interface Snapshot {
  state: State;
  transport?: Transport;
  /** Milliseconds since the observation began. */
  since_ms: number;
  /** Connections that ended, those that never opened, and the reasons, newest last (at most 20). */
  disconnects: number;
  failed_connects: number;
  reasons: {at_ms: number; code: string; message: string}[];
  /** Changes of transport, newest last (at most 20). */
  transports: {at_ms: number; transport: Transport; why: string}[];
  /** Round trips in milliseconds, of the last 200 pings; absent before the first. */
  latency?: {current: number; mean: number; p95: number; p99: number};
  pings: number;
  lost_pings: number;
  received_bytes: number;
  bytes_per_second: number;
}

export interface Diagnostics {
  snapshot(): Snapshot;
  /** The same as text, with suggestions. */
  report(): string;
  /** Ends the observation. */
  stop(): void;
}

/** Observes a client from now on. */
export function observe(client: Client): Diagnostics;
