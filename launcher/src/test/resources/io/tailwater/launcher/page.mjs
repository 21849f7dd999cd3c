// What a page in a browser has and Node does not: an address of its own. And what the guide's blocks speak of.
import {createHmac} from 'node:crypto';
import {readFileSync} from 'node:fs';

const page = 'http://127.0.0.1:8080/';
const NodesEventSource = EventSource;
globalThis.EventSource = class extends NodesEventSource {
  constructor(url, options) {
    super(new URL(url, page), options);
  }
};

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = {sub: 'guide', exp: Math.floor(Date.now() / 1000) + 3600,
  tw: {subscribe: ['chat:*'], publish: ['chat:*']}};
const content = `${encode({alg: 'HS256'})}.${encode(claims)}`;
const key = Buffer.from(readFileSync('data/jwt-key', 'utf8').trim(), 'base64url');
globalThis.token = `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`;
globalThis.position = undefined;
globalThis.show = (event) => console.log(JSON.stringify(event));

// A stream has no end: it is watched for a while, or until nothing more comes. Without one, Node ends by itself.
let end = setTimeout(() => process.exit(), 5_000).unref();
const print = console.log;
console.log = (...values) => {
  print(...values);
  clearTimeout(end);
  end = setTimeout(() => process.exit(), 1_500).unref();
};
