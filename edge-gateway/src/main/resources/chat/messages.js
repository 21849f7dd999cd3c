// What was said in a room, as it is seen: days, people and their messages. It stays at the end while its reader is there,
// and does not move under somebody who reads what was before.

import {$, arrange, dayOf, dayText, h, icon, say, timeText} from '/chat/dom.js';
import {openMenu} from '/chat/menu.js';
import {avatar} from '/chat/people.js';

/** Messages of one person belong together if there is no longer pause between them. */
const GROUP_MS = 5 * 60_000;
/** So near to the end, one is at the end. */
const NEAR_PX = 60;
/** The page before is read when the beginning is as near. */
const EARLY_PX = 700;
/** Farther away, the end is shown at once. */
const GLIDE_PX = 900;
/** A picture is shown as large as this at most. */
const MAX_WIDTH_PX = 352, MAX_HEIGHT_PX = 320;
const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]']/g;
const EMOJI = /^(?:\p{Extended_Pictographic}[\u{FE0F}\u{200D}\u{1F3FB}-\u{1F3FF}\p{Extended_Pictographic}]*\s*){1,3}$/u;
const CALM = matchMedia('(prefers-reduced-motion: reduce)');

/** Shows one room at a time. Tells `seen` when the end of the room is on the screen. */
export class Messages extends EventTarget {
  room;
  #actions;
  /** By key: {item, content, signature}. */
  #nodes = new Map();
  #following = true;
  #lastTop = 0;
  #below = 0;
  /** Where a stay in the room began: what came before and was not read is new. */
  #newFrom;
  #scroll = $('scroll');
  #list = $('messages');

  /** @param actions what can be done with messages: edit, remove, again, discard, view */
  constructor(actions) {
    super();
    this.#actions = actions;
    this.#scroll.addEventListener('scroll', () => this.#scrolled(), {passive: true});
    // The keyboard of a phone, or a longer draft, takes room away.
    new ResizeObserver(() => this.#following && this.#toEnd(false)).observe(this.#scroll);
    $('down').addEventListener('click', () => {
      this.#toEnd(true);
      this.#scroll.focus({preventScroll: true});
    });
  }

  get atEnd() {
    return this.#following;
  }

  show(room) {
    if (this.room === room) return;
    this.room?.trim(false);
    this.room = room;
    this.#nodes.clear();
    this.#list.replaceChildren();
    this.#following = true;
    this.#below = 0;
    this.#newFrom = undefined;
    this.update();
    this.#toEnd(false);
  }

  /** From here on, messages were new when the room was opened. It stays so until the room is left. @param {number} offset */
  markNew(offset) {
    this.#newFrom ??= offset;
    this.update();
  }

  /** Others have said something. */
  came() {
    if (this.#following) return;
    this.#below++;
    this.#arrow();
  }

  update() {
    const {room} = this;
    if (!room) return;
    // The browser tells of scrolling only with its next frame.
    this.#judge();
    const scroll = this.#scroll, before = scroll.scrollHeight, top = scroll.scrollTop;
    if (this.#following) room.trim(true);
    const held = this.#following ? undefined : [...this.#list.children].find(({offsetTop}) => offsetTop >= top), heldTop = held?.offsetTop;
    arrange(this.#list, this.#items(room));
    this.#forget();
    this.#beginning(room);
    if (this.#following) {
      if (scroll.scrollHeight !== before) this.#toEnd(before > scroll.clientHeight);
    } else if (held?.isConnected && held.offsetTop !== heldTop) {
      // Older messages above do not move what is read.
      scroll.scrollTop = top + held.offsetTop - heldTop;
    }
    this.#arrow();
    if (scroll.scrollHeight <= scroll.clientHeight + EARLY_PX) this.#early();
    if (this.#following) this.dispatchEvent(new Event('seen'));
  }

  // ---- Scrolling

  /** Whether the newest messages are followed: at the end, until it is scrolled up. */
  #judge() {
    const {scrollTop: top, scrollHeight, clientHeight} = this.#scroll, left = scrollHeight - clientHeight - top;
    if (left < NEAR_PX) this.#following = true;
    else if (top < this.#lastTop) this.#following = false;
    this.#lastTop = top;
    return {top, left};
  }

  #scrolled() {
    const {top, left} = this.#judge();
    if (this.#following && left < NEAR_PX) {
      this.#below = 0;
      this.dispatchEvent(new Event('seen'));
    }
    this.#arrow();
    if (top < EARLY_PX) this.#early();
  }

  #early() {
    if (this.room && !this.room.fault) this.room.older();
  }

  /** @param {boolean} glide */
  #toEnd(glide) {
    const scroll = this.#scroll, to = scroll.scrollHeight - scroll.clientHeight, way = to - scroll.scrollTop;
    this.#following = true;
    this.#below = 0;
    if (glide && !CALM.matches && way < GLIDE_PX && !document.hidden) scroll.scrollTo({top: to, behavior: 'smooth'});
    else this.#lastTop = scroll.scrollTop = to;
    this.#arrow();
  }

  #arrow() {
    $('down').hidden = this.#following;
    say($('below'), this.#below ? `${this.#below} new` : 'Newest messages');
  }

  #beginning(room) {
    const top = $('top');
    if (room.fault) {
      const again = h('button', {type: 'button', class: 'quiet', onclick: () => room.older()}, 'Try again');
      if (!top.querySelector('button')) top.replaceChildren(room.fault, ' ', again);
    } else {
      say(top, room.loading ? 'Reading older messages…' : !room.live && !room.messages.length ? 'Reading messages…'
        : room.complete ? (room.messages.length || room.pending.length ? `This is where ${room.title} begins.` : 'Nothing was said here yet. Say hello!') : '');
    }
  }

  // ---- Elements

  #items(room) {
    const items = [], pending = room.pending.map((entry) => ({...entry, entry, key: `key ${entry.key}`, mine: true, waits: true}));
    const all = [...room.messages, ...pending];
    let day, isNew = false;
    all.forEach((message, i) => {
      if (dayOf(message.at) !== day) {
        day = dayOf(message.at);
        items.push(this.#separator(`day ${day}`, 'day', dayText(message.at)));
      }
      if (!isNew && !message.mine && message.offset > this.#newFrom) {
        isNew = true;
        items.push(this.#separator('new', 'new', 'New'));
      }
      const belongs = (other) => other && (other.mine ? message.mine : other.by === message.by)
        && Math.abs(message.at - other.at) < GROUP_MS && dayOf(other.at) === dayOf(message.at);
      const first = items.at(-1).matches('.separator') || !belongs(all[i - 1]);
      items.push(this.#item(message, first, !belongs(all[i + 1])));
    });
    return items;
  }

  #separator(key, kind, text) {
    const known = this.#nodes.get(key) ?? {item: h('li', {class: `separator ${kind}`}, h('span'))};
    this.#nodes.set(key, known);
    say(known.item.firstChild, text);
    known.used = true;
    return known.item;
  }

  #item(message, first, last) {
    const signature = [message.text, message.edited, message.deleted, message.waits, message.stored, message.error, message.picture?.url].join('\n');
    let known = this.#nodes.get(message.key);
    if (!known) {
      this.#nodes.set(message.key, (known = {item: h('li')}));
      // What was there when the room was opened does not come in.
      if (this.room.live && this.#list.childElementCount && (message.waits || message === this.room.newest)) known.fresh = ' fresh';
    }
    if (known.signature !== signature || known.first !== first) {
      known.item.replaceChildren(...this.#content(message, first));
      known.signature = signature;
      known.first = first;
    }
    known.item.className = `message ${message.mine ? 'mine' : 'theirs'}${first ? ' first' : ''}${last ? ' last' : ''}${message.waits && !message.stored ? ' waits' : ''}${message.error ? ' failed' : ''}${known.fresh ?? ''}`;
    if (message.id) known.item.dataset.id = message.id;
    known.used = true;
    return known.item;
  }

  /** Lets go of elements that are not shown any more. */
  #forget() {
    for (const [key, known] of this.#nodes) {
      if (!known.used) this.#nodes.delete(key);
      known.used = false;
    }
  }

  #content(message, first) {
    const name = message.mine ? 'You' : message.by;
    return [
      message.mine ? null : first ? avatar(message.by) : h('span', {class: 'avatar none'}),
      h('div', {class: 'body'},
        h('span', {class: first && !message.mine ? 'from' : 'unseen'}, name),
        h('div', {class: 'line'},
          this.#more(message),
          this.#bubble(message)),
        message.error ? this.#failure(message) : null),
    ].filter(Boolean);
  }

  #bubble(message) {
    const meta = h('span', {class: 'meta'},
      message.edited && !message.deleted ? h('span', null, 'edited') : null,
      h('time', {datetime: new Date(message.at).toISOString(), title: new Date(message.at).toLocaleString()}, timeText(message.at)),
      message.mine && !message.deleted ? state(message) : null);
    if (message.deleted) return h('div', {class: 'bubble gone'}, h('span', {class: 'said'}, 'Message deleted'), meta);
    if (message.picture) {
      const {url, width, height} = message.picture, scale = Math.min(1, MAX_WIDTH_PX / width, MAX_HEIGHT_PX / height);
      return h('div', {class: 'bubble picture'},
        h('button', {type: 'button', 'aria-label': `Picture of ${message.mine ? 'yours' : message.by}, ${timeText(message.at)}: show it larger`, onclick: () => this.#actions.view(message)},
          h('img', {src: url, width: Math.round(width * scale), height: Math.round(height * scale), alt: '', draggable: 'false'})), meta);
    }
    if (message.picture === null) return h('div', {class: 'bubble gone'}, h('span', {class: 'said'}, 'A file that is not a picture'), meta);
    const text = message.text ?? '';
    return h('div', {class: `bubble${EMOJI.test(text) ? ' emoji' : ''}`}, h('span', {class: 'said'}, linked(text)), meta);
  }

  #more(message) {
    if (!message.mine || message.deleted || message.waits) return null;
    const button = h('button', {type: 'button', class: 'more', 'aria-haspopup': 'menu', 'aria-expanded': 'false',
      'aria-label': `Change your message of ${timeText(message.at)}`, onclick: () => openMenu(button, [
        ...(message.picture === undefined ? [{name: 'Edit', act: () => this.#actions.edit(message)}] : []),
        {name: 'Delete', danger: true, act: () => this.#actions.remove(message)},
      ])}, icon('M5.5 12h.01M12 12h.01M18.5 12h.01'));
    return button;
  }

  #failure(message) {
    return h('p', {class: 'failure'}, `Not sent: ${message.error} `,
      h('button', {type: 'button', class: 'quiet', onclick: () => this.#actions.again(message.entry)}, 'Try again'), ' ',
      h('button', {type: 'button', class: 'quiet', onclick: () => this.#actions.discard(message.entry)}, 'Discard'));
  }
}

/** Whether a message of mine is where it belongs. */
function state(message) {
  if (message.error) return icon('M12 7v6M12 16.5v.5M21 12a9 9 0 1 1-18 0a9 9 0 1 1 18 0', 'not sent');
  if (message.waits && !message.stored) return icon('M12 7v5l3 2M21 12a9 9 0 1 1-18 0a9 9 0 1 1 18 0', 'waiting to be sent');
  return icon('M6 12.5l4 4 8-9', 'sent');
}

/** A text, with its addresses as links. */
function linked(text) {
  const parts = [];
  let at = 0;
  for (const {0: address, index} of text.matchAll(LINK)) {
    parts.push(text.slice(at, index), h('a', {href: address, target: '_blank', rel: 'noopener noreferrer'}, address));
    at = index + address.length;
  }
  return [...parts, text.slice(at)];
}
