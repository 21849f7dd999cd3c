import type {FunctionComponent, ReactNode} from 'react';
import type {Channel, Client, Event, State, SubscribeOptions, Transport} from '../client.js';
import type {Answer, Part} from './ai.js';
import type {Member, PresenceOptions, Typing, TypingOptions} from './presence.js';
import type {StateMap, StateOptions} from './state.js';

/** Hands a client to the components below it. */
export const TailwaterProvider: FunctionComponent<{client: Client; children?: ReactNode}>;

/** The client of the provider above. */
export function useClient(): Client;

/** The state of the connection; `connecting` on a server. */
export function useConnection(): {state: State; transport?: Transport};

export interface ChannelView<T> {
  /** The newest events, oldest first; with optimistic ones until the stored ones come. */
  events: readonly Event<T>[];
  /** Whether everything that was there has come. */
  live: boolean;
  ended: boolean;
  error?: Error;
  publish: Channel<T>['publish'];
}

/**
 * Subscribes while a component is shown. A new name or new options start a new subscription.
 *
 * @param options `keep`: most events, 100 by default
 */
export function useChannel<T = unknown>(name: string, options?: Omit<SubscribeOptions, 'signal'> & {keep?: number}): ChannelView<T>;

export interface PresenceView {
  /** How many are there; those without a token count by connection. */
  count: number;
  /** Empty where the namespace only counts, and while there are more than 500. */
  members: readonly Member[];
  listed: boolean;
  /** It is not known who has left meanwhile. */
  stale: boolean;
  /** Whether the first state has come. */
  ready: boolean;
  error?: Error;
}

/** Who is in a channel, while a component is shown. Another `info` is told to the others, and nothing begins anew. */
export function usePresence(name: string, options?: Omit<PresenceOptions, 'signal'>): PresenceView;

/** Who types in a channel, while a component is shown. `start` and `stop` tell when the user of this page does. */
export function useTyping<I = any>(name: string, options?: Omit<TypingOptions<I>, 'signal'>): Pick<Typing<I>, 'who' | 'start' | 'stop'>;

export interface StateView<T> extends Pick<StateMap<T>, 'put' | 'delete' | 'add' | 'include' | 'exclude'> {
  /** Names and values, in the order of the names, with the writes that wait. */
  entries: ReadonlyMap<string, T>;
  /** Whether the state has been read. */
  ready: boolean;
  error?: Error;
}

/** The state of a channel, as `stateMap` follows it, while a component is shown. */
export function useStateMap<T = unknown>(name: string, options?: StateOptions<T>): StateView<T>;

/** An answer of `createAnswer` or `resumeAnswer`, as it grows. */
export function useAnswer(answer?: Answer | null): {text: string; parts: readonly Part[]; status?: Answer['status']};
