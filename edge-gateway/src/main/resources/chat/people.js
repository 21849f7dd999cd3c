// People: their faces, who of them has the room open, and who is typing there.

import {presence, typing} from '/v1/client/presence.js';
import {$, arrange, h, say} from '/chat/dom.js';

const TINTS = 8;
/** Faces beside a room's name. */
const MAX_FACES = 4;
/** Typists that are named; more are several people. */
const MAX_NAMED = 2;
const WIDE = matchMedia('(min-width: 70.01rem)');
const CLOSED = 'tailwater-chat-people-closed';

/** The same name has the same colour everywhere. */
function tint(name) {
  let sum = 0x811c9dc5;
  for (const char of name) sum = Math.imul(sum ^ char.codePointAt(0), 0x01000193);
  return ((sum ^ sum >>> 10) >>> 0) % TINTS;
}

function initials(name) {
  const words = name.split(/[\s._@-]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)].map((word) => [...word][0]) : [...(words[0] ?? '?')].slice(0, 2);
  return letters.join('').toUpperCase();
}

export const avatar = (name) => h('span', {class: `avatar tint-${tint(name)}`, 'aria-hidden': 'true'}, initials(name));

/** Who has the room open, and who is typing there: of one room at a time, in which its user is seen meanwhile. */
export class People {
  #client;
  #me;
  #room;
  #here;
  #typing;
  #items = new Map();

  constructor(client, me) {
    this.#client = client;
    this.#me = me;
    $('people-button').addEventListener('click', () => this.#open($('people').hidden));
    $('people-close').addEventListener('click', () => this.#open(false));
    $('shade').addEventListener('click', () => this.#open(false));
    $('people').addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !WIDE.matches) this.#open(false);
    });
    // Beside the room it is open until it is closed; where it would cover the room, the other way round.
    WIDE.addEventListener('change', () => this.#fit());
    this.#fit();
    client.on('state', () => this.#draw());
  }

  enter(room) {
    if (this.#room === room) return;
    this.leave();
    this.#room = room;
    const channel = this.#client.channel(room.channelName);
    const here = this.#here = presence(channel, {present: true});
    here.on('change', () => here === this.#here && this.#draw());
    // Of a namespace that shows nobody, for example.
    here.on('error', () => here === this.#here && this.#hide());
    const typists = this.#typing = typing(channel);
    typists.on('change', () => typists === this.#typing && this.#drawTyping());
    typists.on('error', () => {});
    this.#draw();
    this.#drawTyping();
  }

  /** Its user looks at no room. */
  leave() {
    this.#here?.close();
    this.#typing?.close();
    this.#room = this.#here = this.#typing = undefined;
  }

  /** Its user writes. */
  type() {
    this.#typing?.start();
  }

  /** Its user has sent what they wrote, or taken it back. */
  quiet() {
    this.#typing?.stop();
  }

  #hide() {
    this.#here = undefined;
    this.#draw();
  }

  #fit() {
    $('people').hidden = !WIDE.matches || localStorage.getItem(CLOSED) !== null;
    this.#shown();
  }

  #open(isOpen) {
    $('people').hidden = !isOpen;
    this.#shown();
    if (WIDE.matches) {
      if (isOpen) localStorage.removeItem(CLOSED);
      else localStorage.setItem(CLOSED, 'yes');
    }
    if (!isOpen) $('people-button').focus();
    else if (!WIDE.matches) $('people-close').focus();
  }

  #shown() {
    const isOpen = !$('people').hidden;
    $('people-button').setAttribute('aria-expanded', String(isOpen));
    $('shade').hidden = !isOpen || WIDE.matches;
  }

  #draw() {
    const here = this.#here, mine = (member) => member.subject === this.#me;
    const members = [...(here?.members.values() ?? [])].sort((a, b) => mine(b) - mine(a) || a.since_ms - b.since_ms);
    const count = Math.max(here?.count ?? 0, members.length), people = `${count} ${count === 1 ? 'person' : 'people'} here`;
    $('people-button').hidden = !count;
    arrange($('faces'), members.slice(0, MAX_FACES).map(({subject}) => this.#item(subject).face));
    say($('count'), `${count}`);
    $('people-button').setAttribute('aria-label', `${people}: show who`);
    $('people-button').title = people;
    arrange($('members'), members.map(({subject}) => this.#item(subject).row));
    for (const subject of this.#items.keys()) if (!here?.members.has(subject)) this.#items.delete(subject);
    const unlisted = count - members.length;
    say($('members-note'), !here ? 'Nobody is shown here.'
      : this.#client.state !== 'live' || (here.stale && count) ? 'Who comes and goes is not known just now.'
        : unlisted > 0 && members.length ? `And ${unlisted} more without a name.`
          : unlisted > 0 ? `${people}, too many to be listed.` : '');
  }

  #item(subject) {
    let item = this.#items.get(subject);
    if (!item) {
      const name = subject === this.#me ? `${subject} (you)` : subject;
      item = {face: avatar(subject), row: h('li', null, avatar(subject), h('span', {title: subject}, name))};
      this.#items.set(subject, item);
    }
    return item;
  }

  #drawTyping() {
    const names = [...new Set(this.#typing.who.map(({by}) => by).filter((by) => by && by !== this.#me))];
    const text = !names.length ? ''
      : names.length > MAX_NAMED ? 'Several people are typing' : `${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} typing`;
    const line = $('typing');
    if (line.textContent === text) return;
    line.replaceChildren(...(text ? [h('span', {class: 'dots', 'aria-hidden': 'true'}, h('i'), h('i'), h('i')), text] : []));
  }
}
