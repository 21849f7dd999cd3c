import type {FunctionComponent, ReactNode} from 'react';
import type {Channel, Client, Event, State, SubscribeOptions, Transport} from '../client.js';
import type {Answer, Part} from './ai.js';
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
 * Subscribes while a component is shown. A new name or other options begin anew.
 *
 * @param options `keep`: most events, 100 by default
 */
export function useChannel<T = unknown>(name: string, options?: Omit<SubscribeOptions, 'signal'> & {keep?: number}): ChannelView<T>;

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
