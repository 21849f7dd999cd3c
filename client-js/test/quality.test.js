import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Quality} from '../src/quality.js';

test('three failed connects in a minute are bad, and spread over more they are not', () => {
  const quality = new Quality(0);
  for (const at of [0, 20_000, 59_999]) quality.failed(at);
  assert.equal(quality.bad(59_999), '3 connects failed');
  assert.equal(quality.bad(60_001), '');
});

test('failures that were not the transport’s are forgiven', () => {
  const quality = new Quality(0);
  for (const at of [0, 1, 2]) quality.failed(at);
  quality.forgive();
  assert.equal(quality.bad(3), '');
});

test('a median round trip above a second is bad, one slow ping is not', () => {
  const quality = new Quality(0);
  quality.pinged(0, 1_500);
  assert.equal(quality.bad(0), '');
  for (const ms of [40, 1_200]) quality.pinged(1, ms);
  assert.equal(quality.bad(1), 'round trip 1200 ms');
  for (const ms of [40, 40]) quality.pinged(2, ms);
  assert.equal(quality.bad(2), '');
});

test('more than one of the last twenty pings without an answer is bad', () => {
  const quality = new Quality(0);
  for (let i = 0; i < 19; i++) quality.pinged(i, 20);
  quality.pinged(19, null);
  assert.equal(quality.bad(19), '');
  quality.pinged(20, null);
  assert.equal(quality.bad(20), '2 of 20 pings lost');
  for (let i = 0; i < 19; i++) quality.pinged(21 + i, 20);
  assert.equal(quality.bad(40), '');
});

test('good pings for a minute step up, at most once in five minutes', () => {
  const quality = new Quality(0);
  quality.changed(0);
  for (let at = 0; at <= 330_000; at += 30_000) {
    quality.pinged(at, 20);
    assert.equal(quality.good(at), at >= 300_000, `at ${at}`);
  }
  quality.changed(330_000);
  assert.equal(quality.good(330_001), false);
});

test('one bad ping begins the minute again', () => {
  const quality = new Quality(0);
  quality.pinged(0, 20);
  quality.pinged(30_000, 250);
  quality.pinged(60_000, 20);
  assert.equal(quality.good(90_000), false);
  quality.pinged(120_000, 20);
  assert.equal(quality.good(120_000), true);
});
