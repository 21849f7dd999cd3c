// Where the platform is: as ./tailwater up has it, or as these variables of the environment say.
import {createHmac} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

export const url = process.env.TAILWATER_URL ?? 'http://127.0.0.1:8080';

/** Of ./tailwater up, whose ports are counted from the platform's own. */
const beside = (distance) => `127.0.0.1:${Number(new URL(url).port) + distance}`;
export const kafka = process.env.TAILWATER_KAFKA ?? beside(100);
export const redis = process.env.TAILWATER_REDIS ?? `redis://${beside(101)}`;
export const eventCore = process.env.TAILWATER_EVENT_CORE ?? beside(110);
export const backend = process.env.TAILWATER_BACKEND ?? beside(192);
export const gateways = [beside(1), beside(2)];

/** A token as a backend makes it, for an hour. See docs/guide/tokens.md. */
export function token(subject, rights) {
  const data = process.env.TAILWATER_DATA ?? fileURLToPath(new URL('../data', import.meta.url));
  const text = process.env.TAILWATER_JWT_KEY ?? readFileSync(`${data}/jwt-key`, 'utf8').trim();
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const claims = {sub: subject, iat, exp: iat + 3600, tw: rights};
  const content = `${encode({alg: 'HS256', typ: 'JWT'})}.${encode(claims)}`;
  const signature = createHmac('sha256', Buffer.from(text, 'base64url')).update(content);
  return `${content}.${signature.digest('base64url')}`;
}

/** Publishes one event, and returns its id. */
export async function publish(channel, data, base = url) {
  const answer = await fetch(`${base}/v1/events?${new URLSearchParams({channel})}`, {
    method: 'POST',
    headers: {'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID()},
    body: JSON.stringify(data),
  });
  if (!answer.ok) throw new Error(`not published: ${await answer.text()}`);
  return (await answer.json()).id;
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
