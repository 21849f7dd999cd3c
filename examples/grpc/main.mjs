// gRPC: calls and streams between services, with the platform's own .proto files.
// event-core has unary calls and one with streams in both directions. It has none with a stream in
// one direction: "Follow" and "Read" are asked again and again, see docs/decisions/0001.
import {fileURLToPath} from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import {eventCore} from '../platform.mjs';

const protos = fileURLToPath(new URL('../../contract/src/main/protobuf/', import.meta.url));
const definition = loader.loadSync('tailwater/v1/event_core.proto', {
  includeDirs: [protos], enums: String, longs: Number, defaults: true,
});
const {EventCore} = grpc.loadPackageDefinition(definition).tailwater.v1;
const core = new EventCore(eventCore, grpc.credentials.createInsecure());

// With tailwater.grpc.secrets, calls carry the secret in the metadata "tw-secret".
const metadata = new grpc.Metadata();

/** A unary call as a promise, with a deadline: without one a call may wait forever. */
const call = (method, request) => new Promise((resolve, reject) =>
  core[method](request, metadata, {deadline: Date.now() + 5000},
    (error, answer) => (error ? reject(error) : resolve(answer))));

// Unary: which namespaces are there?
const {namespaces} = await call('Namespaces', {});
console.log('namespaces:', namespaces.map(({name}) => name).join(' '));

// Streams in both directions: publications go out, verdicts come back, matched by `seq`.
const channel = 'demo:grpc';
const stream = core.Publish(metadata);
const verdicts = new Promise((resolve, reject) => {
  const received = [];
  stream.on('data', ({seq, outcome, epoch, offset}) => {
    console.log(`verdict ${seq}: ${outcome} ${epoch}-${offset}`);
    received.push(offset);
  });
  stream.on('end', () => resolve(received));
  stream.on('error', reject);
});
for (let seq = 1; seq <= 3; seq++) {
  const publication = {seq, channel, data: Buffer.from(JSON.stringify({n: seq})), by: 'example'};
  // `false` means that the other side is slow: flow control. Wait for it instead of filling memory.
  if (!stream.write(publication)) await new Promise((resolve) => stream.once('drain', resolve));
}
stream.end(); // half-closed: nothing more from here, and the verdicts still come
const offsets = await verdicts;

// Unary again: one page of the channel. `at_least` waits until what was written is readable.
const page = await call('Read', {channel, last: 3, limit: 10});
for (const event of page.events) console.log(`event ${event.offset}: ${event.data}`);

// An error has a status, and the contract's code in the trailer.
await call('Read', {channel: 'nothing:here', latest: {}, limit: 0}).catch((error) =>
  console.log(`refused: ${grpc.status[error.code]} ${error.metadata.get('tw-code')}`));
console.log(`done, ${offsets.length} stored`);
core.close();
