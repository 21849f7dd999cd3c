// Calls of the public interface with the operator's token. The token is kept for this tab only and is never
// part of a URL.

const KEY = 'tailwater-console-token';

/** A refusal, in the words of the interface. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const session = {
  token: null,
  development: false,
  onRefused: () => {},

  /** The token of this tab, or one of the development platform. Null if one must be given. */
  async begin() {
    this.development = await this.offers();
    this.token = sessionStorage.getItem(KEY);
    if (!this.token && this.development) await this.renew();
    return this.token;
  },

  async offers() {
    try {
      const answer = await fetch('/v1/dev');
      return answer.ok && Boolean((await answer.json()).tokens);
    } catch {
      return false;
    }
  },

  /** A token of the development key for everything. */
  async renew() {
    const made = await makeToken({subject: 'operator', call: ['admin.*'], subscribe: ['*'], publish: ['*'], ttl_s: 8 * 3600});
    this.keep(made.token);
    return made.token;
  },

  keep(token) {
    this.token = token;
    sessionStorage.setItem(KEY, token);
  },

  drop() {
    this.token = null;
    sessionStorage.removeItem(KEY);
  },

  /** What the token says of itself, to be shown only; the gateway judges. */
  claims() {
    try {
      const text = atob(this.token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
      return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
    } catch {
      return {};
    }
  },
};

/** A token of the development key; only where the gateway offers it. */
export function makeToken(wish) {
  return call('POST', '/v1/dev/tokens', {body: wish, anonymous: true});
}

/**
 * Calls the interface and returns the answer's JSON.
 *
 * @throws Refusal
 */
export async function call(method, path, options = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== null && value !== '') query.set(name, value);
  }
  const headers = {Accept: 'application/json', ...options.headers};
  if (!options.anonymous && session.token) headers.Authorization = `Bearer ${session.token}`;
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(`${path}${query.size ? `?${query}` : ''}`, {
      method,
      headers,
      signal: options.signal,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      cache: 'no-store',
      credentials: 'omit',
    });
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new Refusal(0, 'unreachable', 'The gateway does not answer. Is the platform running?');
  }
  const text = await answer.text();
  let json = null;
  try {
    json = text ? JSON.parse(text) : null;
  } catch {
    // Not of the platform, such as a proxy's page.
  }
  if (answer.ok) return json;
  const refusal = new Refusal(answer.status, json?.code ?? 'unexpected', json?.message ?? `The answer was ${answer.status}.`);
  if (answer.status === 401 && !options.anonymous) session.onRefused(refusal);
  throw refusal;
}
