import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createClient} from '../src/index.js';
import {presence, typing} from '../src/parts/presence.js';
import {Gateway, until} from './gateway.js';

const open = (gateway, more) => createClient({...gateway.options, transport: 'websocket', backoff: {min: 1, max: 5}, ...more});
const member = (subject, info) => ({subject, since_ms: 1, ...(info && {info})});
const subscribes = (gateway) => gateway.asked.flatMap(({subscribe}) => subscribe ?? []);

test('members come and go, over the blocks of a state and over a reconnect', async (t) => {
  const gateway = new Gateway(), client = open(gateway), changes = [];
  t.after(() => client.close());
  gateway.presence.set('chat:a', [{count: 3, first: true, more: true, members: [member('alice')]}, {count: 3, members: [member('bob'), member('carl')]}]);
  const room = presence(client.channel('chat:a'), {present: {info: {name: 'A'}}});
  room.on('change', ({joined, left, changed}) => changes.push([joined, left, changed].map((all) => all.map(({subject}) => subject).join())));
  assert.equal(room.stale, true);
  await room.ready;
  assert.deepEqual([room.count, [...room.members.keys()], room.listed, room.stale], [3, ['alice', 'bob', 'carl'], true, false]);
  gateway.tell('chat:a', {count: 3, joined: [member('dora')], left: ['carl'], changed: [member('bob', {away: true})]});
  await until(() => room.members.get('bob').info?.away);
  gateway.presence.set('chat:a', [{count: 2, first: true, members: [member('alice'), member('bob', {away: true})]}]);
  gateway.online = false;
  gateway.cut();
  await until(() => room.stale);
  assert.equal(room.members.size, 3, 'meanwhile they are shown as they were');
  gateway.online = true;
  await until(() => !room.stale);
  assert.deepEqual([...room.members.keys()], ['alice', 'bob']);
  assert.deepEqual(changes.filter((one) => one.join('')), [['alice,bob,carl', '', ''], ['dora', 'carl', 'bob'], ['', 'dora', '']]);
  assert.ok(subscribes(gateway).every(({present, info, presence: watch}) => present && info.name === 'A' && watch));
  room.close();
  await until(() => gateway.asked.some(({unsubscribe}) => unsubscribe));
});

test('where members are only counted, or are too many, there is a count', async (t) => {
  const gateway = new Gateway(), client = open(gateway);
  t.after(() => client.close());
  gateway.presence.set('chat:a', [{count: 7, first: true}]);
  const room = presence(client.channel('chat:a'));
  await room.ready;
  assert.deepEqual([room.count, room.members.size, room.listed], [7, 0, false]);
  gateway.tell('chat:a', {count: 2, first: true, members: [member('alice'), member('bob')]});
  await until(() => room.listed);
  gateway.tell('chat:a', {count: 3, stale: true});
  await until(() => room.stale);
  assert.deepEqual([room.count, room.members.size, room.listed], [3, 2, true], 'one of them has no token');
  gateway.tell('chat:a', {count: 501});
  await until(() => !room.listed);
  assert.deepEqual([room.count, room.members.size], [501, 0]);
});

test('presence beside events takes one subscription, and leaves the events where they are', async (t) => {
  const gateway = new Gateway(), client = open(gateway), got = [];
  t.after(() => client.close());
  for (const n of [0, 1, 2]) gateway.publish({channel: 'chat:a', data: n});
  gateway.presence.set('chat:a', [{count: 0, first: true, members: []}]);
  const channel = client.channel('chat:a'), room = presence(channel, {present: true});
  const subscription = channel.subscribe((event) => void got.push(event.data), {from: 'last:9', types: ['message']});
  await until(() => got.length === 0 && room.count === 0 && room.listed);
  assert.equal(subscribes(gateway).length, 1);
  assert.deepEqual(subscribes(gateway)[0], {channel: 'chat:a', from: 'last:9', types: ['message'], present: true, presence: true});
  gateway.publish({channel: 'chat:a', data: 3});
  await until(() => got.includes(3));
  await room.update({away: true});
  assert.deepEqual(gateway.asked.filter(({present}) => present), [{present: {channel: 'chat:a', info: {away: true}}}]);
  room.close();
  gateway.publish({channel: 'chat:a', data: 4});
  await until(() => got.includes(4));
  await until(() => subscribes(gateway).length === 2);
  assert.deepEqual(Object.keys(subscribes(gateway)[1]), ['channel', 'after', 'types']);
  assert.deepEqual(got.slice(-2), [3, 4]);
  subscription.unsubscribe();
});

test('a namespace without presence refuses it, and its events go on', async (t) => {
  const gateway = new Gateway(), client = open(gateway), got = [], errors = [];
  t.after(() => client.close());
  gateway.unseen = ['demo'];
  const channel = client.channel('demo:a'), room = presence(channel);
  channel.subscribe((event) => void got.push(event.data), {from: 'earliest'});
  room.on('error', ({code}) => errors.push(code));
  await assert.rejects(room.ready, {code: 'invalid_request'});
  gateway.publish({channel: 'demo:a', data: 1});
  await until(() => got.length === 1);
  assert.deepEqual(errors, ['invalid_request']);
  await assert.rejects(room.update({}), {code: 'closed'});
});

test('who types is shown until it stops, or says nothing for a while', async (t) => {
  const gateway = new Gateway(), timers = new Set();
  let now = 0;
  const clock = {now: () => now, random: Math.random, clearTimeout: (timer) => timers.delete(timer),
    setTimeout: (f, ms) => { const timer = {f, at: now + ms}; timers.add(timer); return timer; }};
  const pass = (ms) => {
    now += ms;
    for (const timer of [...timers]) if (timer.at <= now && timers.delete(timer)) timer.f();
  };
  const a = open(gateway, {clock}), b = open(gateway, {clock}), seen = [];
  t.after(() => [a, b].forEach((client) => client.close()));
  const mine = typing(a.channel('chat:a'), {info: {name: 'A'}}), theirs = typing(b.channel('chat:a'));
  theirs.on('change', ({who}) => seen.push(who.map(({info}) => info.name).join()));
  await until(() => subscribes(gateway).length === 2 && a.state === 'live' && b.state === 'live');
  assert.equal(subscribes(gateway)[0].channel, 'typing:a');
  const sent = () => gateway.asked.flatMap(({publish}) => publish?.type ?? []);
  mine.start();
  mine.start();
  await until(() => seen.length === 1);
  pass(1_000);
  mine.start();
  pass(1_500);
  mine.start();
  mine.stop();
  mine.stop();
  await until(() => seen.length === 2);
  assert.deepEqual(sent(), ['typing', 'typing', 'idle']);
  mine.start();
  await until(() => seen.length === 3);
  pass(5_100);
  assert.deepEqual(seen, ['A', '', 'A', '']);
  assert.deepEqual(mine.who, [], 'not oneself');
});

test('a second look at a channel is complete at once, and ends with its client', async (t) => {
  const gateway = new Gateway(), client = open(gateway);
  t.after(() => client.close());
  gateway.presence.set('chat:a', [{count: 1, first: true, members: [member('alice')]}]);
  const a = presence(client.channel('chat:a'));
  await a.ready;
  const b = presence(client.channel('chat:a'), {present: true});
  await b.ready;
  assert.deepEqual([...b.members.keys()], ['alice']);
  a.close();
  b.close();
  await until(() => gateway.asked.some(({unsubscribe}) => unsubscribe));
  gateway.presence.set('chat:a', [{count: 1, first: true, members: [member('bob')]}]);
  const c = presence(client.channel('chat:a'));
  await c.ready;
  assert.deepEqual([...c.members.keys()], ['bob'], 'not those of before');
  await client.close();
  await assert.rejects(c.update({}), {code: 'closed'});
  assert.equal(c.stale, true);
});
