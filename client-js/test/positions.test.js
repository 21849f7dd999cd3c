import assert from 'node:assert/strict';
import {test} from 'node:test';
import {covers, mark} from '../src/positions.js';

test('a position is an epoch and an offset, and the first hyphen parts them', () => {
  assert.deepEqual(mark('k3Zq-1042'), {text: 'k3Zq-1042', epoch: 'k3Zq', offset: 1042});
  assert.deepEqual(mark('k3Zq--1'), {text: 'k3Zq--1', epoch: 'k3Zq', offset: -1});
});

test('a position of several channels is kept as it is, and covers nothing', () => {
  const several = mark('m1.ab-12_x');
  assert.equal(several.text, 'm1.ab-12_x');
  assert.equal(covers(several, mark('k3Zq-0')), false);
  assert.equal(covers(mark('k3Zq-0'), several), false);
});

test('a reader covers what is at or before its position in the same log only', () => {
  assert.equal(covers(mark('a-5'), mark('a-5')), true);
  assert.equal(covers(mark('a-5'), mark('a-4')), true);
  assert.equal(covers(mark('a-5'), mark('a-6')), false);
  assert.equal(covers(mark('a-5'), mark('b-4')), false);
});
