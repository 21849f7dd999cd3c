import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createClient} from '../src/index.js';
import {createPool} from '../src/parts/pool.js';
import {Gateway, until} from './gateway.js';

const pool = (options) => {
  const gateway = new Gateway(), made = [];
  return {made, pool: createPool(() => {
    made.push(createClient({...gateway.options, transport: 'websocket'}));
    return made.at(-1);
  }, options)};
};

test('no more clients are made than may be, and whoever waits gets one that is released', async () => {
  const {made, pool: two} = pool({max: 2});
  const [a, b] = await Promise.all([two.acquire(), two.acquire()]);
  assert.notEqual(a, b);
  const third = two.acquire();
  two.release(a);
  assert.equal(await third, a);
  assert.deepEqual([two.used, two.free, made.length], [2, 0, 2]);
  two.release(a);
  two.release(a);
  two.release(b);
  assert.deepEqual([two.used, two.free], [0, 2]);
  await two.close();
  assert.deepEqual(made.map(({state}) => state), ['closed', 'closed']);
  await assert.rejects(two.acquire(), {code: 'closed'});
});

test('a client that is closed is replaced, also for those that wait', async (t) => {
  const {made, pool: one} = pool({max: 1});
  t.after(() => one.close());
  const broken = await one.acquire(), next = one.acquire();
  await broken.close();
  assert.notEqual(await next, broken);
  one.release(broken);
  assert.equal(made.length, 2);
  one.release(made[1]);
  await made[1].close();
  await one.use((client) => assert.equal(client, made[2]));
});

test('a client that nobody uses is closed after a while', async (t) => {
  const {made, pool: brief} = pool({idle: 5});
  t.after(() => brief.close());
  await brief.use(() => {});
  await until(() => brief.free === 0 && made[0].state === 'closed');
});

test('whoever waits too long, or in too long a queue, is told', async (t) => {
  const {pool: one} = pool({max: 1, timeout: 10, waiting: 1});
  t.after(() => one.close());
  await one.acquire();
  const late = one.acquire();
  await assert.rejects(one.acquire(), {code: 'pool_full', retry: true});
  await assert.rejects(late, {code: 'timeout', retry: true});
});
