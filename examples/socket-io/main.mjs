// The page of Socket.IO's chat tutorial, unchanged; this backend and the platform take the place of its Node server.
//   ./tailwater up --config examples/socket-io/chat.yml
import {readFileSync} from 'node:fs';
import {createServer, request as ask} from 'node:http';
import {fileURLToPath} from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import {token, url} from '../platform.mjs';

const ROOM = 'demo:socket-io';

// --- the backend: what the handlers of a Node server were ---

const protos = fileURLToPath(new URL('../../contract/src/main/protobuf/', import.meta.url));
const {Backend} = grpc.loadPackageDefinition(loader.loadSync('tailwater/backend/v1/backend.proto', {
  includeDirs: [protos], enums: String, longs: Number, defaults: true, oneofs: true,
})).tailwater.backend.v1;

/** io.on('connection', …): every new socket gets the messages so far. A recovered one has its room already. */
const connected = (socket, gateway) => gateway.write({join: {connection: socket.connection, channel: ROOM, from: 'earliest'}});

/** socket.on('chat message', …): stored once for each client offset, however often the client tries. */
async function chatMessage(socket, text, clientOffset) {
  const answer = await fetch(`${url}/v1/events?${new URLSearchParams({channel: ROOM, event: 'chat message'})}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Authorization': `Bearer ${token('chat-server', {publish: [ROOM]})}`,
      ...(clientOffset ? {'Idempotency-Key': clientOffset} : {}),
    },
    body: JSON.stringify(text),
  });
  if (!answer.ok) throw new Error(`not stored: ${await answer.text()}`);
}

const handlers = {'chat message': chatMessage};

async function answer({id, method, data, caller}) {
  try {
    const {event, args} = method === 'socketio.emit' ? JSON.parse(data) : {event: method, args: [JSON.parse(data)]};
    const handler = handlers[event];
    if (!handler) return {id, failure: {code: 'not_found', status: 404, message: `nothing listens to '${event}'`}};
    await handler(caller, ...args);
    return {id, result: {data: Buffer.from('null')}}; // the acknowledgement, which ends the client's retries
  } catch (error) {
    console.error(error.message);
    return {id, failure: {code: 'internal', status: 500, message: error.message, retry: true}};
  }
}

const backend = new grpc.Server();
backend.addService(Backend.service, {
  Connect(stream) {
    stream.on('data', async ({hello, opened, call}) => {
      if (hello) console.log(`${hello.gateway} is connected`);
      if (opened) connected(opened, stream);
      if (call) stream.write({answer: await answer(call)});
    });
    stream.on('end', () => stream.end());
    stream.on('error', () => {});
  },
});
const address = `127.0.0.1:${process.env.BACKEND_PORT ?? 7060}`;
backend.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  console.log(`backend: ${address}`);
});

// --- the page, and /socket.io/ on the same origin: this server knows its users, and the platform knows it by a token ---

const page = readFileSync(new URL('index.html', import.meta.url));
const platform = new URL(url);

/** A request to the platform. One that begins a session has a token: here all users are one, with a login they are not. */
function passOn({method, url: path, headers}) {
  const begins = !new URL(path, url).searchParams.has('sid');
  const authorization = begins ? {authorization: `Bearer ${token('guest', {call: ['*']})}`} : {};
  return ask({host: platform.hostname, port: platform.port, method, path, agent: false, headers: {...headers, ...authorization}});
}

const server = createServer((request, response) => {
  if (!request.url.startsWith('/socket.io/')) {
    response.writeHead(request.url === '/' ? 200 : 404, {'Content-Type': 'text/html; charset=utf-8'});
    response.end(request.url === '/' ? page : '');
    return;
  }
  const onward = passOn(request);
  onward.on('response', (answered) => answered.pipe(response.writeHead(answered.statusCode, answered.headers)));
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
});
server.on('upgrade', (request, socket) => {
  const onward = passOn(request);
  const end = () => {
    socket.destroy();
    onward.destroy();
  };
  onward.on('upgrade', ({headers}, upgraded, begun) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
    upgraded.on('error', end).on('close', end).unshift(begun);
    upgraded.pipe(socket).pipe(upgraded);
  });
  onward.on('response', end).on('error', end);
  socket.on('error', end).on('close', end);
  onward.end();
});
server.listen(Number(process.env.PORT ?? 8300), '127.0.0.1', () =>
  console.log(`page: http://127.0.0.1:${server.address().port}/`));
