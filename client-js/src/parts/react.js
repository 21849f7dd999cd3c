import {presence, typing} from './presence.js';
import {stateMap} from './state.js';
import {createContext, createElement, useCallback, useContext, useEffect, useMemo, useRef, useSyncExternalStore} from 'react';

/** @typedef {import('../../types/client.js').Client} Client */

const Context = createContext(/** @type {Client | null} */ (null));

/** @param {{client: Client, children?: import('react').ReactNode}} props */
export const TailwaterProvider = ({client, children}) => createElement(Context.Provider, {value: client}, children);

export function useClient() {
  const client = useContext(Context);
  if (!client) throw new Error('there is no TailwaterProvider above this component');
  return client;
}

const NOT_CONNECTED = {state: /** @type {const} */ ('connecting')};

export function useConnection() {
  const client = useClient();
  const store = useMemo(() => {
    /** @type {{state: import('../../types/client.js').State, transport?: import('../../types/client.js').Transport}} */
    let view = NOT_CONNECTED;
    const read = () => {
      const {state, transport} = client;
      if (view.state !== state || view.transport !== transport) view = {state, transport};
      return view;
    };
    return {read, subscribe(/** @type {() => void} */ changed) {
      const undo = [client.on('state', changed), client.on('transport', changed)];
      return () => undo.forEach((f) => f());
    }};
  }, [client]);
  return useSyncExternalStore(store.subscribe, store.read, () => NOT_CONNECTED);
}

const EMPTY = {events: /** @type {any[]} */ ([]), live: false, ended: false, error: /** @type {Error | undefined} */ (undefined)};

/** @param {string} name @param {import('../../types/client.js').SubscribeOptions & {keep?: number}} [options] @returns {any} */
export function useChannel(name, {keep = 100, from, after, types} = {}) {
  const client = useClient(), typesText = types?.join();
  const store = useMemo(() => {
    let view = EMPTY;
    const channel = client.channel(name);
    return {read: () => view, subscribe(/** @type {() => void} */ changed) {
      // Shown again, as in strict mode: from the beginning.
      view = EMPTY;
      const show = (/** @type {Partial<typeof EMPTY>} */ part) => {
        view = {...view, ...part};
        changed();
      };
      const subscription = channel.subscribe((event) => {
        const others = event.key ? view.events.filter((one) => !(one.optimistic && one.key === event.key)) : view.events;
        show({events: [...others, event].slice(-keep)});
      }, {from, after, types: typesText?.split(',')});
      subscription.on('live', () => show({live: true}));
      subscription.on('reset', () => show({events: [], live: false}));
      subscription.on('end', () => show({ended: true}));
      subscription.on('error', (error) => show({error}));
      // What was refused is not shown any longer.
      const off = client.on('settled', ({key, error}) => {
        if (error) show({events: view.events.filter((one) => !(one.optimistic && one.key === key))});
      });
      return () => {
        off();
        subscription.unsubscribe();
      };
    }};
  }, [client, name, keep, from, after, typesText]);
  const view = useSyncExternalStore(store.subscribe, store.read, () => EMPTY);
  const publish = useCallback((/** @type {any} */ data, /** @type {any} */ more) => client.channel(name).publish(data, more), [client, name]);
  return useMemo(() => ({...view, publish}), [view, publish]);
}

const NOBODY = {
  count: 0, members: /** @type {readonly any[]} */ ([]), listed: false, stale: true, ready: false, error: /** @type {Error | undefined} */ (undefined),
};

/** @param {string} name @param {{present?: boolean | {info: object}}} [options] @returns {any} */
export function usePresence(name, {present} = {}) {
  const client = useClient(), info = JSON.stringify(/** @type {any} */ (present)?.info), isPresent = Boolean(present);
  // Another info is said, and nothing begins anew.
  const latest = useRef(info), room = useRef(/** @type {any} */ (null));
  const store = useMemo(() => {
    let view = NOBODY;
    return {read: () => view, subscribe(/** @type {() => void} */ changed) {
      view = NOBODY;
      const said = latest.current, options = said ? {info: JSON.parse(said)} : isPresent;
      const own = presence(client.channel(name), {present: isPresent ? options : false});
      room.current = own;
      const show = (/** @type {Partial<typeof NOBODY>} */ part) => {
        view = {...view, ...part};
        changed();
      };
      let isReady = false;
      const showAll = () => show({count: own.count, members: [...own.members.values()], listed: own.listed, stale: own.stale, ready: isReady});
      own.ready.then(() => {
        isReady = true;
        showAll();
      }, () => {});
      own.on('change', showAll);
      own.on('error', (/** @type {Error} */ error) => show({error, stale: true}));
      return () => {
        room.current = null;
        own.close();
      };
    }};
  }, [client, name, isPresent]);
  useEffect(() => {
    if (latest.current === info) return;
    latest.current = info;
    // What is refused, the state of the subscription shows.
    if (isPresent) room.current?.update(info && JSON.parse(info)).catch(() => {});
  }, [info, isPresent]);
  return useSyncExternalStore(store.subscribe, store.read, () => NOBODY);
}

const NO_TYPISTS = /** @type {readonly any[]} */ ([]);

/** @param {string} name @param {{in?: string, info?: any}} [options] @returns {any} */
export function useTyping(name, {in: where, info} = {}) {
  const client = useClient(), said = JSON.stringify(info);
  const store = useMemo(() => {
    /** @type {any} */
    let own;
    return {start: () => own?.start(), stop: () => own?.stop(), read: () => own?.who ?? NO_TYPISTS, subscribe(/** @type {() => void} */ changed) {
      const mine = (own = typing(client.channel(name), {in: where, info: said && JSON.parse(said)}));
      mine.on('change', changed);
      mine.on('error', () => {});
      return () => {
        if (own === mine) own = undefined;
        mine.close();
      };
    }};
  }, [client, name, where, said]);
  const who = useSyncExternalStore(store.subscribe, store.read, () => NO_TYPISTS);
  return useMemo(() => ({who, start: store.start, stop: store.stop}), [who, store]);
}

const NO_STATE = {entries: /** @type {ReadonlyMap<string, any>} */ (new Map()), ready: false, error: /** @type {Error | undefined} */ (undefined)};
const OPS = /** @type {const} */ (['put', 'delete', 'add', 'include', 'exclude']);

/** @param {string} name @param {import('../../types/state.js').StateOptions<any>} [options] @returns {any} */
export function useStateMap(name, {conflict, stored} = {}) {
  const client = useClient();
  // A function that is written in a component is another one each time, and means the same.
  const latest = useRef({conflict, stored});
  useEffect(() => void (latest.current = {conflict, stored}));
  const kind = typeof conflict;
  const store = useMemo(() => {
    let view = NO_STATE;
    /** @type {any} */
    let map;
    /** @param {(map: any) => any} f */
    const using = (f) => map ? f(map) : Promise.reject(new Error('the component is not shown'));
    const ops = Object.fromEntries(OPS.map((op) => [op, (/** @type {any[]} */ ...all) => using((it) => it[op](...all))]));
    return {ops, read: () => view, subscribe(/** @type {() => void} */ changed) {
      const {current} = latest;
      const strategy = typeof current.conflict === 'function'
        ? (/** @type {any[]} */ ...all) => /** @type {any} */ (latest.current.conflict)(...all) : current.conflict;
      const own = (map = stateMap(client.channel(name), {conflict: strategy, stored: current.stored}));
      let due = false;
      const show = (/** @type {Partial<typeof NO_STATE>} */ part) => {
        view = {...view, ...part};
        changed();
      };
      // Of a block of changes, one is shown.
      const off = own.on('change', () => {
        if (due) return;
        due = true;
        queueMicrotask(() => {
          due = false;
          if (map === own) show({entries: new Map(own)});
        });
      });
      own.ready.then(() => map === own && show({entries: new Map(own), ready: true}), (/** @type {Error} */ error) => map === own && show({error}));
      own.on('error', (/** @type {Error} */ error) => show({error}));
      return () => {
        off();
        own.close();
        map = undefined;
        view = NO_STATE;
      };
    }};
  }, [client, name, kind === 'function' ? kind : conflict]);
  const view = useSyncExternalStore(store.subscribe, store.read, () => NO_STATE);
  return useMemo(() => ({...view, ...store.ops}), [view, store]);
}

const NO_ANSWER = {text: '', parts: /** @type {any[]} */ ([]), status: undefined};

/** @param {import('../../types/ai.js').Answer | null} [answer] */
export function useAnswer(answer) {
  const store = useMemo(() => {
    /** @type {{text: string, parts: readonly any[], status: any}} */
    let view = NO_ANSWER, seen = '';
    return {read() {
      if (!answer) return NO_ANSWER;
      const now = `${answer.parts.reduce((sum, part) => sum + (part?.text.length ?? 0), 0)} ${answer.status}`;
      if (now !== seen) view = {text: answer.text, parts: answer.parts.map((part) => ({...part})), status: answer.status};
      seen = now;
      return view;
    }, subscribe: (/** @type {() => void} */ changed) => answer?.onChange(changed) ?? (() => {})};
  }, [answer]);
  return useSyncExternalStore(store.subscribe, store.read, () => NO_ANSWER);
}
