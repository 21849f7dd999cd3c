import type {Channel} from '../client.js';

export interface Member {
  subject: string;
  /** When it came, milliseconds since the epoch. */
  since_ms: number;
  /** What it says about itself. */
  info?: any;
}

export interface PresenceOptions {
  /** Shows the token's subject to the others, with an `info` of up to 1 KiB. Without it, this client only looks. */
  present?: boolean | {info: object};
  /** Closes it. */
  signal?: AbortSignal;
}

export interface PresenceChange {
  count: number;
  joined: Member[];
  left: Member[];
  /** Those that say something else about themselves. */
  changed: Member[];
}

export interface PresencePage {
  /** Members, and connections without a token. */
  count: number;
  /** Of members and others. */
  connections: number;
  members: Member[];
  /** Hand it in as `after` for the next page; absent after the last one. */
  next?: string;
  stale?: true;
}

/** Who is in a channel, over all connections and gateways. */
export interface Presence {
  /** Resolves with the first state; rejects if the channel may not be read, or has no presence. */
  readonly ready: Promise<void>;
  /** How many are there; those without a token count by connection. */
  readonly count: number;
  /** By subject. Empty where the namespace only counts, and while there are more than 500: see `page`. */
  readonly members: ReadonlyMap<string, Member>;
  /** Whether `members` are listed. */
  readonly listed: boolean;
  /** It is not known who has left meanwhile: the connection or the platform's memory is away. */
  readonly stale: boolean;
  /** `change`: something differs from before, also over reconnects. `error`: it was refused and has ended. */
  on(type: 'change', f: (change: PresenceChange) => void): () => void;
  on(type: 'error', f: (error: Error) => void): () => void;
  /** Says something else about this client's subject. */
  update(info?: object): Promise<void>;
  /** A page of members, in the order of their subjects' bytes. `limit`: at most 1000, 100 by default. */
  page(options?: {limit?: number; after?: string; signal?: AbortSignal}): Promise<PresencePage>;
  /** Leaves at once. */
  close(): void;
}

/** Follows who is in a channel, and shows this client there if it asks for it. */
export function presence(channel: Channel<any>, options?: PresenceOptions): Presence;

export interface TypingOptions<I = any> {
  /** The channel that carries it, of a namespace with `ephemeral: true`. Default: `typing:` and the channel's key. */
  in?: string;
  /** What the others are told of who types, for example a name. */
  info?: I;
  /** Closes it. */
  signal?: AbortSignal;
}

export interface Typist<I = any> {
  /** The subject; absent without a token. */
  by?: string;
  info: I;
}

export interface Typing<I = any> {
  /** Who else is typing, at most 100; each for 5 s after the last sign. */
  readonly who: readonly Typist<I>[];
  on(type: 'change', f: (change: {who: readonly Typist<I>[]}) => void): () => void;
  on(type: 'error', f: (error: Error) => void): () => void;
  /** The user types. Call it for each key: it is sent at most every 2 s, and not later if it cannot be sent now. */
  start(): void;
  /** The user has sent the text, or left it. */
  stop(): void;
  close(): void;
}

/** Follows who types in a channel, and tells when this client's user does. */
export function typing<I = any>(channel: Channel<any>, options?: TypingOptions<I>): Typing<I>;
