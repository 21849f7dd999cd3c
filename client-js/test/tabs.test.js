import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createSharedClient} from '../src/parts/tabs.js';
import {Gateway, until} from './gateway.js';

/** Web Locks, as far as tabs use them. */
class Locks {
  #held = new Set();
  #waiting = [];

  request(name, {signal}, f) {
    return new Promise((resolve, reject) => {
      const run = async () => {
        this.#held.add(name);
        resolve(await f());
        this.#held.delete(name);
        this.#waiting.shift()?.();
      };
      if (!this.#held.has(name)) return run();
      this.#waiting.push(run);
      signal?.addEventListener('abort', () => {
        this.#waiting = this.#waiting.filter((one) => one !== run);
        reject(new Error('aborted'));
      });
    });
  }
}

const navigator = {locks: new Locks()};
Object.defineProperty(globalThis, 'navigator', {value: navigator, configurable: true});

const live = (subscription) => new Promise((resolve) => subscription.on('live', resolve));

test('a tab that takes over in the middle of the events of a pattern gets none of them twice', async (t) => {
  const gateway = new Gateway(), options = {...gateway.options, transport: 'websocket', backoff: {min: 1, max: 5}}, got = [];
  const leader = createSharedClient(options);
  await live(leader.channel('orders:*').subscribe(() => {}));
  const follower = createSharedClient(options);
  t.after(() => Promise.all([leader.close(), follower.close()]));
  await live(follower.channel('orders:*').subscribe((event) => {
    got.push(event.data);
    if (event.data === 2) leader.close();
  }, {types: ['message']}));
  assert.equal(gateway.sockets.size, 2, 'two readers of a pattern have a connection each, of one tab');
  gateway.batch(() => {
    for (let n = 0; n < 10; n++) gateway.publish({channel: `orders:${n % 3}`, data: n, type: n === 5 ? 'other' : 'message'});
  });
  await until(() => got.includes(9));
  gateway.publish({channel: 'orders:0', data: 10});
  await until(() => got.includes(10));
  assert.deepEqual(got, [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]);
});

test('a push is told in each tab', async (t) => {
  const gateway = new Gateway(), options = {...gateway.options, transport: 'sse', backoff: {min: 1, max: 5}}, told = [];
  const tabs = [createSharedClient(options), createSharedClient(options)];
  t.after(() => Promise.all(tabs.map((tab) => tab.close())));
  for (const [n, tab] of tabs.entries()) {
    tab.on('push', ({data}) => told.push(`${n} ${data}`));
    await live(tab.channel('demo:a').subscribe(() => {}));
  }
  assert.equal(gateway.streams.size, 1);
  gateway.push({type: 'seat', data: 'B4'});
  await until(() => told.length === 2);
  assert.deepEqual(told.sort(), ['0 B4', '1 B4']);
});
