// AI answers: what runs, its text, and an end to it.

import {createClient} from '/v1/client.js';
import {resumeAnswer} from '/v1/client/ai.js';
import {badge, channelLink, confirmed, connectionsLink, count, date, duration, field, h, rows, say, table, tell} from '/console/dom.js';
import {call, session} from '/console/api.js';
import {live} from '/console/live.js';

const LIMIT = 50;
const EVERY_MS = 3_000;
const KIND = {running: 'good', queued: 'warn', finished: '', cancelled: 'warn', failed: 'bad'};

export function streams(main) {
  const status = h('select', {name: 'status'}, [['running', 'Running'], ['queued', 'Queued'], ['finished', 'Finished'], ['failed', 'Failed'], ['cancelled', 'Cancelled'], ['', 'All']].map(([value, name]) => h('option', {value}, name)));
  const found = table('AI streams', ['Stream', 'Creator', 'Model', 'Status', {name: 'Tokens', class: 'number'}, 'Begun', {name: h('span', {class: 'unseen'}, 'Actions')}]);
  const more = h('button', {type: 'button', hidden: true, onclick: () => load(false)}, 'Show more');
  const id = h('input', {name: 'id', autocomplete: 'off', spellcheck: 'false', required: true});
  const reader = h('div');
  let shown = [];
  let next = '';
  let listed = true;
  let shut = () => {};

  status.addEventListener('change', () => load(true));
  main.append(h('h1', null, 'AI streams'),
    h('div', {class: 'search half card'}, field('Status', status),
      h('form', {class: 'inline', onsubmit: (submit) => {
        submit.preventDefault();
        open(id.value.trim());
      }}, field('Stream', id, 'Its id.'), h('button', {type: 'submit'}, 'Show text'))),
    h('section', {class: 'card'}, found.box, h('div', {class: 'row'}, more)), reader);

  async function load(anew) {
    if (!listed) return;
    try {
      const page = await call('GET', '/v1/ai/streams', {query: {status: status.value, limit: LIMIT, after: anew ? '' : next}});
      shown = anew ? page.streams : [...shown, ...page.streams];
      next = page.next ?? '';
      more.hidden = !next;
      rows(found.body, shown, (one) => one.id, row, status.value ? `No stream is ${status.value}.` : 'There are no streams.');
    } catch (refusal) {
      listed = ![404, 405].includes(refusal.status);
      rows(found.body, [], () => '', row, listed ? refusal.message : 'This gateway does not list AI streams. Open one by its id.');
    }
  }

  function row(first) {
    const [model, state, tokens, begun] = Array.from({length: 4}, () => h('td'));
    tokens.className = 'number';
    const cancel = h('button', {type: 'button', class: 'small danger', 'aria-label': `Cancel ${first.id}`, onclick: async () => {
      if (!(await confirmed(`Cancel the answer ${first.id}? Its readers get what was written so far.`, 'Cancel it'))) return;
      try {
        await call('DELETE', `/v1/ai/streams/${encodeURIComponent(first.id)}`);
        tell(`${first.id} is cancelled.`);
      } catch (refusal) {
        tell(refusal.message, true);
      }
      load(true);
    }}, 'Cancel');
    return {
      row: h('tr', null, h('td', null, channelLink(first.channel ?? `ai:${first.id}`)),
        h('td', null, first.creator ? connectionsLink('subject', first.creator) : ''), model, state, tokens, begun,
        h('td', {class: 'end'}, h('button', {type: 'button', class: 'small', 'aria-label': `Show the text of ${first.id}`, onclick: () => open(first.id)}, 'Text'), ' ', cancel)),
      update(one) {
        say(model, one.model);
        const more = one.error?.message ?? (one.ahead ? `${count(one.ahead)} before it` : '');
        const words = `${one.status} ${more}`;
        if (state.textContent !== words) state.replaceChildren(badge(KIND[one.status] ?? '', one.status), ` ${more}`);
        say(tokens, one.usage ? count(one.usage.total_tokens) : '');
        say(begun, one.created_ms ? `${duration(Date.now() - one.created_ms)} ago` : '');
        begun.title = one.created_ms ? date(one.created_ms) : '';
        cancel.hidden = !['running', 'queued'].includes(one.status);
      },
    };
  }

  async function open(wanted) {
    shut();
    const text = h('pre', {class: 'data answer', tabindex: 0, 'aria-label': `Text of ${wanted}`});
    const state = h('span', {class: 'hint'}, 'connecting …');
    const heading = h('h2', {tabindex: -1}, 'Text of ', h('span', {class: 'mono'}, wanted));
    reader.replaceChildren(h('section', {class: 'card'}, h('div', {class: 'row'}, heading, state), text));
    heading.focus();
    const client = createClient({url: location.origin, transport: 'sse', getToken: async () => session.token});
    let end = () => {};
    shut = () => {
      end();
      client.close();
    };
    try {
      const answer = await resumeAnswer(client, wanted);
      const show = () => {
        say(state, answer.status);
        const whole = answer.parts.map((part) => (part.kind === 'text' ? part.text : `[${part.kind}] ${part.text}`)).join('\n\n');
        say(text, whole || (answer.status === 'running' ? '' : 'It has no text.'));
      };
      const stop = answer.onChange(show);
      answer.finished.catch((failure) => say(state, failure.message));
      end = () => {
        stop();
        answer.close();
      };
      show();
    } catch (failure) {
      say(state, failure.message);
    }
  }

  load(true);
  const timer = setInterval(() => {
    if (!document.hidden && !live.paused && shown.length <= LIMIT) load(true);
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    shut();
  };
}
