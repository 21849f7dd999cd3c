// Connection state recovery by Socket.IO's own client, unmodified, over a network that is cut. Run by SocketIoRecoveryIT.
import assert from 'node:assert/strict';
import {createServer, connect as dial} from 'node:net';
import {after, test} from 'node:test';
import {io} from 'socket.io-client';

const {SOCKETIO_GATEWAYS, SOCKETIO_TOKEN: token, SOCKETIO_KILL} = process.env;
const gateways = SOCKETIO_GATEWAYS.split(',');
const LIMIT = 60_000;
const cleanups = [];
let names = 0;

after(() => cleanups.forEach((clean) => clean()));

const unique = (namespace = 'demo') => `${namespace}:recovery ${process.pid} ${++names}`;

function limited(promise, what) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: not within ${LIMIT} ms`)), LIMIT)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const once = (emitter, name) => limited(new Promise((resolve) => emitter.once(name, (...args) => resolve(args))), name);
const ask = (socket, name, ...args) => limited(new Promise((resolve) => socket.emit(name, ...args, resolve)), `answer to ${name}`);

/** Waits for a condition that events of a socket change. */
const until = (socket, condition, what) =>
  limited(
    new Promise((resolve) => {
      const check = () => {
        if (condition()) {
          socket.offAny(later);
          resolve();
        }
      };
      // These listeners come before those of single events.
      const later = () => queueMicrotask(check);
      socket.onAny(later);
      check();
    }),
    what,
  );

/** A network to one gateway at a time. */
async function network() {
  const pairs = new Set();
  let target = 0;
  let down = false;
  const server = createServer((client) => {
    if (down) {
      client.resetAndDestroy();
      return;
    }
    const {hostname, port} = new URL(gateways[target]);
    const upstream = dial(port, hostname);
    const pair = [client, upstream];
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    pairs.add(pair);
    for (const one of pair) one.on('error', end).on('close', end);
    client.pipe(upstream).pipe(client);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  const cut = () => pairs.forEach((pair) => pair.forEach((one) => one.resetAndDestroy()));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Cuts everything, and lets nothing through. */
    down() {
      down = true;
      cut();
    },
    /** Lets clients through to another gateway. */
    up() {
      target = (target + 1) % gateways.length;
      down = false;
    },
  };
}

function open(url, options) {
  const socket = io(url, {forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 200, auth: {token}, ...options});
  cleanups.push(() => socket.close());
  return socket;
}

/** A publisher that is not cut. */
const publisher = open(gateways[0]);

const publish = async (channel, data, type = 'note') => {
  const {error} = await ask(publisher, 'tw:publish', {channel, type, data});
  assert.equal(error, undefined);
};

/** What a socket gets of its rooms, by room. */
function record(socket) {
  const got = {};
  socket.on('note', ({room, i}) => (got[room] ??= []).push(i));
  return got;
}

async function cutAndBack(net, socket, meanwhile) {
  const gone = once(socket, 'disconnect');
  net.down();
  await gone;
  await meanwhile?.();
  const back = once(socket, 'connect');
  net.up();
  await back;
}

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
  const by = transports.join(' then ');

  test(`${by}: what was missed comes once and in order, on another gateway`, async () => {
    const net = await network();
    const rooms = [unique(), unique(), unique()];
    const socket = open(net.url, {transports});
    const got = record(socket);
    await once(socket, 'connect');
    for (const channel of rooms) assert.equal((await ask(socket, 'tw:subscribe', {channel})).error, undefined);
    const sent = Object.fromEntries(rooms.map((room) => [room, 0]));
    const some = async (rooms, count) => {
      for (let i = 0; i < count; i++) for (const room of rooms) await publish(room, {room, i: sent[room]++});
    };
    const all = () => rooms.every((room) => (got[room]?.length ?? 0) >= sent[room]);
    await some([rooms[0]], 3);
    await until(socket, all, 'the first events');
    for (let cut = 0; cut < 5; cut++) {
      const more = some(rooms.slice(cut % 3), 4);
      if (cut % 2) await more;
      await cutAndBack(net, socket, () => more.then(() => some(rooms, 3)));
      assert.equal(socket.recovered, true);
      await until(socket, all, `all events after cut ${cut}`);
    }
    for (const room of rooms) assert.deepEqual(got[room], [...Array(sent[room]).keys()]);
  });

  test(`${by}: also when it is cut before its first event`, async () => {
    const net = await network();
    const room = unique();
    const socket = open(net.url, {transports});
    const got = record(socket);
    await once(socket, 'connect');
    await ask(socket, 'tw:subscribe', {channel: room});
    await cutAndBack(net, socket, () => publish(room, {room, i: 0}));
    assert.equal(socket.recovered, true);
    await publish(room, {room, i: 1});
    await until(socket, () => got[room]?.length >= 2, 'both events');
    assert.deepEqual(got[room], [0, 1]);
  });
}

test('rooms of the backend are had again, and those that were left are not', async () => {
  const net = await network();
  const joined = unique();
  const left = unique();
  const socket = open(net.url);
  const got = record(socket);
  await once(socket, 'connect');
  assert.equal(socket.recovered, false);
  await ask(socket, 'join', joined);
  await ask(socket, 'tw:subscribe', {channel: left});
  await publish(joined, {room: joined, i: 0});
  await publish(left, {room: left, i: 0});
  await until(socket, () => got[joined] && got[left], 'the first of each');
  await ask(socket, 'tw:unsubscribe', {channel: left});
  await cutAndBack(net, socket, async () => {
    await publish(joined, {room: joined, i: 1});
    await publish(left, {room: left, i: 1});
  });
  assert.equal(socket.recovered, true);
  await publish(joined, {room: joined, i: 2});
  await until(socket, () => got[joined].length >= 3, 'what was missed');
  assert.deepEqual(got[joined], [0, 1, 2]);
  assert.deepEqual(got[left], [0]);
});

test('a pattern is had again', async () => {
  const net = await network();
  const key = `chat:p${process.pid}`;
  const socket = open(net.url);
  const got = record(socket);
  await once(socket, 'connect');
  assert.equal((await ask(socket, 'tw:subscribe', {channel: `${key}*`})).error, undefined);
  await publish(`${key}-1`, {room: 1, i: 0});
  await until(socket, () => got[1], 'the first');
  await cutAndBack(net, socket, async () => {
    for (let i = 1; i < 5; i++) await publish(`${key}-${i % 2}`, {room: i % 2, i});
  });
  assert.equal(socket.recovered, true);
  await until(socket, () => got[0]?.length >= 2 && got[1].length >= 3, 'what was missed');
  assert.deepEqual(got, {0: [2, 4], 1: [0, 1, 3]});
});

test('who disconnects on purpose, or is somebody else, continues nothing', async () => {
  const net = await network();
  const room = unique();
  const socket = open(net.url);
  const got = record(socket);
  await once(socket, 'connect');
  await ask(socket, 'tw:subscribe', {channel: room});
  await publish(room, {room, i: 0});
  await until(socket, () => got[room], 'the first');
  socket.disconnect().connect();
  await once(socket, 'connect');
  assert.equal(socket.recovered, false);
  await ask(socket, 'tw:subscribe', {channel: room});
  socket.auth = {};
  await cutAndBack(net, socket, () => publish(room, {room, i: 1}));
  assert.equal(socket.recovered, false);
});

test('killed with SIGKILL, the gateway has lost nothing', {skip: !SOCKETIO_KILL}, async () => {
  const [address, pid] = SOCKETIO_KILL.split(',');
  gateways.unshift(address);
  const net = await network();
  const rooms = [unique(), unique()];
  const socket = open(net.url);
  const got = record(socket);
  await once(socket, 'connect');
  for (const channel of rooms) await ask(socket, 'tw:subscribe', {channel});
  await publish(rooms[0], {room: rooms[0], i: 0});
  await until(socket, () => got[rooms[0]], 'the first');
  const gone = once(socket, 'disconnect');
  process.kill(Number(pid), 'SIGKILL');
  await gone;
  for (const room of rooms) await publish(room, {room, i: 1});
  const back = once(socket, 'connect');
  net.up();
  await back;
  gateways.shift();
  assert.equal(socket.recovered, true);
  await until(socket, () => got[rooms[0]].length >= 2 && got[rooms[1]], 'what was missed');
  assert.deepEqual(got, {[rooms[0]]: [0, 1], [rooms[1]]: [1]});
});
