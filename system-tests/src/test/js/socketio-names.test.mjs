// Events with names that no type can have, published in every way. Run by SocketIoNamesIT, which has published some itself.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {io} from 'socket.io-client';
import {WebSocket} from 'ws';

const {SOCKETIO_GATEWAYS, SOCKETIO_TOKEN: token, SOCKETIO_PUBLISHED} = process.env;
const [gateway, other] = SOCKETIO_GATEWAYS.split(',');
const LIMIT = 60_000;
const NAME = 'chat message';
const open = [];
let names = 0;

after(() => open.forEach((one) => one.close()));

const unique = (namespace) => `${namespace}:socketio names ${process.pid} ${++names}`;
const authorization = {Authorization: `Bearer ${token}`};

/** Settles within the limit. */
function within(what, begin) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${LIMIT} ms`)), LIMIT);
    begin((result) => {
      clearTimeout(timer);
      resolve(result);
    });
  });
}

/** A socket that reads a channel, and what arrives under the name. */
async function reading(channel, from) {
  const socket = io(gateway, {forceNew: true, auth: {token, meta: true}});
  open.push(socket);
  const events = [];
  let told = () => {};
  socket.on(NAME, (...args) => {
    events.push(args);
    told();
  });
  // Whatever has no name of its own comes under its type.
  const types = [];
  socket.on('message', (data) => types.push(data));
  socket.on('x.tw.live', (data) => types.push(data));
  await within('connect', (done) => socket.on('connect', done));
  const {error} = await within('answer', (done) => socket.emit('tw:subscribe', {channel, from}, done));
  assert.equal(error, undefined);
  const until = (count) => within(`${count} events`, (done) => {
    told = () => events.length >= count && done(events);
    told();
  });
  return {socket, events, types, until};
}

function arrived([data, meta, offset], expected) {
  assert.deepEqual(data, expected.data);
  assert.equal(meta.event, NAME);
  assert.equal(meta.type, expected.type ?? 'message');
  assert.equal(meta.channel, expected.channel);
  assert.match(offset, /^tw\./);
}

function post(query, body, headers = {}) {
  return fetch(`${other}/v1/events${query}`, {method: 'POST', body, headers: {...authorization, ...headers}});
}

test('lines of a batch', async () => {
  const channel = unique('chat');
  const reader = await reading(channel, 'latest');
  const bytes = Buffer.from([0, 1, 250]);
  const lines = [
    {channel, event: NAME, data: {n: 1}},
    {channel, data: 'no name'},
    {channel, event: NAME, type: 'note', data: 2},
    {channel, event: NAME, data_base64: bytes.toString('base64')},
    {channel, event: 'two\nlines', data: 3},
    {channel, event: 'x'.repeat(256), data: 4},
  ];
  const answer = await post('', lines.map((line) => JSON.stringify(line)).join('\n'), {'Content-Type': 'application/x-ndjson'});
  const verdicts = (await answer.text()).trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(verdicts.map(({error}) => error?.code), [undefined, undefined, undefined, undefined, 'invalid_request', 'invalid_request']);
  const events = await reader.until(3);
  arrived(events[0], {channel, data: {n: 1}});
  arrived(events[1], {channel, data: 2, type: 'note'});
  assert.deepEqual(Buffer.from(events[2][0]), bytes);
  assert.equal(events[2][1].event, NAME);
  assert.deepEqual(reader.types, ['no name']);
});

test('frames of a WebSocket, whose own readers see the name beside the type', async () => {
  const channel = unique('chat');
  const reader = await reading(channel, 'latest');
  const socket = new WebSocket(`${other.replace('http', 'ws')}/v1/ws`, {headers: authorization});
  open.push(socket);
  const frames = [];
  let told = () => {};
  socket.on('message', (text) => {
    frames.push(JSON.parse(text));
    told();
  });
  const frame = (kind) => within(kind, (done) => {
    told = () => {
      const found = frames.find((one) => one[kind]);
      if (found) done(found);
    };
    told();
  });
  await within('open socket', (done) => socket.on('open', done));
  socket.send(JSON.stringify({id: 1, subscribe: {channel}}));
  await frame('live');
  socket.send(JSON.stringify({id: 2, publish: {channel, event: NAME, data: ['by', 'frame']}}));
  const {published} = await frame('published');
  assert.ok(published.id);
  arrived((await reader.until(1))[0], {channel, data: ['by', 'frame']});
  const [event] = (await frame('events')).events;
  assert.equal(event.event, NAME);
  assert.equal(event.type, 'message');
  socket.send(JSON.stringify({id: 3, publish: {channel, event: 'two\nlines', data: 1}}));
  assert.equal((await frame('error')).error.code, 'invalid_request');
});

test('events of ephemeral namespaces, on another gateway', async () => {
  const channel = unique('typing');
  const reader = await reading(channel);
  const where = `?channel=${encodeURIComponent(channel)}`;
  assert.equal((await post(`${where}&event=${encodeURIComponent(NAME)}`, '"by HTTP"', {'Content-Type': 'application/json'})).status, 201);
  arrived((await reader.until(1))[0], {channel, data: 'by HTTP'});
  const line = JSON.stringify({channel, event: NAME, data: 'in a batch'});
  assert.equal((await post('', line, {'Content-Type': 'application/x-ndjson'})).status, 200);
  arrived((await reader.until(2))[1], {channel, data: 'in a batch'});
  reader.socket.emit('tw:publish', {channel, event: NAME, data: 'by Socket.IO'});
  arrived((await reader.until(3))[2], {channel, data: 'by Socket.IO'});
});

test('records of a Kafka producer, and binary frames', async () => {
  const channel = SOCKETIO_PUBLISHED;
  const reader = await reading(channel, 'earliest');
  const events = await reader.until(2);
  arrived(events[0], {channel, data: {by: 'Kafka'}, type: 'note'});
  arrived(events[1], {channel, data: {by: 'protobuf'}});
  assert.deepEqual(reader.types, ["the gateway's own name", 'a name that is too long counts for nothing']);
});
