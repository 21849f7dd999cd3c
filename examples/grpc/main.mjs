// gRPC in its four kinds of call, with the platform's own .proto files: a client in Node, servers in
// Java. The servers are grpc-backend and event-core.
import {fileURLToPath} from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import {backend, eventCore} from '../platform.mjs';

const protos = fileURLToPath(new URL('../../contract/src/main/protobuf/', import.meta.url));
const load = (file) => grpc.loadPackageDefinition(loader.loadSync(file, {
  includeDirs: [protos], enums: String, longs: Number, defaults: true,
})).tailwater;
const open = (Service, address) => new Service(address, grpc.credentials.createInsecure());
const chat = open(load('tailwater/backend/v1/backend.proto').backend.v1.Backend, backend);
const core = open(load('tailwater/v1/event_core.proto').v1.EventCore, eventCore);

// With tailwater.grpc.secrets, calls carry the secret in the metadata "tw-secret".
const metadata = new grpc.Metadata();
// Without a deadline a call may wait forever.
const soon = () => ({deadline: Date.now() + 15_000});
const room = 'chat:grpc';

/** Writes all messages, no faster than the other side reads them: that is flow control. */
async function writeAll(stream, messages) {
  for (const message of messages) {
    if (!stream.write(message)) await new Promise((resolve) => stream.once('drain', resolve));
  }
  stream.end(); // half-closed: nothing more from here, and answers still come
}

// 1. Unary: one question, one answer. A call of a client, as the gateways hand it on.
const call = (method, data) => new Promise((resolve, reject) => chat.Call({
  method, data: Buffer.from(JSON.stringify(data)),
  caller: {subject: 'example', subscribe: ['chat:*'], publish: ['chat:*'], call: ['chat.*', 'room.*']},
}, metadata, soon(), (error, answer) => (error ? reject(error) : resolve(answer))));
const sent = JSON.parse((await call('chat.send', {room, text: 'the first'})).result.data);
console.log(`unary: sent ${sent.id}`);

// 2. Server streaming: one question, many answers, for as long as the client likes.
const seen = [];
const watch = chat.Watch({room, after: sent.id}, metadata);
const watched = new Promise((resolve, reject) => {
  watch.on('data', (message) => {
    seen.push(JSON.parse(message.data).text);
    console.log(`server streaming: ${message.id} by ${message.by}: ${seen.at(-1)}`);
    if (seen.length === 3) resolve();
  });
  // A client ends such a call by cancelling it.
  watch.on('error', (error) => (error.code === grpc.status.CANCELLED ? resolve() : reject(error)));
});

// 3. Client streaming: many messages, one answer at the end.
const summary = await new Promise((resolve, reject) => {
  const stream = chat.Import(metadata, soon(), (error, answer) => (error ? reject(error) : resolve(answer)));
  writeAll(stream, ['one', 'two', 'three'].map((text) => ({room, by: 'other chat', text})));
});
console.log(`client streaming: ${summary.stored} stored, ${summary.refused} refused`);
await watched;
watch.cancel();

// 4. Bidirectional: both sides write when they like. Verdicts are matched to publications by `seq`.
const publishing = core.Publish(metadata);
const verdicts = new Promise((resolve, reject) => {
  let count = 0;
  publishing.on('data', (message) => {
    for (const {seq, outcome, epoch, offset} of message.verdicts) {
      console.log(`bidirectional: verdict ${seq}: ${outcome} ${epoch}-${offset}`);
      count++;
    }
  });
  publishing.on('end', () => resolve(count));
  publishing.on('error', reject);
});
await writeAll(publishing, [1, 2, 3].map((seq) => (
  {requests: [{seq, channel: 'demo:grpc', data: Buffer.from(JSON.stringify({n: seq})), by: 'example'}]})));
const stored = await verdicts;

// An answer can be a refusal of the application, which is no error of gRPC.
const {failure} = await call('chat.send', {room, text: ''});
console.log(`refused: ${failure.code}, ${failure.details[0].field}: ${failure.details[0].problem}`);
// An error of gRPC has a status, and here the contract's code in the trailer.
await new Promise((resolve) => core.Read({channel: 'nothing:here', latest: {}}, metadata, soon(), (error) => {
  console.log(`error: ${grpc.status[error.code]} ${error.metadata.get('tw-code')}`);
  resolve();
}));
console.log(`done, ${stored} published`);
core.close();
chat.close();
