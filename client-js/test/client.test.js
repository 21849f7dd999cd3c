import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createClient, TailwaterError} from '../src/index.js';
import {INTERNALS} from '../src/internals.js';
import {Gateway, until} from './gateway.js';

const open = (gateway, more) => createClient({...gateway.options, transport: 'websocket', backoff: {min: 1, max: 5}, ...more});
const live = (subscription) => new Promise((resolve) => subscription.on('live', resolve));

test('a pattern goes on at its position after a cut, and its readers are independent', async (t) => {
  const gateway = new Gateway(), client = open(gateway);
  t.after(() => client.close());
  for (const n of [0, 1]) gateway.publish({channel: `orders:eu-${n}`, data: n});
  const first = [], second = [];
  const subscription = client.channel('orders:*').subscribe((event) => void first.push(`${event.channel} ${event.data}`), {from: 'earliest'});
  await until(() => first.length === 2);
  assert.equal(subscription.position, 'p1.1');
  gateway.cut();
  gateway.publish({channel: 'orders:us-1', data: 2});
  gateway.publish({channel: 'other:1', data: 3});
  await until(() => first.length === 3);
  client.channel('orders:*').subscribe((event) => void second.push(event.data), {after: 'p1.0'});
  await until(() => second.length === 2);
  gateway.publish({channel: 'orders:eu-0', data: 4});
  await until(() => first.length === 4 && second.length === 3);
  assert.deepEqual(first, ['orders:eu-0 0', 'orders:eu-1 1', 'orders:us-1 2', 'orders:eu-0 4']);
  assert.deepEqual(second, [1, 2, 4]);
  await until(() => subscription.position === 'p1.4');
});

test('a slow reader of a pattern leaves it and comes back without an event twice', async (t) => {
  const gateway = new Gateway(), client = open(gateway);
  t.after(() => client.close());
  for (let n = 0; n < 400; n++) gateway.publish({channel: `orders:${n % 3}`, data: n});
  const got = [];
  for await (const event of client.channel('orders:*').events({from: 'earliest'})) {
    got.push(event.data);
    if (got.length === 1) for (let n = 400; n < 500; n++) gateway.publish({channel: 'orders:1', data: n});
    if (got.length === 500) break;
  }
  assert.deepEqual(got, Array.from({length: 500}, (_, n) => n));
  assert.ok(gateway.asked.some(({unsubscribe}) => unsubscribe), 'it left the channel meanwhile');
});

test('types are asked of the server, and widened when another reader wants more', async (t) => {
  const gateway = new Gateway(), client = open(gateway);
  t.after(() => client.close());
  const channel = client.channel('demo:types'), a = [], both = [];
  const publish = (type) => gateway.publish({channel: 'demo:types', type, data: type});
  for (const type of ['a', 'b', 'c']) publish(type);
  channel.subscribe((event) => void a.push(event.type), {types: ['a'], from: 'earliest'});
  await until(() => a.length === 1);
  channel.subscribe((event) => void both.push(event.type), {types: ['b', 'a'], from: 'earliest'});
  await until(() => both.length === 2);
  for (const type of ['c', 'b', 'a']) publish(type);
  await until(() => both.length === 4 && a.length === 2);
  assert.deepEqual([a, both], [['a', 'a'], ['a', 'b', 'b', 'a']]);
  const asked = gateway.asked.flatMap(({subscribe}) => (subscribe ? [subscribe.types?.join()] : []));
  assert.equal(asked[0], 'a');
  assert.ok(asked.at(-1).split(',').includes('b') && !asked.includes(undefined), asked.join(' '));
});

test('a channel is read through the newest event that has come, or through a position', async (t) => {
  const gateway = new Gateway(), client = open(gateway);
  t.after(() => client.close());
  const channel = client.channel('chat:a'), got = [];
  await assert.rejects(channel.ack(), {code: 'invalid_request'});
  await channel.ack('k-0');
  assert.ok(gateway.asked.some((one) => String(one).startsWith('POST /v1/acks')), 'without a connection, by a request');
  await live(channel.subscribe((event) => void got.push(event), {from: 'ack'}));
  gateway.publish({channel: 'chat:a', data: 1});
  await until(() => got.length);
  await channel.ack();
  assert.equal(gateway.acks.get('chat:a'), 'k-0');
  assert.ok(gateway.asked.some(({ack}) => ack), 'on the connection');
  assert.ok(gateway.asked.some(({subscribe}) => subscribe?.from === 'ack'));
  assert.equal(await channel.unread(), 3);
});

test('a revoked token is replaced by the next one; without one, the error says so and the client closes', async (t) => {
  const gateway = new Gateway(), whys = [];
  let skipped = 0;
  const clock = {now: () => Date.now() + skipped, random: Math.random, setTimeout, clearTimeout};
  let revoked = '';
  const refusal = () => ({error: {code: 'token_revoked', message: 'sign in again', retry: false}});
  gateway.auth = ({token}) => (token === revoked ? refusal() : {authed: {}});
  const client = open(gateway, {clock, getToken: (why) => whys.push(why) && `token ${whys.length}`}), got = [];
  t.after(() => client.close());
  await live(client.channel('demo:a').subscribe((event) => void got.push(event.data)));
  skipped = 60_000;
  revoked = 'token 1';
  for (const socket of [...gateway.sockets]) socket.disconnect({disconnect: {code: 4401, reason: 'sign in again'}}, 4401);
  gateway.publish({channel: 'demo:a', data: 1});
  await until(() => got.length === 1);
  assert.deepEqual(whys, ['connect', 'expired']);

  const other = open(gateway, {token: 'token 1'}), errors = [];
  other.on('error', (error) => errors.push(error));
  other.channel('demo:a').subscribe(() => {}).on('error', (error) => errors.push(error));
  await until(() => other.state === 'closed');
  assert.ok(errors[0] instanceof TailwaterError);
  assert.deepEqual(errors.map(({code}) => code), ['token_revoked', 'token_revoked']);
});

test('a state is not read by a subscription', () => {
  const client = open(new Gateway());
  assert.throws(() => client.channel('board:1').subscribe(() => {}, {from: 'state'}), {code: 'invalid_request'});
});

test('a connection that outlives a short loss of the network is live again', async (t) => {
  const page = new EventTarget(), states = [];
  for (const name of ['addEventListener', 'removeEventListener']) {
    globalThis[name] = page[name].bind(page);
    t.after(() => delete globalThis[name]);
  }
  const gateway = new Gateway(), client = open(gateway);
  t.after(() => client.close());
  await live(client.channel('demo:away').subscribe(() => {}));
  client.on('state', ({state}) => states.push(state));
  page.dispatchEvent(new Event('offline'));
  page.dispatchEvent(new Event('online'));
  assert.deepEqual(states, ['offline', 'live']);
});

for (const transport of ['websocket', 'sse', 'long-poll']) {
  test(`over ${transport}, a subscription is live after the client, each time`, async (t) => {
    const gateway = new Gateway(), client = open(gateway, {transport}), told = [];
    t.after(() => client.close());
    client.on('state', ({state}) => told.push(state));
    gateway.publish({channel: 'demo:a', data: 1});
    client.channel('demo:a').subscribe(() => {}, {from: 'earliest'}).on('live', () => told.push('subscription'));
    await until(() => told.includes('subscription'));
    assert.deepEqual(told, ['live', 'subscription']);
    await until(() => transport !== 'long-poll' || gateway.cutPoll);
    gateway.cut();
    gateway.cutPoll?.();
    await until(() => told.length === 5);
    assert.deepEqual(told.slice(2), ['connecting', 'live', 'subscription']);
  });
}

test('a link that had reached a channel before it came into use makes it live again', async (t) => {
  const gateway = new Gateway(), client = open(gateway, {transport: 'auto', backoff: {min: 60_000, max: 60_000}}), told = [];
  t.after(() => client.close());
  gateway.publish({channel: 'demo:a', data: 1});
  const subscriptions = ['demo:a', 'demo:b'].map((name) => client.channel(name).subscribe(() => {}, {from: 'earliest'}));
  for (const subscription of subscriptions) subscription.on('live', () => told.push(subscriptions.indexOf(subscription)));
  await until(() => told.length === 2);
  assert.equal(client.transport, 'sse');
  gateway.withheld.add('demo:b');
  client.call('any.method').catch(() => {});
  await until(() => gateway.asked.some(({subscribe}) => subscribe?.channel === 'demo:b'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  client.on('state', ({state}) => told.push(state));
  gateway.cutStreams();
  await until(() => client.state === 'connecting');
  gateway.withheld.clear();
  for (const socket of gateway.sockets) socket.again('demo:b');
  await until(() => client.transport === 'websocket' && told.length === 6);
  assert.deepEqual(told.slice(2).sort(), [0, 1, 'connecting', 'live']);
});

test('a page that was kept for the way back is told when its subscriptions are live again', async (t) => {
  const gateway = new Gateway(), client = open(gateway), told = [];
  t.after(() => client.close());
  client.channel('demo:a').subscribe(() => {}).on('live', () => told.push('subscription'));
  client.on('state', ({state}) => told.push(state));
  await until(() => told.includes('subscription'));
  const core = client[INTERNALS];
  core.suspend();
  core.restore();
  await until(() => told.length === 5);
  assert.deepEqual(told, ['live', 'subscription', 'offline', 'live', 'subscription']);
});
