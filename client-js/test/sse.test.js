import assert from 'node:assert/strict';
import {test} from 'node:test';
import {SseParser} from '../src/sse.js';

const STREAM = 'retry: 1375\nid: k-1\nevent: tw.open\ndata: {"a":"ü–😀"}\n\n:\ndata: 1\r\ndata:2\r\nid: k-2\r\n\r\nid: k-3\n\n';

test('a stream is the same blocks however its bytes are cut', () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (let size = 1; size <= bytes.length; size++) {
    const blocks = [];
    const parser = new SseParser((block) => blocks.push(block));
    for (let i = 0; i < bytes.length; i += size) parser.feed(bytes.subarray(i, i + size));
    assert.deepEqual(blocks, [
      {type: 'tw.open', data: '{"a":"ü–😀"}', id: 'k-1'},
      {type: '', data: '1\n2', id: 'k-2'},
    ]);
    assert.equal(parser.retryMs, 1375);
  }
});
