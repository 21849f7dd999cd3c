// Socket.IO's own client, unmodified, against a gateway whose backend echoes. Run by SocketIoIT.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {WebSocket} from 'ws';

const {SOCKETIO_GATEWAYS, SOCKETIO_TOKEN, SOCKETIO_CLIENT} = process.env;
// The second one has short heartbeats.
const [gateway, hasty] = SOCKETIO_GATEWAYS.split(',');
const {io, Manager} = await import(SOCKETIO_CLIENT);
const token = SOCKETIO_TOKEN;
const LIMIT = 20_000;
const open = new Set();
let names = 0;

after(() => open.forEach((socket) => socket.close()));

const unique = (prefix = 'demo') => `${prefix}:socketio ${process.pid} ${++names}`;

function connect(path = '/', options = {}) {
  const socket = io(gateway + path, {forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 250, ...options});
  open.add(socket);
  return socket;
}

/** The arguments of the next event with this name. */
function once(emitter, name) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${name} within ${LIMIT} ms`)), LIMIT);
    emitter.once(name, (...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });
}

/** Emits, and the acknowledgement. */
function ask(socket, name, ...args) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer to ${name} within ${LIMIT} ms`)), LIMIT);
    socket.emit(name, ...args, (...answer) => {
      clearTimeout(timer);
      resolve(answer[0]);
    });
  });
}

async function connected(...args) {
  const socket = connect(...args);
  await once(socket, 'connect');
  return socket;
}

/** Collects events with this name. */
function collect(socket, name) {
  const events = [];
  const waiting = [];
  socket.on(name, (...args) => {
    events.push(args);
    waiting.forEach((check) => check());
  });
  return {
    events,
    until: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${events.length} of ${count} ${name}`)), LIMIT);
        const check = () => {
          if (events.length >= count) {
            clearTimeout(timer);
            resolve(events);
          }
        };
        waiting.push(check);
        check();
      }),
  };
}

const TRANSPORTS = [['polling'], ['websocket'], ['polling', 'websocket']];

for (const transports of TRANSPORTS) {
  const by = transports.join(' then ');

  test(`${by}: a room's events come in order, with an offset`, async () => {
    const channel = unique();
    const socket = await connected('/', {transports, auth: {token}});
    const {position} = await ask(socket, 'tw:subscribe', {channel});
    assert.match(position, /^[\w-]+-\d+$/);
    const notes = collect(socket, 'note');
    for (let i = 0; i < 50; i++) socket.emit('tw:publish', {channel, type: 'note', data: {i}});
    await notes.until(50);
    assert.deepEqual(notes.events.map(([data]) => data.i), [...Array(50).keys()]);
    notes.events.forEach((args) => assert.match(args.at(-1), /^tw\.m1\./));
    if (transports.length > 1) assert.equal(socket.io.engine.transport.name, 'websocket');
    assert.deepEqual(await ask(socket, 'tw:unsubscribe', {channel}), {});
    const {id, duplicate} = await ask(socket, 'tw:publish', {channel, type: 'note', data: 'unread'});
    assert.ok(id);
    assert.equal(duplicate, false);
    assert.equal(await ask(socket, 'echo', 'the same'), 'the same');
    assert.equal(notes.events.length, 50);
  });

  test(`${by}: bytes are Buffers in events, calls and answers`, async () => {
    const channel = unique();
    const other = unique();
    const bytes = Buffer.from([0, 1, 2, 250, 255, 0x1e]);
    const socket = await connected('/', {transports, auth: {token}});
    await ask(socket, 'tw:subscribe', {channel});
    const blobs = collect(socket, 'blob');
    assert.ok((await ask(socket, 'tw:publish', {channel, type: 'blob', data: bytes})).id);
    await blobs.until(1);
    assert.deepEqual(Buffer.from(blobs.events[0][0]), bytes);
    await ask(socket, 'tw:subscribe', {channel: other});
    socket.emit('tw:publish', {channel: other, type: 'blob', data: bytes});
    await blobs.until(2);
    assert.deepEqual(Buffer.from(blobs.events[1][0]), bytes);
    assert.deepEqual(Buffer.from(await ask(socket, 'echo', bytes)), bytes);
    assert.deepEqual(await ask(socket, 'echo', {file: bytes}, 1), [{file: bytes.toString('base64')}, 1]);
  });

  test(`${by}: namespaces share a connection, and each has its own subject and rooms`, async () => {
    const manager = new Manager(gateway, {transports, reconnectionDelay: 50});
    const main = manager.socket('/');
    const chat = manager.socket('/chat', {auth: {token}});
    open.add(main).add(chat);
    await Promise.all([once(main, 'connect'), once(chat, 'connect')]);
    assert.notEqual(main.id, chat.id);
    const channel = unique('chat');
    assert.equal((await ask(main, 'tw:subscribe', {channel})).error.code, 'unauthorized');
    assert.equal((await ask(chat, 'tw:subscribe', {channel})).channel, channel);
    const messages = collect(chat, 'message');
    const none = collect(main, 'message');
    await ask(chat, 'tw:publish', {channel, data: 'hi'});
    await messages.until(1);
    assert.equal(messages.events[0][0], 'hi');
    chat.disconnect();
    assert.equal((await ask(main, 'tw:subscribe', {channel: unique()})).error, undefined);
    assert.equal(none.events.length, 0);
    chat.connect();
    await once(chat, 'connect');
    assert.equal(manager.engine.transport.name, transports.at(-1));
  });
}

test('any other event is a call, and the acknowledgement is its result or its error', async () => {
  const socket = await connected('/', {auth: {token}});
  assert.deepEqual(await ask(socket, 'echo', {a: [1, null, 'é']}), {a: [1, null, 'é']});
  assert.equal(await ask(socket, 'echo'), null);
  assert.deepEqual(await ask(socket, 'echo', 1, 'two', [3]), [1, 'two', [3]]);
  assert.deepEqual(await ask(socket, 'chat message', 'hi', 2), {namespace: '/', event: 'chat message', args: ['hi', 2]});
  assert.deepEqual(await ask(socket, 'tw:call', {method: 'echo', data: [7]}), [7]);
  assert.equal((await ask(socket, 'tw:call', {method: 'never', timeout_ms: 50})).error.code, 'timeout');
  assert.equal((await ask(socket, 'tw:call', 'echo')).error.code, 'invalid_request');
  assert.equal((await ask(socket, 'tw:publish', {channel: 'demo:x', nonsense: 1})).error.code, 'invalid_request');
  const anonymous = await connected();
  assert.equal((await ask(anonymous, 'echo', 1)).error.code, 'unauthorized');
  anonymous.emit('tw:subscribe', {channel: 'chat:x'});
  const [{event, error}] = await once(anonymous, 'tw.error');
  assert.equal(event, 'tw:subscribe');
  assert.equal(error.code, 'unauthorized');
});

test('a push is an event, and so is what the backend joins a socket to', async () => {
  const socket = await connected('/', {auth: {token}});
  const note = once(socket, 'note');
  await ask(socket, 'push');
  const [data, offset] = await note;
  assert.equal(data, 1);
  assert.match(offset, /^tw\./);
  const channel = unique();
  await ask(socket, 'tw:publish', {channel, type: 'before', data: 1});
  const before = once(socket, 'before');
  await ask(socket, 'join', channel);
  assert.deepEqual((await before)[0], 1);
  await ask(socket, 'leave', channel);
});

for (const transports of TRANSPORTS) {
  test(`${transports.join(' then ')}: the backend asks, and what the client acknowledges is its answer`, async () => {
    const socket = await connected('/', {transports, auth: {token}});
    socket.on('question', (...args) => {
      const answer = args.pop();
      answer(...args, 'heard');
    });
    assert.deepEqual(await ask(socket, 'ask.20000', {a: 1}), [{a: 1}, 'heard']);
    const bytes = Buffer.from([0, 1, 250]);
    assert.deepEqual(await ask(socket, 'ask.20000', bytes), [bytes.toString('base64'), 'heard']);
    const all = await Promise.all([...Array(20).keys()].map((i) => ask(socket, 'ask.20000', i)));
    all.forEach((answer, i) => assert.deepEqual(answer, [i, 'heard']));
  });
}

test('an acknowledgement that does not come, comes late or is too large is none', async () => {
  const socket = await connected('/', {auth: {token}});
  let late;
  socket.once('question', (data, answer) => (late = answer));
  assert.equal(await ask(socket, 'ask.50', 1), 'timeout');
  late('too late');
  socket.once('question', (data, answer) => answer('x'.repeat(70_000)));
  assert.equal(await ask(socket, 'ask.20000', 2), 'too_large');
  socket.once('question', (data, answer) => answer());
  assert.deepEqual(await ask(socket, 'ask.20000', 3), []);
});

for (const transports of TRANSPORTS) {
  test(`${transports.join(' then ')}: a backend sends several arguments, with bytes inside of them`, async () => {
    const socket = await connected('/', {transports, auth: {token}});
    for (const args of [[1, 'two', {three: [true]}], [Buffer.of(1, 2), {deep: [Buffer.of(3), 'text']}, Buffer.of()], [[], null]]) {
      const pushed = once(socket, 'arguments');
      const answer = await new Promise((resolve) => socket.emit('arguments', ...args, (...all) => resolve(all)));
      assert.deepEqual(answer, args);
      const event = await pushed;
      assert.deepEqual(event.slice(0, -1), args);
      assert.match(event.at(-1), /^tw\./);
    }
  });
}

test('the backend learns the namespace of a socket, and what its application hands in', async () => {
  const main = await connected('/', {auth: {token, user: 'é', more: [1]}});
  assert.deepEqual(await ask(main, 'handshake'), ['/', {user: 'é', more: [1]}]);
  const other = await connected('/calls', {auth: {token}});
  assert.deepEqual(await ask(other, 'handshake'), ['/calls', {}]);
  const [error] = await once(connect('/', {auth: {token, user: 'x'.repeat(5_000)}}), 'connect_error');
  assert.equal(error.data.code, 'too_large');
});

test('a push to acknowledge whose socket ends first is unavailable', async () => {
  const socket = await connected('/', {auth: {token}});
  socket.emit('ask.20000', 1);
  await once(socket, 'question');
  socket.disconnect();
});

test('auth.meta adds what is known of an event, and names of the library arrive otherwise', async () => {
  const channel = unique();
  const socket = await connected('/', {auth: {token, meta: true}});
  await ask(socket, 'tw:subscribe', {channel});
  const disconnected = once(socket, 'x.disconnect');
  const {id} = await ask(socket, 'tw:publish', {channel, type: 'disconnect', data: 1});
  const [data, meta, offset] = await disconnected;
  assert.equal(data, 1);
  assert.equal(meta.id, id);
  assert.equal(meta.channel, channel);
  assert.equal(meta.type, 'disconnect');
  assert.equal(meta.by, 'alice');
  assert.equal(meta.data, undefined);
  assert.match(offset, /^tw\.m1\./);
});

test('a pattern, the past, the state, and the end of a channel', async () => {
  const channel = unique();
  const socket = await connected();
  await ask(socket, 'tw:publish', {channel, data: 'one'});
  const first = once(socket, 'message');
  const live = once(socket, 'tw.live');
  await ask(socket, 'tw:subscribe', {channel, from: 'earliest'});
  assert.equal((await first)[0], 'one');
  assert.equal((await live)[0].channel, channel);
  const end = once(socket, 'tw.end');
  await ask(socket, 'tw:publish', {channel, close: true});
  assert.equal((await end)[0].channel, channel);
  const state = once(socket, 'tw.state');
  await ask(socket, 'tw:subscribe', {channel: unique('board'), from: 'state'});
  assert.deepEqual((await state)[0].entries, []);
  const chat = await connected('/', {auth: {token}});
  const key = `p${process.pid}`;
  assert.equal((await ask(chat, 'tw:subscribe', {channel: `chat:${key}*`})).error, undefined);
  const message = once(chat, 'message');
  await ask(chat, 'tw:publish', {channel: `chat:${key}-7`, data: 7});
  const [data, offset] = await message;
  assert.equal(data, 7);
  assert.match(offset, /^tw\.m1\./);
});

test('clients that have upgraded, or do so meanwhile, read a long history to its end', async () => {
  const channel = unique();
  const COUNT = 300;
  const line = JSON.stringify({channel, type: 'note', data: 'x'.repeat(4_000)});
  const answer = await fetch(`${gateway}/v1/events`, {
    method: 'POST', body: Array(COUNT).fill(line).join('\n'), headers: {'Content-Type': 'application/x-ndjson'},
  });
  await answer.text();
  // Several, since the session and its WebSocket share an event loop now and then.
  await Promise.all([...Array(16)].map(async (_, i) => {
    const socket = connect();
    const upgrade = once(socket.io.engine, 'upgrade');
    await once(socket, 'connect');
    if (i % 2) await upgrade;
    const notes = collect(socket, 'note');
    await ask(socket, 'tw:subscribe', {channel, from: 'earliest'});
    await notes.until(COUNT);
  }));
});

test('refusals that last are connect errors with data', async () => {
  const bad = connect('/', {auth: {token: 'nonsense'}});
  const [error] = await once(bad, 'connect_error');
  assert.equal(error.data.code, 'unauthorized');
  const unknown = connect('/nowhere');
  const [invalid] = await once(unknown, 'connect_error');
  assert.equal(invalid.message, 'Invalid namespace');
  const configured = await connected('/calls', {auth: {token}});
  assert.deepEqual(await ask(configured, 'hello there'), {namespace: '/calls', event: 'hello there', args: []});
});

// --- the protocol, by hand ---

const url = (query) => `${hasty}/socket.io/?${query}`;
const polling = (sid) => url(`EIO=4&transport=polling${sid ? `&sid=${sid}` : ''}`);

async function begin() {
  const text = await (await fetch(polling())).text();
  assert.equal(text[0], '0');
  return JSON.parse(text.slice(1));
}

function peer(query) {
  const socket = new WebSocket(url(query).replace('http', 'ws'));
  const messages = [];
  const waiting = [];
  const closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
  socket.on('error', () => {});
  socket.on('message', (data, binary) => {
    const message = binary ? data : data.toString();
    if (waiting.length > 0) waiting.shift()(message);
    else messages.push(message);
  });
  const next = () => (messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve)));
  return {socket, next, closed, send: (data) => socket.send(data), opened: () => new Promise((resolve) => socket.on('open', resolve))};
}

test('requests that are none of the protocol are refused in its own words', async () => {
  for (const [query, code, init] of [
    ['transport=polling', 5],
    ['EIO=3&transport=polling', 5],
    ['EIO=abc&transport=polling', 5],
    ['EIO=4', 0],
    ['EIO=4&transport=abc', 0],
    ['EIO=4&transport=polling&sid=unknown', 1],
    ['EIO=4&transport=websocket', 3],
    ['EIO=4&transport=polling', 2, {method: 'POST', body: '4'}],
    ['EIO=4&transport=polling', 2, {method: 'PUT', body: '4'}],
    ['EIO=4&transport=polling', 2, {method: 'DELETE'}],
    ['EIO=4&transport=polling&sid=unknown', 1, {method: 'POST', body: '4'}],
  ]) {
    const answer = await fetch(url(query), init);
    assert.equal(answer.status, 400, query);
    assert.equal((await answer.json()).code, code, query);
  }
  for (const query of ['EIO=3&transport=websocket', 'EIO=4', 'EIO=4&transport=websocket&sid=unknown']) {
    await peer(query).closed;
  }
});

test('a session opens with what its client has to know, whatever else stands in the query', async () => {
  const {sid, ...rest} = await begin();
  assert.match(sid, /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{20}$/);
  assert.deepEqual(rest, {upgrades: ['websocket'], pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000});
  assert.equal((await fetch(`${polling()}&t=abc&anything=1`)).status, 200);
  const {next, closed} = peer('EIO=4&transport=websocket');
  assert.deepEqual(JSON.parse((await next()).slice(1)).upgrades, []);
  await closed;
});

test('heartbeats: polls and WebSockets are pinged, and end without a pong', async () => {
  const {sid} = await begin();
  for (let i = 0; i < 3; i++) {
    assert.equal(await (await fetch(polling(sid))).text(), '2');
    assert.equal(await (await fetch(polling(sid), {method: 'POST', body: '3'})).text(), 'ok');
  }
  assert.equal(await (await fetch(polling(sid))).text(), '2');
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal((await fetch(polling(sid))).status, 400);
  const {next, send, closed} = peer('EIO=4&transport=websocket');
  await next();
  for (let i = 0; i < 3; i++) {
    assert.equal(await next(), '2');
    send('3');
  }
  assert.equal(await closed, 1000);
});

test('a close by the client ends a session', async () => {
  const {sid} = await begin();
  const poll = fetch(polling(sid));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await fetch(polling(sid), {method: 'POST', body: '1'});
  assert.equal(await (await poll).text(), '6');
  assert.equal((await fetch(polling(sid))).status, 400);
  const {next, send, closed} = peer('EIO=4&transport=websocket');
  await next();
  send('1');
  await closed;
});

test('two polls or a body that is no payload end a session', async () => {
  const {sid} = await begin();
  const polls = await Promise.all([
    fetch(polling(sid)),
    new Promise((resolve) => setTimeout(resolve, 20)).then(() => fetch(`${polling(sid)}&t=2`)),
  ]);
  assert.equal(await polls[0].text(), '1');
  assert.equal(polls[1].status, 400);
  assert.equal((await fetch(polling(sid))).status, 400);
  for (const [init, status] of [
    [{body: 'abc'}, 400],
    [{body: ''}, 400],
    [{body: '4hello\x1e'}, 400],
    [{body: 'b***'}, 400],
    [{body: '40', headers: {'Content-Type': 'application/octet-stream'}}, 400],
    [{body: '4' + 'x'.repeat(1_000_001)}, 413],
  ]) {
    const {sid: one} = await begin();
    assert.equal((await fetch(polling(one), {method: 'POST', ...init})).status, status);
    assert.equal((await fetch(polling(one))).status, 400, JSON.stringify(init).slice(0, 80));
  }
});

test('malformed packets end a session over WebSocket', async () => {
  for (const text of ['abc', '', '2', '4abc', '47', '42{}', '42/other,["x"]', '42', '42["connect"]', '42abc["x"]', '40[]', '41{}',
    '451["x"]', '4599-["x"]', '451-["x",{"_placeholder":true,"num":1}]\x00', '43{}', '40/a,"x"', '4/']) {
    const {next, send, closed} = peer('EIO=4&transport=websocket');
    await next();
    send('40');
    assert.match(await next(), /^40\{"sid"/);
    send(text === '42["x"]' ? '42/other,["x"]' : text);
    await closed;
  }
  for (const messages of [['40', Buffer.of(1)], ['40', '451-["echo",{"_placeholder":true,"num":0}]', '42["echo"]'], [Buffer.of(1)],
    ['40', '451-["echo",{"_placeholder":true,"num":1}]', Buffer.of(1)], ['42["echo"]'], ['40', '40']]) {
    const {next, send, closed} = peer('EIO=4&transport=websocket');
    await next();
    messages.forEach(send);
    await closed;
  }
});

test('without recovery there is no private id, and no offset', async () => {
  const {next, send} = peer(`EIO=4&transport=websocket&access_token=${token}`);
  await next();
  send('40');
  const message = async () => {
    let text = await next();
    for (; text === '2'; text = await next()) send('3');
    return text;
  };
  assert.deepEqual(Object.keys(JSON.parse((await message()).slice(2))), ['sid']);
  send('42["push",0]');
  assert.equal(await message(), '42["note",1]');
  const channel = unique();
  send(`427["tw:subscribe",{"channel":"${channel}"}]`);
  assert.match(await message(), /^437\[\{/);
  send(`42["tw:publish",{"channel":"${channel}","data":"x"}]`);
  let text = await message();
  for (; text.startsWith('42["tw.live"'); text = await message());
  assert.equal(text, '42["message","x"]');
});

test('a body has text and bytes, and so has a poll', async () => {
  // Without haste: a session that misses a pong is over.
  const polls = `${gateway}/socket.io/?EIO=4&transport=polling`;
  const poll = async (sid, init) => {
    const answer = await fetch(`${polls}&sid=${sid}`, init);
    assert.equal(answer.status, 200);
    return answer.text();
  };
  const {sid} = JSON.parse((await (await fetch(`${polls}&access_token=${token}`)).text()).slice(1));
  await poll(sid, {method: 'POST', body: '40'});
  assert.match(await poll(sid), /^40\{/);
  const body = '451-8["echo",{"_placeholder":true,"num":0}]\x1ebAQID\r\nBA==\n';
  assert.equal(await poll(sid, {method: 'POST', body}), 'ok');
  let text = '';
  while (text.split('\x1e').length < 2) text += (text ? '\x1e' : '') + (await poll(sid));
  assert.equal(text, '461-8[{"_placeholder":true,"num":0}]\x1ebAQIDBA==');
});

test('a poll beside the packet that ends an upgrade does not end the session', async () => {
  const {sid} = await begin();
  const {next, send, opened} = peer(`EIO=4&transport=websocket&sid=${sid}`);
  await opened();
  send('2probe');
  assert.equal(await next(), '3probe');
  const poll = fetch(polling(sid));
  send('5');
  assert.ok([200, 400].includes((await poll).status));
  send('40');
  let text = await next();
  for (; text === '2'; text = await next()) send('3');
  assert.match(text, /^40\{/);
});

test('an upgrade: probe, noop, upgrade; the polls of the session are over', async () => {
  const {sid} = await begin();
  await fetch(polling(sid), {method: 'POST', body: '40'});
  const {next, send, opened} = peer(`EIO=4&transport=websocket&sid=${sid}`);
  await opened();
  send('2probe');
  assert.equal(await next(), '3probe');
  const text = await (await fetch(polling(sid))).text();
  assert.match(text, /^(40\{"sid":.*|6)$/);
  assert.match(await (await fetch(polling(sid))).text(), /^(6|2)$/);
  send('5');
  send('42["tw:unsubscribe",{"channel":"demo:x"}]');
  send('427["tw:unsubscribe",{"channel":"demo:x"}]');
  let answer = await next();
  while (answer === '2') answer = await next();
  assert.equal(answer, '437[{}]');
  assert.equal((await fetch(polling(sid))).status, 400);
  await peer(`EIO=4&transport=websocket&sid=${sid}`).closed;
  send('428["tw:unsubscribe",{"channel":"demo:x"}]');
  while ((answer = await next()) === '2') send('3');
  assert.equal(answer, '438[{}]');
});

test('a WebSocket that does not prove itself leaves the polls as they are', async () => {
  const {sid} = await begin();
  const {send, opened, closed} = peer(`EIO=4&transport=websocket&sid=${sid}`);
  await opened();
  send('42["x"]');
  await closed;
  assert.equal(await (await fetch(polling(sid))).text(), '2');
});

test('a client that connects to no namespace is sent away', async () => {
  const {next, closed, send} = peer('EIO=4&transport=websocket');
  await next();
  const pinged = (async () => {
    while ((await next()) === '2') send('3');
  })();
  await Promise.race([closed, pinged]);
  await closed;
});
