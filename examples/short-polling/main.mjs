// Short polling: asks every two seconds what is new.
import {pause, url} from '../platform.mjs';

const channel = process.argv[2] ?? 'demo:polling';
let after; // where the next question continues; the first one begins with what is stored
for (;;) {
  const query = new URLSearchParams({channel, ...(after ? {after} : {from: 'earliest'})});
  const answer = await fetch(`${url}/v1/events?${query}`, {headers: {Accept: 'application/json'}})
    .catch(() => undefined); // no network: the position stays, so nothing is missed
  if (answer?.status === 200) {
    const {events, next, live} = await answer.json();
    for (const event of events) console.log(event.id, JSON.stringify(event.data));
    after = next;
    if (!live) continue; // there is more
  }
  await pause(2000);
}
