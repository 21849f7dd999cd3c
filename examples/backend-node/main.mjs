// A backend of your own, in place of grpc-backend: it answers the calls that clients make with
// POST /v1/calls or on a WebSocket. It speaks tailwater.backend.v1, which any language with gRPC can.
//   tailwater.edge.backends: 127.0.0.1:7050        in the configuration of the gateways
import {fileURLToPath} from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const protos = fileURLToPath(new URL('../../contract/src/main/protobuf/', import.meta.url));
const {Backend} = grpc.loadPackageDefinition(loader.loadSync('tailwater/backend/v1/backend.proto', {
  includeDirs: [protos], enums: String, longs: Number, defaults: true, oneofs: true,
})).tailwater.backend.v1;

/** What goes wrong, as the client gets it: its code, its status, and which fields are wrong. */
class Refusal extends Error {
  constructor(code, status, message, details = []) {
    super(message);
    Object.assign(this, {code, status, details});
  }
}

const seats = new Map(); // seat → subject: in your database, not here
const taken = new Map(); // answers by subject, method and key: a repeated call is carried out once

const methods = {
  'echo': ({data}) => data,
  'seat.take': ({data, caller, push}) => {
    if (!/^[A-H][1-9]$/.test(data?.seat)) {
      throw new Refusal('invalid_request', 400, 'no such seat', [{field: 'seat', problem: 'is A1 to H9'}]);
    }
    const owner = seats.get(data.seat) ?? caller.subject;
    if (owner !== caller.subject) throw new Refusal('seat_taken', 409, `${data.seat} is taken`);
    seats.set(data.seat, caller.subject);
    push(caller.subject, 'seat', {seat: data.seat}); // to all connections of the caller that take pushes
    return {seat: data.seat, by: caller.subject};
  },
};

const streams = new Set(); // one from each gateway

function push(subject, type, data) {
  for (const stream of streams) {
    stream.write({push: {subject, type, data: Buffer.from(JSON.stringify(data))}});
  }
}

async function answer({id, method, data, key, caller}) {
  try {
    const run = methods[method];
    if (!run) throw new Refusal('not_found', 404, `unknown method '${method}'`);
    const name = key && JSON.stringify([caller.subject, method, key]);
    const result = taken.get(name) ?? await run({data: JSON.parse(data), caller, push});
    if (name) taken.set(name, result);
    return {id, result: {data: Buffer.from(JSON.stringify(result ?? null))}};
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error);
    const {code = 'internal', status = 500, details = []} = error instanceof Refusal ? error : {};
    return {id, failure: {code, status, message: error.message, details}};
  }
}

const server = new grpc.Server();
server.addService(Backend.service, {
  Connect(stream) {
    streams.add(stream);
    stream.on('data', async ({hello, call}) => {
      if (hello) console.log(`${hello.gateway} is connected`);
      if (call) stream.write({answer: await answer(call)});
    });
    stream.on('end', () => stream.end());
    for (const end of ['end', 'error', 'cancelled']) stream.on(end, () => streams.delete(stream));
  },
  Call: async ({request}, done) => done(null, await answer(request)),
  Authorize: ({request}, done) => done(null, {allowed: !request.channel.endsWith(':closed'), ttl_ms: 5000}),
});
const address = `127.0.0.1:${process.env.PORT ?? 7050}`;
server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  console.log(`backend: ${address}`);
});
