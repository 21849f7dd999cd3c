// Signs in, and shows the page that the address names.

import {badge, field, h, say, tell} from '/console/dom.js';
import {Refusal, call, session} from '/console/api.js';
import {live} from '/console/live.js';
import {overview} from '/console/overview.js';
import {connections} from '/console/connections.js';
import {channel, channels} from '/console/channel.js';
import {namespaces} from '/console/namespaces.js';
import {streams} from '/console/streams.js';
import {tokens} from '/console/tokens.js';

const main = document.getElementById('main');
const bar = document.getElementById('bar');
const pause = document.getElementById('pause');
let leavePage = () => {};

const PAGES = {
  '': ['Overview', overview],
  connections: ['Connections', connections],
  channels: ['Channels', channels],
  channel: ['Channel', (where, _, name) => channel(where, name)],
  namespaces: ['Namespaces', namespaces],
  ai: ['AI streams', streams],
  tokens: ['Tokens', tokens],
};

function show() {
  if (!session.token) return;
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const [page, ...rest] = path.split('/');
  const [title, render] = PAGES[page] ?? PAGES[''];
  let name = rest.join('/');
  try {
    name = decodeURIComponent(name);
  } catch {
    // As it is.
  }
  leavePage();
  main.replaceChildren();
  document.title = `${name || title} – Tailwater console`;
  const section = page === 'channel' ? 'channels' : PAGES[page] ? page : '';
  for (const link of document.querySelectorAll('#nav a')) {
    if (link.getAttribute('href') === `#/${section}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  leavePage = render(main, new URLSearchParams(query ?? ''), name) ?? (() => {});
  window.scrollTo(0, 0);
}

/** Asks for a token, and says what was wrong with the one before. */
function signIn(problem) {
  leavePage();
  leavePage = () => {};
  live.stop();
  session.drop();
  bar.hidden = true;
  document.title = 'Sign in – Tailwater console';
  const token = h('textarea', {name: 'token', rows: 4, required: true, autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', placeholder: 'eyJhbGciOi…'});
  const wrong = h('p', {class: 'note bad', role: 'alert', hidden: !problem}, problem ?? '');
  const button = h('button', {type: 'submit', class: 'primary'}, 'Sign in');
  main.replaceChildren(h('section', {class: 'card signin'},
    h('h1', null, 'Tailwater console'),
    h('p', null, 'Sign in with a token whose ', h('code', null, 'call'), ' covers ', h('code', null, 'admin.*'),
      '. To read and publish, it must also cover the channels.'),
    wrong,
    h('form', {onsubmit: async (submit) => {
      submit.preventDefault();
      button.disabled = true;
      const refused = await check(token.value.trim());
      button.disabled = false;
      if (refused) {
        wrong.hidden = false;
        say(wrong, refused);
        token.focus();
      } else {
        begin();
      }
    }}, field('Token', token), h('div', {class: 'row'}, button)),
    session.development
      ? h('div', {class: 'row'}, h('button', {type: 'button', onclick: async () => {
        await session.renew();
        begin();
      }}, 'Use the development key'))
      : null,
    h('details', null, h('summary', null, 'How to make one'),
      h('p', null, 'On the machine of ', h('code', null, './tailwater up'), ':'),
      h('pre', {class: 'data', tabindex: 0}, "./tailwater token me --call 'admin.*' --subscribe '*' --publish '*'"),
      h('p', null, 'Elsewhere your application signs it, like the tokens of its users. It stays in this tab, and goes to this server only.'))));
  token.focus();
}

/** Why a token is of no use here; null if it is. */
async function check(token) {
  if (!/^[\x21-\x7e]+$/.test(token)) return 'A token is one word of letters, digits, dots and hyphens.';
  session.keep(token);
  const refuse = session.onRefused;
  session.onRefused = () => {};
  try {
    const asked = await Promise.all(['overview', 'connections?limit=1', 'namespaces', 'revocations?limit=1'].map((path) =>
      call('GET', `/v1/admin/${path}`).then(() => null, (refusal) => refusal)));
    if (asked.some((refusal) => refusal === null)) return null;
    const worst = asked.find((refusal) => refusal.status !== 403) ?? asked[0];
    if (worst.status === 401 || worst.status === 403) session.drop();
    return worst.status === 403 ? `${worst.message}. A console needs "call": ["admin.*"] in "tw".` : worst.message;
  } finally {
    session.onRefused = refuse;
  }
}

function begin() {
  const {sub} = session.claims();
  bar.hidden = false;
  const subject = document.getElementById('subject');
  say(subject, sub ?? '');
  subject.title = session.development ? `${sub ?? ''}, by the development key` : sub ?? '';
  live.start();
  show();
}

session.onRefused = async (refusal) => {
  if (session.development && ['token_expired', 'unauthorized'].includes(refusal.code)) {
    // The development key may be another one than before.
    try {
      await session.renew();
      begin();
      return;
    } catch {
      // Signs in.
    }
  }
  signIn(refusal.message);
};

document.getElementById('skip').addEventListener('click', (click) => {
  click.preventDefault();
  main.focus();
});
document.getElementById('leave').addEventListener('click', () => signIn());
pause.addEventListener('click', () => {
  live.paused = !live.paused;
  pause.setAttribute('aria-pressed', String(live.paused));
});
setInterval(() => {
  const state = document.getElementById('live');
  const [kind, text] = live.paused ? ['', 'paused'] : {
    live: ['good', 'live'], asking: ['warn', 'every 5 s'], connecting: ['warn', 'connecting'], refused: ['bad', 'no overview'],
  }[live.state];
  if (state.textContent !== text) state.replaceChildren(badge(kind, text));
}, 500);
window.addEventListener('hashchange', show);
window.addEventListener('unhandledrejection', (event) => {
  if (event.reason instanceof Refusal) tell(event.reason.message, true);
});

try {
  if (await session.begin()) begin();
  else signIn();
} catch (refusal) {
  signIn(refusal.message);
}
