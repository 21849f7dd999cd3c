import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createClient} from '../src/index.js';
import {stateMap} from '../src/parts/state.js';
import {Gateway, until} from './gateway.js';

const open = (gateway, more) => createClient({...gateway.options, transport: 'websocket', backoff: {min: 1, max: 5}, timeout: 60, ...more});
const entries = (map) => Object.fromEntries(map);
const stored = (gateway, channel) => Object.fromEntries([...gateway.state(channel)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([entry, {data}]) => [entry, data]));

/** Numbers that look random and come again with the seed. */
function random(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {below: (n) => Math.floor(next() * n), pick: (list) => list[Math.floor(next() * list.length)]};
}

const STRATEGIES = ['server', 'mine', 'latest', (mine, theirs) => (mine ?? 0) + (theirs ?? 0)];

for (let seed = 1; seed <= 40; seed++) {
  test(`two clients that edit in any order, cut and offline, end with the server's entries (seed ${seed})`, async (t) => {
    const gateway = new Gateway(), {below, pick} = random(seed), name = 'board:1', did = [];
    for (let n = below(6); n > 0; n--) gateway.publish({channel: name, entry: `e${below(4)}`, data: n});
    const clients = [open(gateway), open(gateway)];
    t.after(() => clients.forEach((client) => client.close()));
    const maps = clients.map((client) => stateMap(client.channel(name), {conflict: pick(STRATEGIES)}));
    let written = 0;
    for (let step = 0; step < 30; step++) {
      const who = below(2), map = maps[who], entry = `e${below(4)}`;
      const act = pick([
        () => map.put(entry, below(100)), () => map.put(entry, below(100)), () => map.delete(entry),
        () => map.add('count', below(9) - 4), () => map.include('set', below(5), {a: below(2)}), () => map.exclude('set', below(5)),
        () => gateway.cut(), () => (gateway.online = !gateway.online) || gateway.cut(), () => (gateway.answers = () => below(3) > 0),
        () => gateway.publish({channel: name, entry, data: 1000 + below(9)}), () => gateway.publish({channel: name, data: 'no entry'}),
        () => new Promise((resolve) => setTimeout(resolve, below(8))),
      ]);
      did.push(`${who} ${entry} ${act}`);
      const done = act();
      if (done?.then && !String(act).includes('setTimeout')) written++;
      if (String(act).includes('setTimeout')) await done;
    }
    gateway.online = true;
    gateway.answers = () => true;
    await Promise.all(maps.map(({ready}) => ready));
    await until(() => !maps.some((map) => map.pending()), `seed ${seed}: ${JSON.stringify(maps)}\n${did.join('\n')}`);
    gateway.publish({channel: name, entry: 'last', data: true});
    await until(() => maps.every((map) => map.get('last')));
    for (const map of maps) assert.deepEqual(entries(map), stored(gateway, name), `seed ${seed}\n${did.join('\n')}`);
    assert.ok(written >= 0);
  });
}

test('a write shows at once, and goes back when the entry has changed meanwhile', async (t) => {
  const gateway = new Gateway(), client = open(gateway), name = 'board:a';
  t.after(() => client.close());
  gateway.publish({channel: name, entry: 'x', data: 1});
  const map = stateMap(client.channel(name)), conflicts = [], changes = [];
  map.on('conflict', ({mine, theirs}) => conflicts.push([mine, theirs]));
  map.on('change', ({entry, value}) => changes.push([entry, value]));
  await map.ready;
  assert.deepEqual(entries(map), {x: 1});
  const refused = map.put('x', 2);
  assert.equal(map.get('x'), 2);
  gateway.publish({channel: name, entry: 'x', data: 3}, 'bob');
  await assert.rejects(refused, {code: 'conflict'});
  assert.deepEqual([map.get('x'), conflicts], [3, [[2, 3]]]);
  await map.put('x', 4);
  await map.delete('x');
  assert.equal(map.has('x'), false);
  assert.deepEqual(changes.at(-1), ['x', undefined]);
});

test('a merge is written instead, however often the entry changes', async (t) => {
  const gateway = new Gateway(), clients = [open(gateway), open(gateway)], name = 'board:m';
  t.after(() => clients.forEach((client) => client.close()));
  const merge = (mine, theirs, base) => (mine ?? 0) - (base ?? 0) + (theirs ?? 0);
  const maps = clients.map((client) => stateMap(client.channel(name), {conflict: merge}));
  await Promise.all(maps.map(({ready}) => ready));
  await Promise.all(Array.from({length: 20}, (_, n) => maps[n % 2].put('sum', (maps[n % 2].get('sum') ?? 0) + 1)));
  await until(() => maps.every((map) => map.get('sum') === 20), () => JSON.stringify(maps));
});

test('what was written offline is one write of the newest value, and survives in the outbox', async (t) => {
  const gateway = new Gateway(), name = 'board:o';
  const kept = [];
  const outbox = {
    limit: 100, open: async (_owner, {lead}) => lead(structuredClone(kept)), put: async (entry) => void kept.push(entry), tried: async () => {},
    remove: async ({key}) => void kept.splice(kept.findIndex((one) => one.key === key), 1), close() {},
  };
  let client = open(gateway, {outbox});
  let map = stateMap(client.channel(name));
  await map.ready;
  gateway.online = false;
  gateway.cut();
  await until(() => client.state !== 'live');
  map.put('x', 1);
  map.put('x', 2);
  map.add('n', 5);
  await until(() => kept.length === 2);
  assert.deepEqual(entries(map), {n: 5, x: 2});
  const before = map.toJSON();
  await client.close();

  client = open(gateway, {outbox});
  t.after(() => client.close());
  map = stateMap(client.channel(name), {stored: before});
  await until(() => map.get('n') === 5);
  assert.deepEqual(entries(map), {n: 5, x: 2}, 'offline, after a reload');
  assert.equal(map.pending(), true);
  gateway.online = true;
  await until(() => !map.pending());
  assert.deepEqual(stored(gateway, name), {n: 5, x: 2});
  assert.equal(gateway.log.filter(({entry}) => entry === 'x').length, 1);
  assert.ok(gateway.asked.filter((one) => String(one).startsWith('GET /v1/state')).length <= 1, 'only what has changed was read');
});

test('a state that may not be read rejects', async () => {
  const gateway = new Gateway(), client = open({options: {...gateway.options, fetch: async () => Response.json({code: 'forbidden', message: 'no', retry: false}, {status: 403})}});
  const map = stateMap(client.channel('board:f'));
  await assert.rejects(map.ready, {code: 'forbidden'});
  await assert.rejects(map.put('x', 1), {code: 'forbidden'});
  await client.close();
});
