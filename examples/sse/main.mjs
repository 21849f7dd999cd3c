// Server-Sent Events without a library: reads the format, and goes on where it was cut.
// A browser does all of this by itself: see sse-auth, order-board and ai-chat.
import {pause, url} from '../platform.mjs';

const channel = process.argv[2] ?? 'demo:sse';
let lastEventId;
let retry = 1000;

/** Calls `take` with each block, as an object of its fields. */
async function read(stream, take) {
  let block = {};
  let rest = '';
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        take(block);
        block = {};
        continue;
      }
      const colon = line.indexOf(':');
      if (colon > 0) block[line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, '');
    }
  }
}

for (;;) {
  const headers = lastEventId ? {'Last-Event-ID': lastEventId} : {};
  const query = new URLSearchParams({channel, from: 'earliest'});
  try {
    const answer = await fetch(`${url}/v1/events?${query}`, {headers});
    if (answer.status !== 200) {
      console.log(answer.status === 204 ? 'the channel is closed' : await answer.text());
      break;
    }
    await read(answer.body, ({id, event, data, retry: wait}) => {
      if (id) lastEventId = id;
      if (wait) retry = Number(wait);
      console.log(event, data);
    });
  } catch {
    console.log('cut');
  }
  await pause(retry);
}
