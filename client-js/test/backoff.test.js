import assert from 'node:assert/strict';
import {test} from 'node:test';
import {backoff, ceiling} from '../src/backoff.js';

const bounds = {min: 500, max: 30_000};

test('the wait is anywhere from nothing to a bound that doubles', () => {
  assert.equal(backoff(0, bounds, 0), 0);
  assert.equal(backoff(0, bounds, 0.5), 250);
  assert.equal(backoff(3, bounds, 0.5), 2_000);
  assert.equal(ceiling(5, bounds), 16_000);
});

test('the bound never exceeds the greatest, however many attempts there were', () => {
  for (const attempt of [6, 7, 31, 32, 1_000, 1e9]) assert.equal(ceiling(attempt, bounds), 30_000);
});

test('the server may ask for more, and is not asked earlier', () => {
  assert.equal(backoff(0, bounds, 0.5, 1_375), 1_375);
  assert.equal(backoff(9, bounds, 0.5, 1_375), 15_000);
});
