// Our client with sessions: its WebSockets break while calls wait, and it comes back on another gateway. "done" is the last line.
import assert from 'node:assert/strict';
import {WebSocket} from 'ws';

const [dist, first, second, frames] = process.argv.slice(2);
const {createClient} = await import(`${dist}client.js`);
const {protobufFrames} = await import(`${dist}client/binary.js`);

const sockets = [];
let gateway = first;

/** Reaches the gateway of the moment, and can be broken off. */
class Cuttable extends WebSocket {
  constructor(url, protocol) {
    super(url.replace(first.replace('http', 'ws'), gateway.replace('http', 'ws')), protocol);
    sockets.push({socket: this, shown: new URL(url).searchParams.get('session')});
  }
}

const client = createClient({
  url: first, WebSocket: Cuttable, transport: 'websocket', token: process.env.TOKEN, timeout: 30_000, backoff: {min: 50, max: 200},
  ...(frames === 'protobuf' && {frames: protobufFrames()}),
});

/** Waits until a check passes, up to 40 s. */
async function until(check) {
  for (const end = Date.now() + 40_000; !check(); ) {
    assert.ok(Date.now() < end, `never: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function cutTo(other) {
  gateway = other;
  sockets.at(-1).socket.terminate();
}

const got = {a: [], b: []}, pushed = [];
client.on('push', ({type, data}) => pushed.push(`${type} ${data}`));
for (const [name, list] of Object.entries(got)) {
  const subscription = client.channel(`demo:session-${frames}-${name}`).subscribe((event) => void list.push(event.data));
  await new Promise((resolve) => subscription.on('live', resolve));
}
const session = await client.call('session');
for (const [n, to] of [second, first, second].entries()) {
  const late = [client.call('wait.1500', `late ${n}`), client.call('wait.2500', `later ${n}`, {key: `later ${n}`})];
  await client.call('echo', 'on its way');
  // Redis learns of a call after 20 ms.
  await new Promise((resolve) => setTimeout(resolve, 200));
  cutTo(to);
  assert.deepEqual(await Promise.all(late), [`late ${n}`, `later ${n}`]);
  assert.equal(await client.call('session'), session, 'the same session');
  for (const name of Object.keys(got)) await client.channel(`demo:session-${frames}-${name}`).publish(n);
  await until(() => got.a.length === n + 1 && got.b.length === n + 1);
}
assert.deepEqual(got, {a: [0, 1, 2], b: [0, 1, 2]});
assert.equal(sockets[0].shown, null);
assert.equal(new Set(sockets.slice(1).map(({shown}) => shown)).size, 1);
await client.call('push', frames).catch(() => {});
await until(() => pushed.length);
assert.deepEqual(pushed, ['note 1']);
await client.close();
console.log('done');
