import {INTERNALS} from '../internals.js';
import {backoff} from '../backoff.js';
import {asError, TailwaterError, unavailable} from '../error.js';
import {SseParser} from '../sse.js';

/**
 * @typedef {import('../../types/client.js').Client} Client
 * @typedef {import('../../types/ai.js').Part} Part
 */

const STREAMS = '/v1/ai/streams', REFUSED = new Set(['forbidden', 'unauthorized']);

/** @param {Client} client @returns {any} */
const coreOf = (client) => /** @type {any} */ (client)[INTERNALS];

/** @param {Client} client @param {import('../../types/ai.js').Question} question */
export async function createAnswer(client, {key = crypto.randomUUID(), ...question}) {
  const {http} = coreOf(client);
  const body = JSON.stringify(question), headers = {'Content-Type': 'application/json', 'Idempotency-Key': key};
  for (let again = 0; ; again++) {
    try {
      return new Answer(client, await http.json(STREAMS, {method: 'POST', body, headers, timeout: 30_000}));
    } catch (error) {
      // With its key, the same question begins one answer only.
      if (again === 2 || !(/** @type {any} */ (error).retry)) throw error;
    }
  }
}

/** @param {Client} client @param {string} id */
export async function resumeAnswer(client, id) {
  return new Answer(client, await coreOf(client).http.json(`${STREAMS}/${encodeURIComponent(id)}`));
}

class Answer {
  /** @type {Part[]} */
  parts = [];
  text = '';
  /** @type {'running' | 'finished' | 'failed' | 'cancelled'} */
  status = 'running';
  #client;
  /** @type {import('../../types/client.js').Subscription | undefined} */
  #subscription;
  /** Reads with a ticket, where the page's own token does not cover the answer. @type {Client | undefined} */
  #reading;
  #next = 0;
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {(value: any) => void} */
  #resolve = () => {};
  /** @type {(error: Error) => void} */
  #reject = () => {};

  /** @param {Client} client @param {{id: string, channel: string, events: string}} stream */
  constructor(client, {id, channel, events}) {
    this.id = id;
    this.#client = client;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Who iterates sees the failure there.
    this.finished.catch(() => {});
    this.#read(client, channel, (error) => {
      const ticket = new URL(events, 'http://any').searchParams.get('ticket');
      if (!ticket || !REFUSED.has(error.code)) return this.#fail(error);
      const core = coreOf(client), {token: _token, getToken: _getToken, outbox: _outbox, ...options} = core.options;
      const other = new core.constructor({...options, transport: options.transport === 'websocket' ? 'sse' : options.transport, ticket});
      this.#reading = new /** @type {any} */ (client.constructor)(other);
      this.#read(/** @type {Client} */ (this.#reading), channel, (failure) => this.#fail(failure));
    });
  }

  /** @param {Client} client @param {string} channel @param {(error: any) => void} refused */
  #read(client, channel, refused) {
    this.#subscription = client.channel(channel).subscribe((event) => this.#take(event), {from: 'earliest'});
    this.#subscription.on('error', refused);
    this.#subscription.on('end', () => {
      if (this.status === 'running') this.#fail(new TailwaterError('not_found', 'the end of the answer is no longer stored'));
      this.#reading?.close();
    });
  }

  /** @param {import('../../types/client.js').Event<any>} event */
  #take({type, data}) {
    if (type === 'delta' && data.index >= this.#next) {
      this.#next = data.index + 1;
      const part = (this.parts[data.part] ??= {kind: data.kind, text: ''});
      part.text += data.text;
      if (data.kind === 'text') this.text += data.text;
    } else if (type === 'finish') {
      this.status = data.finish_reason === 'cancelled' ? 'cancelled' : 'finished';
      this.#resolve({text: this.text, ...data});
    } else if (type === 'failed') {
      return this.#fail(new TailwaterError(data.code, data.message, {details: data.usage}));
    }
    this.#changed();
  }

  /** @param {Error} error */
  #fail(error) {
    this.status = 'failed';
    this.#reject(error);
    this.#changed();
  }

  #changed() {
    for (const f of [...this.#listeners]) f();
  }

  /** @param {() => void} f */
  onChange(f) {
    this.#listeners.add(f);
    return () => void this.#listeners.delete(f);
  }

  async stop() {
    await coreOf(this.#client).http.json(`${STREAMS}/${encodeURIComponent(this.id)}`, {method: 'DELETE'});
  }

  close() {
    this.#subscription?.unsubscribe();
    this.#reading?.close();
    if (this.status === 'running') this.#reject(new TailwaterError('closed', 'the answer is not read any more'));
    this.#changed();
  }

  async *[Symbol.asyncIterator]() {
    for (let given = 0; ; ) {
      if (this.text.length > given) {
        const piece = this.text.slice(given);
        given = this.text.length;
        yield piece;
      } else if (this.status !== 'running') {
        await this.finished;
        return;
      } else {
        await new Promise((resolve) => {
          const off = this.onChange(() => {
            off();
            resolve(undefined);
          });
        });
      }
    }
  }
}

const UI = '/v1/ai/ui', MAX_ATTEMPTS = 8, ASK_MS = 30_000;

/** @param {Client} client @param {{body?: object}} [options] @returns {any} */
export function chatTransport(client, {body = {}} = {}) {
  const core = coreOf(client), {http} = core;
  /** @param {string} chatId @param {string} what */
  const path = (chatId, what) => `${UI}/${encodeURIComponent(chatId)}/${what}`;
  /** @param {string} chatId @param {() => Promise<Response>} first @param {AbortSignal} [signal] */
  const read = (chatId, first, signal) => {
    signal?.addEventListener('abort', () => http.send(path(chatId, 'stop'), {method: 'POST'}).catch(() => {}), {once: true});
    return streamed(chunks(core, first, () => http.send(path(chatId, 'stream'), {signal}), signal));
  };
  return {
    /** @param {any} request */
    async sendMessages({chatId, messages, trigger, messageId, abortSignal: signal, body: more, headers}) {
      const content = JSON.stringify({...body, ...more, id: chatId, messages, trigger, messageId});
      const ask = () => http.send(UI, {method: 'POST', body: content, headers: {...plain(headers), 'Content-Type': 'application/json'}, signal, timeout: ASK_MS});
      /** @type {Response | undefined} */
      let first = await ask().catch((/** @type {any} */ error) => {
        if (signal?.aborted) throw signal.reason;
        // Within a minute, the same request joins the answer that it began.
        if (!error.retry) throw error;
        return undefined;
      });
      return read(chatId, async () => {
        const answer = first;
        first = undefined;
        return answer ?? ask();
      }, signal);
    },
    /** @param {any} request */
    async reconnectToStream({chatId}) {
      const answer = await http.send(path(chatId, 'stream'));
      return answer.status === 204 ? null : read(chatId, async () => answer);
    },
  };
}

/** @param {any} headers */
const plain = (headers) => (headers instanceof Headers ? Object.fromEntries(headers) : headers);

/** @param {AsyncGenerator<any>} generator */
const streamed = (generator) => new ReadableStream({
  async pull(controller) {
    const {done, value} = await generator.next();
    if (done) controller.close();
    else controller.enqueue(value);
  },
  async cancel() {
    await generator.return(undefined);
  },
});

/**
 * The chunks of an answer. After a cut it is read again from its beginning, and what was given before is left out.
 *
 * @param {any} core @param {() => Promise<Response>} first @param {() => Promise<Response>} again @param {AbortSignal} [signal]
 */
async function* chunks(core, first, again, signal) {
  /** How much of each thing was given. @type {Map<string, number>} */
  const given = new Map();
  for (let attempt = 0, open = first; ; open = given.size ? again : first) {
    /** @type {Map<string, number>} */
    const passed = new Map();
    let failure = unavailable('the answer was cut');
    try {
      for await (const data of blocks(await open())) {
        attempt = 0;
        if (data === '[DONE]') return;
        const chunk = unseen(JSON.parse(data), passed, given);
        if (chunk) yield chunk;
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      failure = asError(error);
      if (!failure.retry) throw failure;
    }
    if (++attempt > MAX_ATTEMPTS) throw failure;
    await core.pause(backoff(attempt, core.backoff, core.clock.random(), failure.retryMs), signal);
  }
}

/** @param {Response} answer */
async function* blocks(answer) {
  if (!answer.body) throw new TailwaterError('not_found', 'the answer is no longer stored');
  /** @type {string[]} */
  let ready = [];
  const parser = new SseParser(({data}) => ready.push(data)), reader = answer.body.getReader();
  try {
    for (let part; !(part = await reader.read()).done; ready = []) {
      parser.feed(part.value);
      yield* ready;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** A chunk without what was given before; undefined if nothing is left. @param {any} chunk @param {Map<string, number>} passed @param {Map<string, number>} given */
function unseen(chunk, passed, given) {
  if (chunk.type.startsWith('data-')) return chunk;
  const key = `${chunk.type} ${chunk.id ?? chunk.toolCallId ?? ''}`, field = 'inputTextDelta' in chunk ? 'inputTextDelta' : 'delta';
  const text = typeof chunk[field] === 'string' ? chunk[field] : undefined;
  const from = passed.get(key) ?? 0, to = from + (text?.length ?? 1), had = given.get(key) ?? 0;
  passed.set(key, to);
  given.set(key, Math.max(had, to));
  if (to <= had) return text === '' && had === 0 ? chunk : undefined;
  return text === undefined ? chunk : {...chunk, [field]: text.slice(Math.max(0, had - from))};
}
