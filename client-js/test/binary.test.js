import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createClient} from '../src/index.js';
import {packed, protobufFrames} from '../src/parts/binary.js';
import {Gateway} from './gateway.js';

const hex = (bytes) => Buffer.from(bytes).toString('hex');

test('a frame is encoded as protobuf encodes it', () => {
  const {encode} = protobufFrames();
  assert.equal(hex(encode({id: 300, ping: {}})), '08ac023a00');
  assert.equal(hex(encode({id: 1, subscribe: {channel: 'a:ü', from: 'latest'}})), '08011a0e0a04613ac3bc1a066c6174657374');
  assert.equal(hex(encode({id: 2, publish: {channel: 'a:b', data: {n: 1}, key: 'k'}})), '080222110a03613a621a077b226e223a317d2a016b');
});

test('a list and an ack are encoded, and what a pattern brings is decoded', () => {
  const {encode, decode} = protobufFrames();
  assert.equal(hex(encode({id: 1, subscribe: {channel: 'a:*', types: ['b', 'c']}})), '08011a0b0a03613a2a220162220163');
  assert.equal(hex(encode({id: 1, ack: {channel: 'a:b', position: 'k-1'}})), '0801420a0a03613a6212036b2d31');
  const field = (number, content) => Buffer.concat([Buffer.from([number * 8 + 2, content.length]), Buffer.from(content)]);
  const from = (bytes) => decode(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const event = field(1, Buffer.concat([field(1, 'k-1'), field(2, 'a:b'), field(7, '1')]));
  assert.deepEqual(from(Buffer.from(field(10, Buffer.concat([event, field(2, 'a:*'), field(3, 'p1.A')])))),
    {events: [{id: 'k-1', channel: 'a:b', ts_ms: 0, data: 1}], pattern: 'a:*', position: 'p1.A'});
  assert.deepEqual(from(Buffer.from(field(9, Buffer.concat([field(1, 'conflict'), field(4, 'if'), field(5, '{"data":1}')])))),
    {error: {code: 'conflict', reason: 'if', current: {data: 1}}});
});

test('events of JSON and of bytes are decoded, and unknown fields are passed over', () => {
  const event = Buffer.concat([Buffer.from('0a03612d31', 'hex'), Buffer.from('1203613a62', 'hex'), Buffer.from('30ffffffffff1f', 'hex'), Buffer.from('3a0131', 'hex'), Buffer.from('a2063d', 'hex'), Buffer.alloc(0x3d)]);
  const bytes = Buffer.concat([Buffer.from('0a03612d32', 'hex'), Buffer.from('1203613a62', 'hex'), Buffer.from('3a0200ff', 'hex'), Buffer.from('4001', 'hex')]);
  const list = Buffer.concat([event, bytes].map((one) => Buffer.concat([Buffer.from([0x0a, one.length]), one])));
  const frame = Buffer.concat([Buffer.from([0x52, list.length]), list]);
  const {events} = protobufFrames().decode(frame.buffer.slice(frame.byteOffset, frame.byteOffset + frame.length));
  assert.deepEqual(events, [
    {id: 'a-1', channel: 'a:b', ts_ms: 0xffffffffff, data: 1},
    {id: 'a-2', channel: 'a:b', ts_ms: 0, data: 'AP8=', encoding: 'base64'},
  ]);
});

test('an answer whose fields have their defaults is still that answer', () => {
  assert.deepEqual(protobufFrames().decode(new Uint8Array([0x08, 7, 0x3a, 5, 0x0a, 3, 0x61, 0x2d, 0x31]).buffer), {id: 7, published: {id: 'a-1', duplicate: false}});
});

test('events are packed by their size, in order, and every reader gets what was published', async (t) => {
  const gateway = new Gateway(), client = createClient({...gateway.options, transport: 'websocket'});
  t.after(() => client.close());
  const channel = packed(client.channel('demo:packed')), got = [];
  const long = (n) => ({text: 'ü'.repeat(n), list: [1, -1.5, 2 ** 40, null, true, {deep: []}]});
  const sent = [long(20_000), {small: 1}, long(600), new Uint8Array([0xc1, 1, 2]), new Uint8Array([7]), 'x'.repeat(5_000), null, 0];
  const live = channel.subscribe((event) => void got.push(event.data));
  await new Promise((resolve) => live.on('live', resolve));
  const published = await Promise.all(sent.map((data) => channel.publish(data)));
  const iterated = [];
  for await (const {data} of channel.events({after: 'k--1'})) if (iterated.push(data) === sent.length) break;
  assert.deepEqual(iterated, sent);
  assert.deepEqual(got, sent);
  assert.deepEqual(published.map(({id}) => id), sent.map((_, n) => `k-${n}`), 'in the order of the calls');
  const sizes = gateway.log.map(({data}) => (typeof data === 'string' ? data.length : JSON.stringify(data).length));
  assert.ok(sizes[0] < 1_000 && sizes[2] < 1_800, sizes.join());
  assert.deepEqual(gateway.log[1].data, {small: 1});
});

test('a compressed event that would fill the memory is refused', async (t) => {
  const gateway = new Gateway(), client = createClient({...gateway.options, transport: 'websocket'});
  t.after(() => client.close());
  const channel = packed(client.channel('demo:bomb'));
  await channel.publish('0'.repeat(17 * 1024 * 1024));
  await assert.rejects(channel.events({after: 'k--1'}).next(), {code: 'too_large'});
});
