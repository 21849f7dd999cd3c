import {listen} from './emitter.js';
import {ABORTED, asError, isStale, refusal, TailwaterError, unavailable} from './error.js';

/** Requests to the platform, each with the token of the moment. */
export class Http {
  #core;

  /** @param {import('./core.js').Core} core */
  constructor(core) {
    this.#core = core;
  }

  /**
   * An answer of status 200 to 299. What has another status, or none, is thrown.
   *
   * @param {string} path
   * @param {{method?: string, body?: string, headers?: Record<string, string>, signal?: AbortSignal, timeout?: number,
   *     keepalive?: boolean}} [request] `timeout`: until the answer begins
   * @returns {Promise<Response>}
   */
  async send(path, {timeout = this.#core.timeout, signal, headers, ...rest} = {}) {
    const {credentials, clock, url} = this.#core;
    for (let again = false; ; again = true) {
      const token = await credentials.current(), limit = bounded(clock, timeout, signal);
      let answer;
      try {
        answer = await this.#core.fetch(url + path, {
          ...rest, cache: 'no-store', signal: limit.signal,
          headers: token ? {...headers, Authorization: `Bearer ${token}`} : headers,
        });
        // Whoever reads the body may be told to stop, too.
        if (answer.ok) return answer;
        const problem = await problemOf(answer);
        if (again || !credentials.renewable || !isStale(problem)) throw problem;
      } catch (error) {
        throw signal?.aborted ? aborted() : limit.late() ? late(timeout) : asError(error);
      } finally {
        limit.end(answer?.ok);
      }
      await credentials.renew('expired');
    }
  }

  /** @param {string} path @param {Parameters<Http['send']>[1]} [request] @returns {Promise<any>} */
  async json(path, request = {}) {
    const {timeout = this.#core.timeout, signal} = request;
    // An answer may stop in the middle.
    const limit = bounded(this.#core.clock, 2 * timeout, signal);
    try {
      const headers = {Accept: 'application/json', ...request.headers};
      const answer = await this.send(path, {...request, headers, signal: limit.signal});
      return answer.status === 204 ? null : await answer.json();
    } catch (error) {
      if (signal?.aborted) throw aborted();
      if (error instanceof TailwaterError && error.code !== 'aborted') throw error;
      throw unavailable();
    } finally {
      limit.end();
    }
  }

  /** @param {string} path @param {object} body @param {Parameters<Http['send']>[1]} [request] @returns {Promise<any>} */
  post(path, body, request) {
    return this.json(path, {...request, method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}});
  }

  /** @param {number} timeout */
  async ping(timeout) {
    await this.send('/v1/ping', {timeout});
  }
}

export const aborted = () => new TailwaterError('aborted', ABORTED);

/** @param {number} ms */
export const late = (ms) => new TailwaterError('timeout', `no answer in ${ms} ms`, {retry: true});

/**
 * A signal that aborts with another one, or after a time.
 *
 * @param {import('../types/client.js').Clock} clock
 * @param {number} ms
 * @param {AbortSignal} [signal]
 */
export function bounded(clock, ms, signal) {
  const call = new AbortController(), abort = () => call.abort();
  let isLate = false;
  if (signal?.aborted) abort();
  const off = listen(signal, 'abort', abort), timer = clock.setTimeout(() => {
    isLate = true;
    abort();
  }, ms);
  return {
    signal: call.signal,
    late: () => isLate,
    /** @param {boolean} [goesOn] the other signal still counts */
    end(goesOn) {
      clock.clearTimeout(timer);
      if (!goesOn) off();
    },
  };
}

/** @param {Response} answer */
async function problemOf(answer) {
  const seconds = Number(answer.headers.get('Retry-After')), passing = /^5|^408|^429/.test(`${answer.status}`);
  // What is not ours, a proxy has answered.
  const isText = /^text\/plain/.test(`${answer.headers.get('Content-Type')}`);
  const problem = await (isText ? answer.text() : answer.json()).catch(() => null), own = typeof problem?.code === 'string';
  const told = own ? problem : {
    code: passing ? 'unavailable' : `http_${answer.status}`, message: (isText && problem) || `the server answered ${answer.status}`, retry: passing,
  };
  // A token of the second of its revocation is refused, and good a moment later.
  return refusal({...told, retry: told.retry || seconds > 0}, seconds > 0 ? seconds * 1000 : 0);
}
