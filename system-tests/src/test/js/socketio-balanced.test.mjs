// Socket.IO's own client, unmodified, where the requests of a session reach any gateway. Run by SocketIoBalancedIT.
import assert from 'node:assert/strict';
import {request} from 'node:http';
import {createServer, connect as dial} from 'node:net';
import {after, test} from 'node:test';
import {io} from 'socket.io-client';

const {SOCKETIO_GATEWAYS, SOCKETIO_TOKEN: token, SOCKETIO_STICKY, SOCKETIO_KILL} = process.env;
const gateways = SOCKETIO_GATEWAYS.split(',');
const sticky = SOCKETIO_STICKY?.split(',') ?? [];
const LIMIT = 60_000;
const cleanups = [];
let names = 0;

after(() => cleanups.forEach((clean) => clean()));

const unique = () => `demo:balanced ${process.pid} ${++names}`;

function limited(promise, what) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: not within ${LIMIT} ms`)), LIMIT)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const once = (emitter, name) => limited(new Promise((resolve) => emitter.once(name, (...args) => resolve(args))), name);
const ask = (socket, name, ...args) => limited(new Promise((resolve) => socket.emit(name, ...args, resolve)), `answer to ${name}`);

/** Gives connections to gateways in turn, as a balancer that knows nothing of sessions. */
async function inTurn(...targets) {
  let next = 0;
  const server = createServer((client) => {
    const {hostname, port} = new URL(targets[next++ % targets.length]);
    const upstream = dial(port, hostname);
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const one of [client, upstream]) one.on('error', end).on('close', end);
    client.pipe(upstream).pipe(client);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

function open(url, options) {
  const socket = io(url, {forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 200, auth: {token}, ...options});
  socket.on('disconnect', (reason, details) => socket.ends.push([reason, details?.description?.message ?? details?.message]));
  socket.ends = [];
  cleanups.push(() => socket.close());
  return socket;
}

/** Reads a room of its own while it publishes to it, with answers. */
async function converse(socket, count) {
  const channel = unique();
  const got = [];
  const all = limited(
    new Promise((resolve) =>
      socket.on('note', (data) => {
        got.push(data.i);
        if (got.length === count) resolve();
      }),
    ),
    'all events',
  );
  assert.equal((await ask(socket, 'tw:subscribe', {channel})).error, undefined);
  const answers = [];
  for (let i = 0; i < count; i++) {
    const answer = ask(socket, 'tw:publish', {channel, type: 'note', data: {i, pad: 'x'.repeat(i * 50)}});
    answers.push(answer);
    if (i % 10 === 0) assert.equal((await answer).error, undefined);
  }
  await Promise.all(answers);
  await all;
  assert.deepEqual(socket.ends, []);
  assert.deepEqual(got, [...Array(count).keys()]);
}

const plain = (method, url, body) =>
  new Promise((resolve, reject) => {
    const sent = request(url, {method, agent: false}, (answer) => {
      let text = '';
      answer.on('data', (piece) => (text += piece)).on('end', () => resolve({status: answer.statusCode, text}));
    });
    sent.on('error', reject).end(body);
  });

async function begin(gateway) {
  const {text} = await plain('GET', `${gateway}/socket.io/?EIO=4&transport=polling`);
  return JSON.parse(text.slice(1));
}

const polling = (gateway, sid) => `${gateway}/socket.io/?EIO=4&transport=polling&sid=${sid}`;

test('polls reach the gateway that has their session through any other', async () => {
  const url = await inTurn(...gateways);
  const sockets = [...Array(4)].map(() => open(url, {transports: ['polling']}));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  await Promise.all(sockets.map((socket) => converse(socket, 60)));
});

test('bytes are passed on as they are', async () => {
  const url = await inTurn(...gateways);
  const socket = open(url, {transports: ['polling']});
  await once(socket, 'connect');
  const channel = unique();
  await ask(socket, 'tw:subscribe', {channel});
  for (const size of [1, 1000, 200_000]) {
    const bytes = Buffer.from(Array.from({length: size}, (_, i) => (i * 7) % 256));
    const [[data]] = await Promise.all([once(socket, 'blob'), ask(socket, 'tw:publish', {channel, type: 'blob', data: bytes})]);
    assert.ok(bytes.equals(data), String(size));
  }
});

test('an upgrade that reaches another gateway leaves the polls as they are', async () => {
  const url = await inTurn(...gateways);
  const sockets = [...Array(4)].map(() => open(url));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  await Promise.all(sockets.map((socket) => converse(socket, 20)));
});

test('a session is ended through any gateway', async () => {
  const [one, other] = gateways;
  for (const [body, status] of [['1', 200], ['malformed', 400], ['', 400], ['4' + 'x'.repeat(1_000_001), 413]]) {
    const {sid} = await begin(one);
    assert.equal((await plain('POST', polling(other, sid), body)).status, status, body.slice(0, 20));
    const {status: after, text} = await plain('GET', polling(one, sid));
    assert.equal(after, 400);
    assert.equal(JSON.parse(text).code, 1);
  }
});

test('a client that leaves its poll at another gateway has left its session', async () => {
  const [one, other] = gateways;
  const {sid} = await begin(one);
  const poll = request(polling(other, sid), {agent: false});
  poll.on('error', () => {});
  poll.end();
  // A second poll is refused while the first one waits, and ends the session: so it has come there.
  await new Promise((resolve) => setTimeout(resolve, 300));
  // An orderly end would be half a close, and a client may wait for its answer then.
  poll.socket.resetAndDestroy();
  await limited(
    (async () => {
      while ((await plain('POST', polling(one, sid), '3')).status !== 400) await new Promise((resolve) => setTimeout(resolve, 50));
    })(),
    'the end of the session',
  );
});

test('sessions of gateways that are not there are unknown at once', async () => {
  const [one] = gateways;
  const name = (await begin(one)).sid.split('.')[0];
  for (const sid of ['nobody.abc', `${name}.abc`, 'nobody', '.abc', 'a:b.c', '%00.abc', `${'x'.repeat(500)}.abc`]) {
    for (const method of ['GET', 'POST']) {
      const {status, text} = await plain(method, polling(one, sid), method === 'POST' ? '3' : undefined);
      assert.equal(status, 400);
      assert.equal(JSON.parse(text).code, 1, `${method} ${sid}`);
    }
  }
});

for (const [i, url] of sticky.entries()) {
  test(`a balancer that reads the id leads polls and upgrades to their gateway: ${i}`, async () => {
    const sockets = [...Array(6)].map(() => open(url));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await Promise.all(
      sockets.map((socket) => limited(
        new Promise((resolve) => (socket.io.engine.transport.name === 'websocket' ? resolve() : socket.io.engine.once('upgrade', resolve))),
        'the upgrade',
      )),
    );
    const polls = [...Array(3)].map(() => open(url, {transports: ['polling']}));
    await Promise.all(polls.map((socket) => once(socket, 'connect')));
    await Promise.all([...sockets, ...polls].map((socket) => converse(socket, 20)));
  });
}

test('killed with SIGKILL, a gateway leaves no poll waiting elsewhere', {skip: !SOCKETIO_KILL}, async () => {
  const [doomed, pid] = SOCKETIO_KILL.split(',');
  const {sid} = await begin(doomed);
  const poll = plain('GET', polling(gateways[0], sid));
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(Number(pid), 'SIGKILL');
  const begun = Date.now();
  const {status, text} = await limited(poll, 'the end of the poll');
  assert.equal(status, 400);
  assert.equal(JSON.parse(text).code, 1);
  assert.ok(Date.now() - begun < 15_000, `${Date.now() - begun} ms`);
});
