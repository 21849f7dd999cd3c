// Revocations, and on the development platform a maker of tokens.

import {confirmed, count, date, field, h, rows, table, tell} from '/console/dom.js';
import {call, makeToken, session} from '/console/api.js';

const LIMIT = 100;

export function tokens(main) {
  main.append(h('h1', null, 'Tokens'), revocations());
  if (session.development) main.append(maker());
}

function revocations() {
  const kind = h('select', {name: 'kind'}, h('option', {value: 'subject'}, 'Subject'), h('option', {value: 'token_id'}, 'Token id (jti)'));
  const name = h('input', {name: 'name', required: true, autocomplete: 'off', spellcheck: 'false', maxlength: 255});
  const found = table('Revocations in force', ['Whose', 'Issued before', 'Until', 'By', {name: h('span', {class: 'unseen'}, 'Action')}]);
  const more = h('button', {type: 'button', hidden: true, onclick: () => load(false)}, 'Show more');
  let shown = [];
  let next = '';

  async function load(anew) {
    try {
      const page = await call('GET', '/v1/admin/revocations', {query: {limit: LIMIT, after: anew ? '' : next}});
      shown = anew ? page.revocations : [...shown, ...page.revocations];
      next = page.next ?? '';
      more.hidden = !next;
      rows(found.body, shown, key, row, 'No tokens are revoked.');
    } catch (refusal) {
      rows(found.body, [], key, row, refusal.message);
    }
  }

  const key = (one) => JSON.stringify([one.subject, one.token_id]);

  function row(one) {
    const whose = one.subject ?? one.token_id;
    return {row: h('tr', null,
      h('th', {scope: 'row', class: 'mono'}, one.subject === undefined ? `token ${whose}` : whose),
      h('td', {class: 'line'}, date(one.before)), h('td', {class: 'line'}, date(one.until)), h('td', {class: 'mono'}, one.by),
      h('td', {class: 'end'}, h('button', {type: 'button', class: 'small', 'aria-label': `Take the revocation of ${whose} back`, onclick: async () => {
        await change('DELETE', {query: {subject: one.subject, token_id: one.token_id}}, `The tokens of ${whose} are accepted again.`);
      }}, 'Take back')))};
  }

  async function change(method, options, said) {
    try {
      const answer = await call(method, '/v1/admin/revocations', options);
      tell(`${said} ${answer.ended ? `${count(answer.ended)} connections were ended. ` : ''}${answer.complete ? '' : 'Not every gateway has answered yet.'}`);
    } catch (refusal) {
      tell(refusal.message, true);
    }
    load(true);
  }

  const form = h('form', {class: 'inline', onsubmit: async (submit) => {
    submit.preventDefault();
    const whose = name.value;
    if (!(await confirmed(`Revoke all tokens of ${kind.value === 'subject' ? 'subject' : 'the id'} ${whose} that were issued until now? Their connections end.`, 'Revoke'))) return;
    await change('POST', {body: {[kind.value]: whose}}, `The tokens of ${whose} are revoked.`);
    form.reset();
  }}, field('Revoke by', kind), field('Name', name), h('button', {type: 'submit', class: 'danger'}, 'Revoke'));

  load(true);
  return h('section', {class: 'card'}, h('h2', null, 'Revocations'), form, found.box, h('div', {class: 'row'}, more));
}

function maker() {
  const subject = h('input', {name: 'subject', value: 'alice', required: true, autocomplete: 'off', spellcheck: 'false'});
  const patterns = (value) => h('input', {value, autocomplete: 'off', spellcheck: 'false'});
  const subscribe = patterns('chat:* user:$sub');
  const publish = patterns('chat:*');
  const calls = patterns('');
  const hours = h('input', {type: 'number', min: 1, max: 720, value: 1, required: true});
  const made = h('textarea', {rows: 5, readonly: true, spellcheck: 'false'});
  const result = h('div', {hidden: true}, field('The token', made), h('div', {class: 'row'}, h('button', {type: 'button', onclick: async () => {
    try {
      await navigator.clipboard.writeText(made.value);
      tell('Copied.');
    } catch {
      made.select();
      tell('Press Ctrl-C to copy it.');
    }
  }}, 'Copy')));
  const list = (input) => input.value.split(/\s+/).filter(Boolean);
  return h('section', {class: 'card'}, h('h2', null, 'Make a token'),
    h('p', {class: 'hint'}, 'Signed with the development key of this platform, as by ./tailwater token. Only the development platform offers this.'),
    h('form', {class: 'grid', onsubmit: async (submit) => {
      submit.preventDefault();
      try {
        const token = await makeToken({subject: subject.value, subscribe: list(subscribe), publish: list(publish), call: list(calls), ttl_s: Number(hours.value) * 3600});
        made.value = token.token;
        result.hidden = false;
        tell(`A token of ${token.subject}, until ${date(token.expires_at_ms)}.`);
      } catch (refusal) {
        tell(refusal.message, true);
      }
    }},
    field('Subject', subject), field('May read', subscribe, 'Patterns, with spaces between them.'), field('May publish to', publish), field('May call', calls, 'For a console: admin.*'), field('Hours', hours),
    h('div', {class: 'row'}, h('button', {type: 'submit', class: 'primary'}, 'Make a token'))),
    result);
}
