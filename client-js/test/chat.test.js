import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createClient} from '../src/index.js';
import {chatTransport} from '../src/parts/ai.js';

const ANSWER = [
  {type: 'start', messageId: 'm'}, {type: 'start-step'}, {type: 'text-start', id: '0'}, {type: 'text-delta', id: '0', delta: 'Hel'},
  {type: 'text-delta', id: '0', delta: 'lo'}, {type: 'text-delta', id: '0', delta: ' world'}, {type: 'text-end', id: '0'},
  {type: 'finish-step'}, {type: 'finish', finishReason: 'stop'},
];
const request = {chatId: 'a chat of sixteen', messages: [], trigger: 'submit-message', messageId: undefined};

/** A server whose answers are cut after so many blocks. */
function server(cuts, {aborts = () => {}} = {}) {
  const asked = [];
  const fetch = async (url, {method = 'GET', signal, body} = {}) => {
    asked.push(`${method} ${new URL(url).pathname}`);
    if (url.endsWith('/stop')) return new Response(null, {status: 204});
    if (body && JSON.parse(body).model === 'none') return new Response('unknown model', {status: 404, headers: {'Content-Type': 'text/plain; charset=utf-8'}});
    const most = cuts.shift() ?? Infinity;
    if (most < 0) throw new TypeError('fetch failed');
    const blocks = [...ANSWER.map((chunk) => JSON.stringify(chunk)), '[DONE]'].slice(0, most);
    const text = blocks.map((block) => `data: ${block}\n\n`).join('');
    return new Response(new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text));
        if (most === 3.5) signal.addEventListener('abort', () => controller.error(signal.reason));
        else controller.close();
      },
    }));
  };
  return {asked, client: createClient({url: 'http://ai.test', fetch, backoff: {min: 1, max: 2}}), aborts};
}

async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const text = (chunks) => chunks.filter(({type}) => type === 'text-delta').map(({delta}) => delta).join('');

for (const cuts of [[], [0], [1], [3], [4], [5, 4], [-1, 6, 2], [9], [8, -1, -1]]) {
  test(`an answer that is cut after ${cuts.join(', ') || 'nothing'} is read on, each chunk once`, async () => {
    const {client, asked} = server([...cuts]);
    const chunks = await all(await chatTransport(client).sendMessages(request));
    assert.equal(text(chunks), 'Hello world');
    assert.deepEqual(chunks.filter(({type}) => type !== 'text-delta'), ANSWER.filter(({type}) => type !== 'text-delta'));
    if (cuts[0] > 0) assert.equal(asked.filter((one) => one === 'POST /v1/ai/ui').length, 1, asked.join());
    await client.close();
  });
}

test('a refusal has the words of the server', async () => {
  const {client} = server([]);
  await assert.rejects(chatTransport(client, {body: {model: 'none'}}).sendMessages(request), {code: 'http_404', message: 'unknown model'});
  await client.close();
});

test('whoever aborts stops the answer', async () => {
  const {client, asked} = server([3.5]), stop = new AbortController();
  const stream = await chatTransport(client).sendMessages({...request, abortSignal: stop.signal});
  const reader = stream.getReader();
  await reader.read();
  stop.abort();
  await assert.rejects(async () => { while (!(await reader.read()).done); }, {name: 'AbortError'});
  assert.ok(asked.some((one) => one.endsWith('/stop')));
  await client.close();
});

test('a chat without an answer has nothing to continue', async () => {
  const client = createClient({url: 'http://ai.test', fetch: async () => new Response(null, {status: 204})});
  assert.equal(await chatTransport(client).reconnectToStream({chatId: 'c'}), null);
  await client.close();
});
