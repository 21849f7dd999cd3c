import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Credentials} from '../src/credentials.js';

const token = (claims) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;

test('a token is asked for once, and again shortly before it expires', async () => {
  let now = 1_000_000;
  const whys = [];
  const credentials = new Credentials({
    getToken: async (why) => {
      whys.push(why);
      return token({sub: 'alice', exp: now / 1000 + 3600});
    },
  }, {now: () => now});
  await Promise.all([credentials.current(), credentials.current()]);
  assert.equal(credentials.subject, 'alice');
  now += 3_500_000;
  await credentials.current();
  now += 80_000;
  await credentials.current();
  assert.deepEqual(whys, ['connect', 'expiring']);
});

test('a wrong clock does not ask for a token with each request', async () => {
  let asked = 0;
  const credentials = new Credentials({getToken: () => token({exp: ++asked})}, {now: () => 1e12});
  for (let i = 0; i < 5; i++) await credentials.current();
  assert.equal(asked, 1);
});

test('a token that cannot be read has no subject and no end', async () => {
  const credentials = new Credentials({token: 'opaque'}, {now: () => 0});
  assert.equal(await credentials.current(), 'opaque');
  assert.equal(credentials.subject, 'anonymous');
});
