// Broadcast made visible: what Redis carries between event-core and the gateways.
// One event is published through one gateway, Redis carries it once, and both gateways deliver it.
// Redis only makes this fast: the event is in Kafka already.
import {fileURLToPath} from 'node:url';
import protobuf from 'protobufjs';
import {createClient} from 'redis';
import {gateways, publish, redis} from '../platform.mjs';

const channel = 'demo:broadcast';
const root = new protobuf.Root();
const protos = fileURLToPath(new URL('../../contract/src/main/protobuf/', import.meta.url));
root.resolvePath = (origin, target) => protos + target;
const Segment = root.loadSync('tailwater/v1/event.proto').lookupType('tailwater.v1.Segment');

const subscriber = await createClient({url: redis}).connect();
await subscriber.pSubscribe('tw:*{demo:*}', (message, name) => {
  const {from, through, events} = Segment.decode(message);
  console.log(`Redis channel ${name}: offsets ${from} to ${through}, ${message.length} bytes`);
  for (const event of events) console.log(`  ${event.channelKey}: ${event.data}`);
}, true);

/** Prints the new events that one gateway delivers. */
async function read(gateway) {
  const answer = await fetch(`http://${gateway}/v1/events?channel=${channel}`);
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    if (text.includes('tw.live')) console.log(`gateway ${gateway}: ready`);
    for (const line of text.split('\n')) {
      if (line.startsWith('data: {"n"')) console.log(`gateway ${gateway}: ${line.slice(6)}`);
    }
  }
}

gateways.forEach(read);
for (let n = 1; ; n++) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await publish(channel, {n}, `http://${gateways[0]}`);
}
