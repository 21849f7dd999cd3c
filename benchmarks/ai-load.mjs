#!/usr/bin/env node
// Measures AI answers through the platform, beside the same model read directly. Node 20, no packages.
//
//   benchmarks/ai-load.mjs                     starts the platform, then a few steps of load; prints a table
//   benchmarks/ai-load.mjs --answers 100,300   answers that are written at the same time, one step for each number
//   --viewers 3 --rate 50 --seconds 20     readers of an answer, tokens a second of each, and how long each is written
//   --cut 5                                a reader is cut every 5 s on average, and comes back with its position; 0: never
//   --home DIR                             the tree whose ./tailwater is started
//
// The model is a small server in a process of its own that speaks OpenAI's protocol. Each of its tokens has a number and
// the time when it was due, so that a reader sees how late it is, and whether it has every token of the answer.
import {fork, spawn} from 'node:child_process';
import http from 'node:http';
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = fileURLToPath(import.meta.url);
const now = () => performance.timeOrigin + performance.now();
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
}

/** The model: answers each request with numbered tokens at an even rate. */
function model() {
  const server = http.createServer((request, response) => {
    if (request.method === 'GET') {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({object: 'list', data: [{id: 'paced', object: 'model'}]}));
      return;
    }
    let body = '';
    request.on('data', (bytes) => (body += bytes));
    request.on('end', () => {
      const asked = JSON.parse(JSON.parse(body).messages.at(-1).content);
      response.writeHead(200, {'Content-Type': 'text/event-stream'});
      const began = now();
      let next = 0;
      const chunk = (delta, reason = null) =>
        `data: ${JSON.stringify({choices: [{index: 0, delta, finish_reason: reason}]})}\n\n`;
      const timer = setInterval(() => {
        let text = '';
        for (; next < asked.tokens && began + (next * 1000) / asked.rate <= now(); next++) {
          const due = began + (next * 1000) / asked.rate;
          text += chunk({content: `${next}:${due.toFixed(1)} `});
        }
        if (next === asked.tokens) {
          clearInterval(timer);
          response.end(`${text}${chunk({}, 'stop')}data: [DONE]\n\n`);
        } else if (text) response.write(text);
      }, 5);
      response.on('close', () => clearInterval(timer));
    });
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

/** Reads an event stream; calls back with each block's fields. */
function read(method, url, headers, body, onBlock, onEnd) {
  const request = http.request(url, {method, headers, agent: false}, (response) => {
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (text) => {
      rest += text;
      for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) {
        const block = {};
        for (const line of rest.slice(0, end).split('\n')) {
          const colon = line.indexOf(':');
          if (colon > 0) block[line.slice(0, colon)] = line.slice(colon + 1).trim();
        }
        onBlock(block);
      }
    });
    response.on('close', () => onEnd(response.statusCode));
  });
  request.on('error', () => onEnd(0));
  request.end(body);
  return request;
}

/** The tokens of one answer as one reader gets them. */
class Tokens {
  constructor(figures, wanted) {
    Object.assign(this, {figures, wanted, count: 0, wrong: 0});
  }

  add(text, at) {
    for (const token of text.split(' ')) {
      if (!token) continue;
      const [number, due] = token.split(':');
      if (Number(number) === this.count) this.figures.delays.push(at - Number(due));
      else this.wrong++;
      this.count++;
    }
  }

  complete() {
    return this.wrong === 0 && this.count === this.wanted;
  }
}

/** One answer, read by its asker from the model itself. */
function direct(url, asked, figures) {
  return new Promise((done) => {
    const tokens = new Tokens(figures, asked.tokens);
    const began = now();
    let first;
    const body = JSON.stringify({stream: true, messages: [{role: 'user', content: JSON.stringify(asked)}]});
    const block = ({data}) => {
      const text = data && data !== '[DONE]' ? (JSON.parse(data).choices[0]?.delta.content ?? '') : '';
      if (text && !first) figures.firsts.push((first = now()) - began);
      tokens.add(text, now());
    };
    read('POST', `${url}/chat/completions`, {'Content-Type': 'application/json'}, body, block, () => {
      figures.readers++;
      if (!tokens.complete()) figures.incomplete++;
      done();
    });
  });
}

/** One answer of the platform, with readers that are cut and come back. */
async function answer(gateways, asked, viewers, cut, figures) {
  const began = now();
  const response = await fetch(`${gateways[0]}/v1/ai/streams`, {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({prompt: JSON.stringify(asked), model: 'paced', unwatched: 'continue'}),
  });
  const made = await response.json();
  if (!response.ok) throw new Error(made.message);
  let first;
  const view = (number) =>
    new Promise((done) => {
      const tokens = new Tokens(figures, asked.tokens);
      let position;
      let over = false;
      const open = () => {
        let timer;
        // A reader that was away is behind by that time, which says nothing about the platform.
        let fresh = !position;
        const gateway = gateways[(number + figures.cuts) % gateways.length];
        const request = read('GET', gateway + made.events, position ? {'Last-Event-ID': position} : {}, undefined,
          ({event, data, id}) => {
            if (id) position = id;
            if (event === 'tw.live') fresh = true;
            if (event === 'delta') {
              if (!first) figures.firsts.push((first = now()) - began);
              const text = JSON.parse(data).text;
              if (fresh) tokens.add(text, now());
              else tokens.add(text, NaN);
            }
            if (event === 'finish' || event === 'failed') over = true;
          },
          (status) => {
            clearTimeout(timer);
            if (!over && status !== 204) return setTimeout(open, 100);
            figures.readers++;
            if (!tokens.complete()) figures.incomplete++;
            done();
          });
        if (cut > 0) {
          timer = setTimeout(() => {
            if (over) return;
            figures.cuts++;
            request.destroy();
          }, -Math.log(1 - Math.random()) * cut * 1000);
        }
      };
      open();
    });
  await Promise.all(Array.from({length: viewers}, (_, number) => view(number)));
}

function percentile(sorted, share) {
  return sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function row(name, answers, figures) {
  const ms = (values) => {
    const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
    return `${percentile(sorted, 0.5).toFixed(0)} | ${percentile(sorted, 0.99).toFixed(0)}`;
  };
  console.log(
    `| ${name} | ${answers} | ${figures.readers} | ${figures.cuts} | ${figures.incomplete} | ${ms(figures.firsts)} | ${ms(figures.delays)} |`);
}

async function step(name, answers, one) {
  const figures = {firsts: [], delays: [], readers: 0, incomplete: 0, cuts: 0};
  await Promise.all(
    // Spread over a second, so that not all tokens are due at the same moments.
    Array.from({length: answers}, async (_, number) => {
      await pause((number * 1000) / answers);
      await one(figures);
    }));
  row(name, answers, figures);
  return figures.incomplete === 0;
}

async function main() {
  const rate = Number(option('rate', 50));
  const asked = {rate, tokens: rate * Number(option('seconds', 20))};
  const viewers = Number(option('viewers', 3));
  const cut = Number(option('cut', 5));
  const source = fork(here, ['--model'], {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});
  const port = await new Promise((done) => source.once('message', done));
  const upstream = `http://127.0.0.1:${port}/v1`;
  const base = Number(option('port', 18700));
  const platform = spawn(
    join(option('home', join(here, '../..')), 'tailwater'),
    ['up', '--processes', '--gateways', '2', '--data', mkdtempSync(join(tmpdir(), 'tailwater-ai-')), '--port', String(base)],
    {env: {...process.env, TAILWATER_AI_UPSTREAM: upstream, TAILWATER_AI_MAX_RUNNING_PER_ADDRESS: '0'}, detached: true,
      stdio: ['ignore', 'pipe', 'inherit']});
  let complete = true;
  try {
    await new Promise((done, fail) => {
      let log = '';
      platform.stdout.on('data', (text) => (log += text).includes('tailwater is ready') && done());
      platform.on('exit', () => fail(new Error(`the platform did not start: ${log}`)));
    });
    const gateways = [`http://127.0.0.1:${base + 1}`, `http://127.0.0.1:${base + 2}`];
    const counts = option('answers', '10,30,100').split(',').map(Number);
    console.log('| read | answers | readers | cuts | incomplete | first token ms p50 | p99 | token ms p50 | p99 |');
    console.log('|---|---|---|---|---|---|---|---|---|');
    const brief = {rate, tokens: rate * 5};
    await step('warm-up', 10, (figures) => answer(gateways, brief, viewers, cut, figures));
    for (const answers of counts) {
      complete &= await step('directly', answers, (figures) => direct(upstream, asked, figures));
      complete &= await step('through the platform', answers, (figures) => answer(gateways, asked, viewers, cut, figures));
    }
  } finally {
    source.kill();
    if (platform.exitCode === null) {
      const stopped = new Promise((done) => platform.once('exit', done));
      process.kill(platform.pid, 'SIGTERM');
      await stopped;
    }
  }
  process.exitCode = complete ? 0 : 1;
}

if (process.argv.includes('--model')) model();
else await main();
