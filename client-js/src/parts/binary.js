import unpackMessage from 'notepack.io/browser/decode.js';
import packMessage from 'notepack.io/browser/encode.js';
import {bytesOf, fromBase64, toBase64} from '../bytes.js';
import {TailwaterError} from '../error.js';

/**
 * A message: its fields by number, each a name and a type. `b`: boolean, `i`: integer, `s`: text, `j`: JSON, `d`: data, whose
 * encoding is the field `encoding`, or a message. A type in brackets is a list.
 *
 * @typedef {string | Message} Type
 * @typedef {{[number: number]: [string, Type | [Type]]}} Message
 */

/** @type {Message} */
const EVENT = {1: ['id', 's'], 2: ['channel', 's'], 3: ['type', 's'], 4: ['by', 's'], 5: ['key', 's'], 6: ['ts_ms', 'i'], 7: ['data', 'd'], 8: ['encoding', 'i'], 9: ['ephemeral', 'b'], 10: ['closed', 'b'], 11: ['entry', 's'], 12: ['op', 's'], 13: ['value', 'j'], 14: ['added', 'j'], 15: ['removed', 'j'], 16: ['superseded', 'b'], 17: ['of', 's'], 18: ['redacted', 'b']};

/** @type {Message} */
const SUBSCRIBE = {1: ['channel', 's'], 2: ['after', 's'], 3: ['from', 's'], 4: ['types', ['s']], 5: ['present', 'b'], 6: ['info', 'j'], 7: ['presence', 'b']};
/** @type {Message} */
const MEMBER = {1: ['subject', 's'], 2: ['since_ms', 'i'], 3: ['info', 'j']};

/** /v1/frames.proto @type {Message} */
const CLIENT = {
  1: ['id', 'i'],
  2: ['auth', {1: ['token', 's']}],
  3: ['subscribe', SUBSCRIBE],
  4: ['publish', {1: ['channel', 's'], 2: ['type', 's'], 3: ['data', 'd'], 4: ['encoding', 'i'], 5: ['key', 's'], 6: ['close', 'b'], 7: ['entry', 's'], 8: ['op', 's'], 9: ['if', 's'], 10: ['at', 'i'], 11: ['seen', 's']}],
  5: ['call', {1: ['method', 's'], 2: ['data', 'd'], 3: ['encoding', 'i'], 4: ['key', 's'], 5: ['timeout_ms', 'i']}],
  6: ['unsubscribe', {1: ['channel', 's']}],
  7: ['ping', {}],
  8: ['ack', {1: ['channel', 's'], 2: ['position', 's']}],
  9: ['present', {1: ['channel', 's'], 2: ['info', 'j']}],
  10: ['resume', {1: ['subscriptions', [SUBSCRIBE]]}],
};
/** @type {Message} */
const SERVER = {
  1: ['id', 'i'],
  2: ['welcome', {1: ['connection', 's'], 2: ['session', 's'], 3: ['server_time_ms', 'i'], 4: ['ping_ms', 'i'], 5: ['limits', {1: ['frame', 'i'], 2: ['channels', 'i']}], 6: ['gateway', 's'], 7: ['restored', 'b']}],
  3: ['authed', {1: ['subject', 's'], 2: ['expires_at_ms', 'i'], 3: ['session', 's'], 4: ['restored', 'b']}],
  4: ['subscribed', {1: ['channel', 's'], 2: ['position', 's']}],
  5: ['unsubscribed', {1: ['channel', 's'], 2: ['code', 's']}],
  6: ['pong', {1: ['server_time_ms', 'i']}],
  7: ['published', {1: ['id', 's'], 2: ['duplicate', 'b'], 3: ['version', 's'], 4: ['superseded', 'b']}],
  8: ['result', {1: ['data', 'd'], 2: ['encoding', 'i']}],
  9: ['error', {1: ['code', 's'], 2: ['message', 's'], 3: ['retry', 'b'], 4: ['reason', 's'], 5: ['current', 'j'], 6: ['details', 'j']}],
  10: ['events', {1: ['events', [EVENT]], 2: ['pattern', 's'], 3: ['position', 's']}],
  11: ['live', {1: ['channel', 's'], 2: ['position', 's']}],
  12: ['reset', {1: ['channel', 's'], 2: ['reason', 's'], 3: ['earliest', 's'], 4: ['position', 's'], 5: ['partitions', [{1: ['partition', 'i'], 2: ['earliest', 's']}]]}],
  13: ['end', {1: ['channel', 's']}],
  14: ['expiring', {1: ['in_ms', 'i']}],
  15: ['disconnect', {1: ['code', 'i'], 2: ['reason', 's'], 3: ['retry_ms', 'i']}],
  16: ['acked', {1: ['channel', 's'], 2: ['position', 's']}],
  18: ['push', {1: ['type', 's'], 2: ['data', 'd'], 3: ['encoding', 'i']}],
  19: ['presented', {1: ['channel', 's']}],
  20: ['resumed', {1: ['subscriptions', [{1: ['channel', 's'], 2: ['position', 's'], 3: ['code', 's'], 4: ['message', 's']}]]}],
  21: ['presence', {1: ['channel', 's'], 2: ['count', 'i'], 3: ['first', 'b'], 4: ['more', 'b'], 5: ['stale', 'b'], 6: ['counted', 'b'], 7: ['members', [MEMBER]], 8: ['joined', [MEMBER]], 9: ['left', ['s']], 10: ['changed', [MEMBER]]}],
};

const BASE64 = 1, VARINT = 0, LENGTH = 2;
const text = new TextEncoder(), texts = new TextDecoder();

/** @param {number[]} out @param {number} value a whole number that is not negative */
function varint(out, value) {
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  out.push(value);
}

/** @param {Uint8Array[]} out @param {number} number @param {Uint8Array} bytes */
function delimited(out, number, bytes) {
  /** @type {number[]} */
  const head = [];
  varint(head, number * 8 + LENGTH);
  varint(head, bytes.length);
  out.push(Uint8Array.from(head), bytes);
}

/** @param {Message} message @param {any} content @returns {Uint8Array} */
function encode(message, content) {
  /** @type {Uint8Array[]} */
  const out = [];
  for (const [key, [name, type]] of Object.entries(message)) {
    const value = content[name], number = Number(key);
    if (value === undefined || value === '' || value === false) continue;
    if (type === 'i' || type === 'b') {
      /** @type {number[]} */
      const bytes = [];
      varint(bytes, number * 8 + VARINT);
      varint(bytes, name === 'encoding' ? BASE64 : Number(value));
      out.push(Uint8Array.from(bytes));
    } else if (Array.isArray(type)) for (const one of value) delimited(out, number, type[0] === 's' ? text.encode(one) : encode(/** @type {Message} */ (type[0]), one));
    else if (type === 's') delimited(out, number, text.encode(value));
    else if (type === 'd' || type === 'j') delimited(out, number, content.encoding ? fromBase64(value) : text.encode(JSON.stringify(value)));
    else delimited(out, number, encode(/** @type {Message} */ (type), value));
  }
  const all = new Uint8Array(out.reduce((sum, bytes) => sum + bytes.length, 0));
  let at = 0;
  for (const bytes of out) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}

/** @param {Message} message @param {Uint8Array} bytes @returns {any} */
function decode(message, bytes) {
  /** @type {any} */
  const content = {};
  let at = 0;
  const next = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      if (at > bytes.length) throw new Error('a frame ends too early');
    }
  };
  while (at < bytes.length) {
    const tag = next(), kind = tag % 8, field = message[Math.floor(tag / 8)];
    if (kind !== VARINT && kind !== LENGTH) throw new Error(`a frame has a field of the unknown kind ${kind}`);
    const value = next(), part = kind === LENGTH ? bytes.subarray(at, (at += value)) : undefined;
    if (!field) continue; // of a later version
    const [name, type] = field;
    if (type === 'b') content[name] = value > 0;
    else if (type === 'i') content[name] = value;
    else if (part && type === 's') content[name] = texts.decode(part);
    else if (part && type === 'd') content[name] = part;
    else if (part && type === 'j') content[name] = JSON.parse(texts.decode(part));
    else if (part && Array.isArray(type)) (content[name] ??= []).push(type[0] === 's' ? texts.decode(part) : decode(/** @type {Message} */ (type[0]), part));
    else if (part) content[name] = decode(/** @type {Message} */ (type), part);
  }
  return content;
}

/** As the same stands in a text frame. @param {any} content */
function inJson(content) {
  const {data, encoding, ...rest} = content;
  if (encoding === BASE64) return {...rest, data: toBase64(data ?? new Uint8Array()), encoding: 'base64'};
  return data ? {...rest, data: JSON.parse(texts.decode(data))} : rest;
}

export const protobufFrames = () => ({
  protocol: 'tailwater.v1.protobuf',
  /** @param {object} frame */
  encode: (frame) => encode(CLIENT, frame),
  /** @param {ArrayBuffer} bytes */
  decode(bytes) {
    const frame = decode(SERVER, new Uint8Array(bytes));
    if (frame.events) {
      const {events = [], ...more} = frame.events;
      Object.assign(frame, more, {events: events.map((/** @type {any} */ event) => ({ts_ms: 0, ...inJson(event)}))});
    }
    if (frame.result) frame.result = inJson(frame.result);
    if (frame.push) frame.push = inJson(frame.push);
    if (frame.presence) {
      const {counted, ...told} = frame.presence;
      frame.presence = {count: 0, ...(told.first && !counted && {members: []}), ...told};
    }
    if (frame.published) frame.published = {duplicate: false, ...frame.published};
    return frame;
  },
});

/** No MessagePack begins with this byte. What follows says how the rest is packed. */
const MARK = 0xc1, MESSAGE_PACK = 1, GZIP = 2, AS_IT_IS = 3;
const PACK = 1024, COMPRESS = 10_240, MAX_UNPACKED = 16 * 1024 * 1024;

/** @typedef {import('../../types/client.js').Event<any>} Event */

/** @param {any} channel @param {import('../../types/binary.js').PackOptions} [options] @returns {any} */
export function packed(channel, {pack = PACK, compress = COMPRESS} = {}) {
  let turn = Promise.resolve();
  return {
    name: channel.name,
    ack: (/** @type {string} */ position) => channel.ack(position),
    unread: () => channel.unread(),
    /** @param {any} data @param {any} [options] */
    publish(data, options) {
      // In the order of the calls, however long each takes to compress.
      const ready = turn.then(() => packedForm(data, pack, compress));
      turn = ready.then(() => {}, () => {});
      return ready.then((form) => channel.publish(form, options));
    },
    /** @param {(event: Event) => any} f @param {any} [options] */
    subscribe: (f, options) => channel.subscribe((/** @type {Event} */ event) => {
      const form = markOf(event.data);
      return form ? unpacked(event, form).then(f) : f(event);
    }, options),
    /** @param {any} [options] */
    async *events(options) {
      for await (const event of channel.events(options)) yield await unpacked(event, markOf(event.data));
    },
    /** @param {any} [options] */
    async history(options) {
      const page = await channel.history(options);
      return {...page, events: await Promise.all(page.events.map((/** @type {Event} */ event) => unpacked(event, markOf(event.data))))};
    },
  };
}

/** @param {any} data */
const markOf = (data) => (data instanceof Uint8Array && data[0] === MARK ? data[1] : 0);

/** @param {any} data @param {number} pack @param {number} compress */
async function packedForm(data, pack, compress) {
  const bytes = bytesOf(data);
  if (bytes) return bytes[0] === MARK ? marked(AS_IT_IS, bytes) : bytes;
  const size = data === undefined ? 0 : text.encode(JSON.stringify(data)).length;
  if (size < pack) return data;
  const message = packMessage(data);
  if (message.byteLength >= compress && globalThis.CompressionStream) {
    const smaller = await through(message, new CompressionStream('gzip'), Infinity);
    if (smaller.length < message.byteLength) return marked(GZIP, smaller);
  }
  return message.byteLength < size ? marked(MESSAGE_PACK, message) : data;
}

/** @param {Event} event @param {number} form @returns {Promise<Event>} */
async function unpacked(event, form) {
  if (!form) return event;
  const {encoding: _encoding, ...rest} = event, bytes = event.data.subarray(2);
  if (form === AS_IT_IS) return {...event, data: bytes};
  if (form !== MESSAGE_PACK && form !== GZIP) return event;
  const message = form === GZIP ? await through(bytes, new DecompressionStream('gzip'), MAX_UNPACKED) : bytes;
  return {...rest, data: unpackMessage(message)};
}

/** @param {number} form @param {ArrayBuffer | Uint8Array} content */
function marked(form, content) {
  const bytes = new Uint8Array(content), all = new Uint8Array(bytes.length + 2);
  all.set([MARK, form]);
  all.set(bytes, 2);
  return all;
}

/** @param {ArrayBuffer | Uint8Array} bytes @param {any} stream @param {number} most */
async function through(bytes, stream, most) {
  const reader = new Blob([/** @type {any} */ (bytes)]).stream().pipeThrough(stream).getReader(), parts = [];
  let length = 0;
  for (let part; !(part = await reader.read()).done; ) {
    parts.push(part.value);
    if ((length += part.value.length) <= most) continue;
    reader.cancel().catch(() => {});
    throw new TailwaterError('too_large', `an event has more than ${most} bytes when it is unpacked`);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
