import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createClient} from '../src/index.js';
import {Gateway, until} from './gateway.js';

const open = (gateway, more) => createClient({...gateway.options, transport: 'websocket', backoff: {min: 1, max: 5}, timeout: 30_000, ...more});
const framesOf = (gateway, what) => gateway.asked.flatMap((frame) => frame[what] ?? []);
const called = (gateway, n) => until(() => gateway.calls.size === n);

/** A client that reads some channels and has made some calls, of which none has an answer. */
async function busy(t, more = {}, calls = [['a.b', 1], ['a.b', 2, {key: 'k'}]]) {
  const gateway = new Gateway();
  gateway.isAnonymous = 'token' in more;
  const client = open(gateway, more), got = [];
  t.after(() => client.close());
  for (const name of ['demo:a', 'demo:b', 'orders:*']) {
    const subscription = client.channel(name).subscribe((event) => void got.push(event.data));
    await new Promise((resolve) => subscription.on('live', resolve));
  }
  const results = calls.map((call) => client.call(...call));
  for (const result of results) result.catch(() => {});
  await called(gateway, calls.length);
  return {gateway, client, got, results, ids: [...gateway.calls.keys()]};
}

for (const more of [{}, {token: 'of alice'}]) {
  test(`a session goes on, ${more.token ? 'with a token' : 'without a token'}: calls have their answers, and one frame resumes all`, async (t) => {
    const {gateway, client, got, results, ids} = await busy(t, more), before = framesOf(gateway, 'subscribe').length;
    gateway.cut();
    gateway.publish({channel: 'demo:a', data: 1});
    gateway.publish({channel: 'orders:1', data: 2});
    await until(() => got.length === 2);
    gateway.publish({channel: 'demo:b', data: 3});
    await until(() => got.length === 3);
    assert.deepEqual(got.sort(), [1, 2, 3]);
    assert.equal(framesOf(gateway, 'subscribe').length, before);
    const [resume] = framesOf(gateway, 'resume');
    assert.deepEqual(resume.subscriptions.map(({channel}) => channel), ['demo:a', 'demo:b', 'orders:*']);
    assert.equal(framesOf(gateway, 'call').length, 2, 'nothing was called twice');
    for (const id of ids) gateway.settle(id, {result: {data: id}});
    assert.deepEqual(await Promise.all(results), ids);
    const last = client.call('a.c');
    await called(gateway, 1);
    const [id] = gateway.calls.keys();
    assert.ok(id > Math.max(...ids), 'ids go on counting');
    gateway.settle(id, {error: {code: 'not_found', message: 'no such method', retry: false}});
    await assert.rejects(last, {code: 'not_found'});
  });

  test(`a session is lost, ${more.token ? 'with a token' : 'without a token'}: calls with a key are made again, others fail`, async (t) => {
    const {gateway, got, results: [unkeyed, keyed]} = await busy(t, more);
    gateway.sessions.clear();
    gateway.calls.clear();
    gateway.cut();
    await assert.rejects(unkeyed, {code: 'unavailable', retry: true});
    await called(gateway, 1);
    const [[id, call]] = gateway.calls;
    assert.deepEqual([call.data, call.key], [2, 'k']);
    gateway.settle(id, {result: {data: 'done'}});
    assert.equal(await keyed, 'done');
    gateway.publish({channel: 'demo:b', data: 1});
    await until(() => got.length === 1);
    assert.equal(framesOf(gateway, 'resume').length, 0);
    // The new session is kept as well.
    gateway.cut();
    gateway.publish({channel: 'demo:b', data: 2});
    await until(() => got.length === 2);
    assert.equal(framesOf(gateway, 'resume').length, 1);
  });
}

test('what cannot be resumed is asked for alone, and told whether it may be asked for again', async (t) => {
  const {gateway, client, got} = await busy(t, {}, []), errors = [];
  const subscription = client.channel('demo:c').subscribe((event) => void got.push(event.data));
  subscription.on('error', ({code}) => errors.push(code));
  await new Promise((resolve) => subscription.on('live', resolve));
  gateway.refused.set('demo:b', {code: 'unavailable', message: 'later', retry: true});
  gateway.refused.set('demo:c', {code: 'forbidden', message: 'no', retry: false});
  gateway.cut();
  await until(() => errors.length);
  gateway.refused.delete('demo:b');
  gateway.publish({channel: 'demo:b', data: 1});
  gateway.publish({channel: 'demo:a', data: 2});
  await until(() => got.length === 2);
  assert.deepEqual([errors, got.sort()], [['forbidden'], [1, 2]]);
});

test('a call has its deadline while there is no connection', async (t) => {
  const {gateway, client} = await busy(t, {}, []);
  const result = client.call('a.b', 1, {timeout: 50});
  result.catch(() => {});
  await called(gateway, 1);
  gateway.online = false;
  gateway.cut();
  await assert.rejects(result, {code: 'timeout', retry: true});
});

test('a client whose session is on a newer connection does not come back', async (t) => {
  const {gateway, client, results} = await busy(t), errors = [];
  client.on('error', ({code}) => errors.push(code));
  for (const socket of gateway.sockets) socket.end(4409, 'a newer connection');
  await until(() => client.state === 'closed');
  assert.equal(gateway.sockets.size, 0);
  await assert.rejects(results[0], {code: 'unavailable'});
});
