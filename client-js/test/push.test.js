import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createClient} from '../src/index.js';
import {Gateway, until} from './gateway.js';

const live = (subscription) => new Promise((resolve) => subscription.on('live', resolve));

for (const transport of ['websocket', 'sse']) {
  test(`over ${transport}, the client tells each push once`, async (t) => {
    const gateway = new Gateway(), client = createClient({...gateway.options, transport, token: 'of alice', backoff: {min: 1, max: 5}}), told = [];
    t.after(() => client.close());
    // More than one event stream can have.
    for (let n = 0; n < 33; n++) await live(client.channel(`demo:${n}`).subscribe(() => {}));
    assert.ok(!gateway.asked.some((one) => /push=true/.test(String(one))), 'nobody listens yet');
    client.on('push', (push) => told.push(push));
    await until(() => transport === 'websocket' || gateway.asked.some((one) => /push=true/.test(String(one))));
    await until(() => {
      gateway.push({type: 'ready', data: null});
      return told.length;
    });
    told.length = 0;
    gateway.push({type: 'seat', data: {seat: 'B4'}});
    gateway.push({type: 'bytes', data: 'AQI=', encoding: 'base64'});
    await until(() => told.length === 2);
    assert.deepEqual(told[0], {type: 'seat', data: {seat: 'B4'}});
    assert.deepEqual(told[1].data, Uint8Array.of(1, 2));
    gateway.cut();
    await until(() => gateway.sockets.size + gateway.streams.size);
    await until(() => {
      gateway.push({type: 'after'});
      return told.length > 2;
    });
    assert.equal(told[2].type, 'after');
  });
}
