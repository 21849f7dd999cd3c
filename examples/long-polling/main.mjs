// Long polling: the server answers when there is something, or after 25 seconds.
import {pause, url} from '../platform.mjs';

const channel = process.argv[2] ?? 'demo:polling';
let after;
for (;;) {
  const query = new URLSearchParams({channel, wait: 25, ...(after ? {after} : {from: 'earliest'})});
  const answer = await fetch(`${url}/v1/events?${query}`, {headers: {Accept: 'application/json'}})
    .catch(() => undefined);
  if (answer?.status === 204) break; // the channel is closed, and everything has been read
  if (answer?.status !== 200) {
    await pause(1000 * Number(answer?.headers.get('Retry-After') ?? 2));
    continue;
  }
  const {events, next, resets} = await answer.json();
  for (const reset of resets) console.log(`events of ${reset.channel} are gone: ${reset.reason}`);
  for (const event of events) console.log(event.id, JSON.stringify(event.data));
  after = next;
}
