// The parts of our client against a gateway. Each check throws with a reason; "done" is the last line.
import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
import {isDeepStrictEqual} from 'node:util';
import {WebSocket} from 'ws';

const [dist, url, name] = process.argv.slice(2);
const {createClient, TailwaterError} = await import(`${dist}client.js`);
const {createAnswer, resumeAnswer} = await import(`${dist}client/ai.js`);
const {packed, protobufFrames} = await import(`${dist}client/binary.js`);
const {presence, typing} = await import(`${dist}client/presence.js`);
const {stateMap} = await import(`${dist}client/state.js`);
const {observe} = await import(`${dist}client/diagnostics.js`);

/** Waits until a check passes, up to 40 s. */
async function until(check) {
  for (const end = Date.now() + 40_000; !(await check()); ) {
    assert.ok(Date.now() < end, `never: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A token for an hour, as an application makes it. */
function token(sub, more = {}) {
  const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url'), now = Math.floor(Date.now() / 1000);
  const content = `${part({alg: 'HS256', typ: 'JWT'})}.${part({sub, iat: now, exp: now + 3600, tw: {subscribe: ['demo:*', 'board:*', 'chat:*', 'typing:*'], publish: ['demo:*', 'board:*', 'chat:*', 'typing:*', 'ai:*'], call: ['chat.*', 'none.*'], ...more}})}`;
  return `${content}.${createHmac('sha256', Buffer.from(process.env.KEY, 'base64url')).update(content).digest('base64url')}`;
}

/** The first events of a subscription. */
async function first(count, channel, options) {
  const events = [];
  for await (const event of channel.events(options)) if (events.push(event) === count) break;
  return events;
}

const other = createClient({url, WebSocket, token: token('other')});

/** Two clients write the state of a channel. */
async function states(client, transport) {
  const board = `board:${name} ${transport}`, ours = stateMap(client.channel(board)), theirs = stateMap(other.channel(board), {conflict: 'mine'});
  await Promise.all([ours.ready, theirs.ready]);
  const bytes = new Uint8Array([9, 255]);
  ours.put('a', {x: 1});
  assert.deepEqual(ours.get('a'), {x: 1}, 'at once');
  await Promise.all([ours.put('a', {x: 2}), ours.put('bytes', bytes), ours.add('n', 5), theirs.add('n', 2), ours.include('set', 'b', {k: 1}), theirs.include('set', 'a', 'b')]);
  await until(() => theirs.get('a')?.x === 2 && theirs.get('n') === 7 && ours.get('n') === 7 && ours.get('set')?.length === 3);
  await Promise.all([theirs.put('a', {x: 3}), ours.exclude('set', 'b')]);
  const conflicts = [];
  ours.on('conflict', ({mine, theirs: now}) => conflicts.push([mine, now]));
  if (ours.get('a').x === 2) await ours.put('a', {x: 4}).catch(({code}) => assert.equal(code, 'conflict'));
  await until(() => ours.get('a').x === theirs.get('a').x && theirs.get('set')?.length === 2);
  const before = JSON.parse(JSON.stringify(ours));
  ours.close();
  await theirs.delete('bytes');
  const again = stateMap(client.channel(board), {stored: before, conflict: (mine, now, base) => ({x: `${mine?.x} ${now?.x} ${base?.x}`})});
  await until(() => !again.has('bytes'));
  assert.deepEqual(Object.fromEntries(again), Object.fromEntries(theirs), 'what was stored, and what has changed since');
  const was = again.get('a').x;
  await Promise.all([theirs.put('a', {x: 'their'}), again.put('a', {x: 'mine'})]);
  await until(() => again.get('a').x === theirs.get('a').x);
  assert.ok(['their', 'mine', `mine their ${was}`].includes(again.get('a').x), again.get('a').x);
  // The event-core that answers may be a moment behind the one that the clients heard.
  await until(async () => {
    const answer = await fetch(`${url}/v1/state?channel=${encodeURIComponent(board)}`);
    const {entries} = await answer.json();
    return isDeepStrictEqual(entries.map(({entry, data}) => [entry, data]), [...again]);
  });
  again.close();
  theirs.close();
}

/** Two clients see each other in a channel, and when they type. */
async function people(client, transport) {
  const room = `chat:${name} people ${transport}`, polls = transport.endsWith('poll');
  const ours = presence(client.channel(room), {present: true}), theirs = presence(other.channel(room), {present: {info: {n: 1}}});
  await Promise.all([ours.ready, theirs.ready]);
  await until(() => ours.members.get('other')?.info?.n === 1 && theirs.members.has('client') && ours.count === 2);
  assert.deepEqual([ours.listed, theirs.listed], [true, true]);
  // In the first 15 s of a Redis, nobody knows who has left.
  await until(() => !ours.stale && !theirs.stale);
  await ours.update({away: true});
  await until(() => theirs.members.get('client')?.info?.away);
  const page = await ours.page({limit: 1}), next = await ours.page({limit: 1, after: page.next});
  assert.deepEqual([page.count, ...[...page.members, ...next.members].map(({subject}) => subject)], [2, 'client', 'other']);

  const mine = typing(client.channel(room), {info: {name: 'C'}}), seen = typing(other.channel(room));
  await until(() => mine.start() ?? seen.who.length === 1);
  assert.deepEqual(seen.who, [{by: 'client', info: {name: 'C'}}]);
  mine.stop();
  await until(() => seen.who.length === 0);
  if (!polls) await until(() => seen.start() ?? mine.who.length === 1);
  assert.deepEqual(mine.who, polls ? [] : [{by: 'other', info: {}}]);
  mine.close();
  seen.close();
  ours.close();
  await until(() => !theirs.members.has('client'));
  theirs.close();

  const counted = presence(client.channel(`board:${name} people ${transport}`), {present: true});
  await until(() => counted.count === 1 && !counted.listed);
  counted.close();
  const none = presence(client.channel(`demo:${name}`));
  none.on('error', () => {});
  await assert.rejects(none.ready, {code: 'invalid_request'});
}

for (const transport of ['websocket', 'sse', 'long-poll', 'short-poll', 'auto', 'protobuf']) {
  const binary = transport === 'protobuf';
  const client = createClient({url, WebSocket, token: token('client'), transport: binary ? 'websocket' : transport, ...(binary && {frames: protobufFrames()})});
  const diagnostics = observe(client);
  const channel = client.channel(`demo:${name} ü ${transport}`), got = [], optimistic = [];
  const subscription = channel.subscribe((event) => (event.optimistic ? optimistic : got).push(event));
  await new Promise((resolve) => subscription.on('live', resolve));

  const sent = [{n: [1.5, null], s: 'ü–😀'}, 'text', 7, new Uint8Array([0, 1, 255]), 'x'.repeat(100_000)];
  const published = await Promise.all(sent.map((data, i) => channel.publish(data, {key: `ü${i}`, type: 'made', optimistic: i === 0})));
  await until(() => got.length === sent.length);
  assert.deepEqual(got.map(({data}) => data), sent, 'in order, as they were');
  assert.deepEqual(got.map(({id}) => id), published.map(({id}) => id));
  assert.deepEqual(optimistic.map(({key, id}) => [key, id]), [['ü0', undefined]]);
  assert.equal(got[0].key, 'ü0');
  assert.equal((await channel.publish('again', {key: 'ü1'})).duplicate, true, 'a key counts once');

  const after = await first(3, channel, {after: published[1].id, types: ['made']});
  assert.deepEqual(after.map(({id}) => id), published.slice(2).map(({id}) => id), 'from a position on, as an iterator');
  const newest = await channel.history({limit: 2}), older = await channel.history({before: newest.previous, limit: 10});
  assert.deepEqual([...older.events, ...newest.events].map(({id}) => id), published.map(({id}) => id));
  assert.equal(older.previous, undefined);

  const beside = `${channel.name} beside`;
  await other.channel(beside).publish('beside', {type: 'other'});
  const pattern = client.channel(`${channel.name}*`), all = await first(6, pattern, {from: 'earliest'});
  assert.deepEqual(all.filter((event) => event.channel === channel.name).map(({data}) => data), sent, 'in order by channel');
  assert.deepEqual(all.filter((event) => event.channel !== channel.name).map(({data}) => data), ['beside']);
  const some = [];
  const ofPattern = pattern.subscribe((event) => some.push(event.data), {from: 'earliest', types: ['other']});
  await new Promise((resolve) => ofPattern.on('live', resolve));
  assert.match(ofPattern.position, /^p1\./);
  await other.channel(beside).publish('more', {type: 'other'});
  await until(() => some.length === 2);
  assert.deepEqual(some, ['beside', 'more']);
  ofPattern.unsubscribe();

  await channel.ack(published[2].id);
  assert.deepEqual((await first(2, channel, {from: 'ack'})).map(({id}) => id), published.slice(3).map(({id}) => id));
  assert.equal(await channel.unread(), 0, 'its own events are read');
  await other.channel(channel.name).publish('unread');
  await until(() => got.length === sent.length + 1);
  assert.equal(await channel.unread(), 1);
  await channel.ack();
  assert.equal(await channel.unread(), 0);

  await states(client, transport);
  await people(client, transport);

  const box = packed(client.channel(`demo:${name} packed ${transport}`)), large = {text: 'ü'.repeat(9_000), list: Array(2_000).fill(1.5)};
  await Promise.all([box.publish(large), box.publish({small: 1})]);
  assert.deepEqual((await box.history()).events.map(({data}) => data), [large, {small: 1}]);

  const refused = await new Promise((resolve) => client.channel('nowhere:a').subscribe(() => {}).on('error', resolve));
  assert.ok(refused instanceof TailwaterError && refused.code === 'not_found' && !refused.retry, String(refused));
  await assert.rejects(client.channel('nowhere:a').publish(1), {code: 'not_found'});
  await assert.rejects(client.call('none.none'), {code: 'not_found'});
  const room = `chat:${name} ${transport}`, said = await client.call('chat.send', {room, text: 'hi'}, {key: `said ${transport}`, timeout: 20_000});
  assert.equal((await client.channel(room).history({limit: 1})).events[0].id, said.id);
  await assert.rejects(client.call('chat.send', {room}), ({code, details}) => code === 'invalid_request' && details.length > 0);
  await assert.rejects(client.channel('demo:a').publish(1, {signal: AbortSignal.abort()}), {code: 'aborted'});

  const answer = await createAnswer(client, {prompt: 'hi', max_tokens: 40});
  let text = '';
  for await (const piece of answer) text += piece;
  const {finish_reason: reason, usage} = await answer.finished;
  assert.equal(text, answer.text);
  assert.deepEqual([answer.status, reason, usage.completion_tokens], ['finished', 'length', 40]);
  const again = await resumeAnswer(client, answer.id);
  await again.finished;
  assert.equal(again.text, text, 'the same text again');
  const stopped = await createAnswer(client, {prompt: 'long', max_tokens: 30_000});
  await until(() => stopped.text);
  await stopped.stop();
  assert.equal((await stopped.finished).finish_reason, 'cancelled');

  const {state, received_bytes: count} = diagnostics.snapshot();
  assert.equal(state, 'live');
  if (transport !== 'long-poll' && transport !== 'short-poll') assert.ok(count > 100_000, `${count} bytes`);
  assert.match(diagnostics.report(), /^State: live/);
  await client.close();
  assert.equal(client.state, 'closed');
  await assert.rejects(channel.publish(1), {code: 'closed'});
  console.log(transport);
}
await other.close();

// A revoked token: the page is asked for another one, and without another one the client says so and ends.
await Promise.all(['websocket', 'sse', 'long-poll'].map(async (transport) => {
  const subject = `revoked ${name} ${transport}`, whys = [], got = [], errors = [];
  let skipped = 0;
  const clock = {now: () => Date.now() + skipped, random: Math.random, setTimeout, clearTimeout};
  const options = {url, WebSocket, transport, clock, backoff: {min: 50, max: 500}};
  const renewed = createClient({...options, getToken: (why) => whys.push(why) && token(subject)});
  const fixed = createClient({...options, token: token(subject)});
  fixed.on('error', ({code}) => errors.push(code));
  const channel = renewed.channel(`demo:${subject}`), subscription = channel.subscribe((event) => got.push(event.data));
  const ended = fixed.channel(`demo:${subject}`).subscribe(() => {});
  ended.on('error', () => {});
  await Promise.all([subscription, ended].map((one) => new Promise((resolve) => one.on('live', resolve))));
  // A token that was asked for a moment ago is not replaced.
  skipped = 10_000;
  const admin = token('admin', {call: ['admin.revocations']});
  const revoked = await fetch(`${url}/v1/admin/revocations`, {
    method: 'POST', headers: {Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json'}, body: JSON.stringify({subject, for_s: 600}),
  });
  assert.equal(revoked.status, 200);
  await until(() => fixed.state === 'closed');
  assert.deepEqual(errors, ['token_revoked'], transport);
  await channel.publish('after');
  await until(() => got.includes('after'));
  assert.ok(whys.includes('expired'), whys.join());
  await renewed.close();
}));
console.log('done');
