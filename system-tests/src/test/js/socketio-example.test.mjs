// The tutorial's client, as its page has it, through the server of examples/socket-io. Run by SocketIoExampleIT.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {io} from 'socket.io-client';

const {SOCKETIO_PAGE} = process.env;
const LIMIT = 60_000;
const open = [];

after(() => open.forEach((socket) => socket.close()));

function client(options) {
  const socket = io(SOCKETIO_PAGE, {forceNew: true, ackTimeout: 10_000, retries: 3, auth: {serverOffset: 0}, reconnectionDelay: 50, ...options});
  const messages = [];
  let check = () => {};
  socket.on('chat message', (msg, serverOffset) => {
    messages.push(msg);
    socket.auth.serverOffset = serverOffset;
    check();
  });
  open.push(socket);
  return {
    socket,
    messages,
    until: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${messages.length} of ${count} messages`)), LIMIT);
        check = () => {
          if (messages.length < count) return;
          clearTimeout(timer);
          resolve();
        };
        check();
      }),
  };
}

const connected = ({socket}) => new Promise((resolve) => (socket.connected ? resolve() : socket.once('connect', resolve)));

/** A call that comes before the backend is connected is refused, and the tutorial's client does not try it again. */
async function backendAnswers() {
  const {socket} = client();
  for (let code; code !== 'not_found'; ) code = (await socket.emitWithAck('anybody')).error.code;
}

test('the page and its script are served', async () => {
  assert.match(await (await fetch(SOCKETIO_PAGE)).text(), /<script src="\/socket.io\/socket.io.js"><\/script>/);
  for (const file of ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js']) {
    const answer = await fetch(`${SOCKETIO_PAGE}socket.io/${file}`);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.match(answer.headers.get('content-type'), /^text\/javascript/);
    assert.match(await answer.text(), /Socket\.IO v4/);
    const again = await fetch(`${SOCKETIO_PAGE}socket.io/${file}`, {headers: {'If-None-Match': answer.headers.get('etag')}});
    assert.equal(again.status, 304);
  }
  assert.equal((await fetch(`${SOCKETIO_PAGE}socket.io/other.js`)).status, 404);
});

test('two pages chat, a third one comes late, and a repetition is stored once', async () => {
  await backendAnswers();
  const one = client();
  const other = client({transports: ['websocket']});
  await Promise.all([connected(one), connected(other)]);
  one.socket.emit('chat message', 'hi', 'offset-0');
  await Promise.all([one.until(1), other.until(1)]);
  other.socket.emit('chat message', 'hello', 'offset-1');
  await Promise.all([one.until(2), other.until(2)]);
  one.socket.emit('chat message', 'hi', 'offset-0');
  one.socket.emit('chat message', 'bye', 'offset-2');
  await Promise.all([one.until(3), other.until(3)]);
  const late = client();
  await late.until(3);
  for (const {messages} of [one, other, late]) assert.deepEqual(messages, ['hi', 'hello', 'bye']);
});

test('a page that was cut has its messages again, once', async () => {
  const page = client();
  const writer = client();
  await Promise.all([page.until(3), writer.until(3)]);
  const gone = new Promise((resolve) => page.socket.once('disconnect', resolve));
  page.socket.io.engine.transport.onError('cut');
  await gone;
  writer.socket.emit('chat message', 'meanwhile', 'offset-3');
  await Promise.all([page.until(4), writer.until(4)]);
  assert.equal(page.socket.recovered, true);
  assert.deepEqual(page.messages, ['hi', 'hello', 'bye', 'meanwhile']);
});
