// The chat: signs in, and puts the parts of the page together.

import {createClient} from '/v1/client.js';
import {persistentOutbox} from '/v1/client/offline.js';
import {Composer} from '/chat/composer.js';
import {$, announce, arrange, asked, h, notice, say, shortText} from '/chat/dom.js';
import {Messages} from '/chat/messages.js';
import {People, avatar} from '/chat/people.js';
import {Rooms, nameOf} from '/chat/rooms.js';
import {session} from '/chat/session.js';

const NARROW = matchMedia('(max-width: 47.99rem)');
const LAST_ROOM = 'tailwater-chat-room';
const ACK_MS = 400;

// ---- Signing in

async function signIn(name) {
  try {
    await session.begin(name);
  } catch (error) {
    return enter(error.message);
  }
  $('enter').hidden = true;
  $('chat').hidden = false;
  new Chat(name);
}

function enter(fault = '') {
  $('chat').hidden = true;
  $('enter').hidden = false;
  say($('name-fault'), fault);
  const name = $('name');
  name.setAttribute('aria-invalid', String(Boolean(fault)));
  if (fault) name.setAttribute('aria-describedby', 'name-fault');
  name.value ||= session.suggested();
  name.focus();
  name.select();
}

$('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = $('name').value.trim().replace(/\s+/g, ' ');
  if (name) signIn(name);
});

// ---- The chat

class Chat {
  #client;
  #rooms;
  #messages;
  #people;
  #composer = new Composer();
  #room;
  #acking;
  /** The newest messages that were seen, and are not told of yet, by room. */
  #seenTo = new Map();
  #drawing = false;
  #items = new Map();
  #failure = '';

  constructor(name) {
    const outbox = persistentOutbox('tailwater-chat');
    const client = this.#client = createClient({getToken: () => session.renew(), outbox: shownOutbox(outbox, (entry) => this.#waits(entry))});
    client.on('state', ({state}) => {
      if (state === 'live') this.#report();
      this.#connection();
    });
    client.on('error', (error) => {
      this.#failure = error.message;
      this.#connection();
    });
    client.on('settled', ({key, channel, error}) => error && this.#rooms.ofChannel(channel)?.failed(key, error));
    this.#rooms = new Rooms(client, name);
    this.#messages = new Messages({
      edit: (message) => this.#composer.edit(message),
      remove: (message) => this.#remove(message),
      again: (entry) => this.#room.again(entry),
      discard: (entry) => this.#room.discard(entry),
      view: (message) => view(message),
    });
    this.#people = new People(client, name);
    this.#composer.addEventListener('typing', () => this.#people.type());
    this.#composer.addEventListener('quiet', () => this.#people.quiet());
    this.#rooms.addEventListener('change', () => this.#redraw());
    this.#rooms.addEventListener('message', ({detail}) => this.#came(detail));
    this.#rooms.addEventListener('counted', () => {
      if (this.#room?.unread) this.#messages.markNew(this.#room.readTo);
      this.#seen();
    });
    this.#messages.addEventListener('seen', () => this.#seen());
    document.addEventListener('visibilitychange', () => this.#seen());
    addEventListener('focus', () => this.#seen());
    addEventListener('hashchange', () => this.#route());
    NARROW.addEventListener('change', () => this.#route());
    $('leave').addEventListener('click', () => this.#leave());
    $('add').addEventListener('click', () => this.#add());
    $('my-avatar').replaceChildren(avatar(name));
    say($('my-name'), name);
    this.#rooms.begin(addressed() || (NARROW.matches ? '' : localStorage.getItem(LAST_ROOM)));
    this.#route();
    this.#connection();
    // Texts such as "Today" grow old.
    setInterval(() => this.#redraw(), 60_000);
  }

  // ---- Where one is

  #route() {
    let name = addressed();
    if (!name && !NARROW.matches) {
      name = this.#room?.name ?? localStorage.getItem(LAST_ROOM) ?? 'lobby';
      history.replaceState(null, '', `#/${encodeURIComponent(name)}`);
    }
    document.body.dataset.view = name ? 'room' : 'list';
    if (name) this.#open(name);
    else {
      this.#people.leave();
      this.#redraw();
      $('rooms').querySelector('[aria-current]')?.focus();
    }
  }

  #open(name) {
    const room = this.#rooms.open(name);
    localStorage.setItem(LAST_ROOM, name);
    if (this.#room !== room) {
      this.#room?.removeEventListener('change', this.#changed);
      this.#room = room;
      room.addEventListener('change', this.#changed);
      const {unread, readTo} = room;
      this.#composer.open(room);
      this.#messages.show(room);
      if (unread) this.#messages.markNew(readTo);
      room.older();
    }
    this.#people.enter(room);
    this.#redraw();
    this.#seen();
    if (!NARROW.matches) this.#composer.focus();
  }

  #changed = () => this.#messages.update();

  async #add() {
    const name = $('room-name');
    name.value = '';
    if (!await asked($('new-room'))) return;
    const title = name.value.trim().replace(/\s+/g, ' ');
    if (!nameOf(title)) return notice('A room needs a name with letters or digits.');
    location.hash = `#/${encodeURIComponent(this.#rooms.make(title))}`;
  }

  async #leave() {
    await this.#client.close();
    session.end();
    history.replaceState(null, '', '/chat');
    location.reload();
  }

  // ---- Messages

  #waits(entry) {
    if (entry.entry) return;
    const name = entry.channel.slice(entry.channel.indexOf(':') + 1);
    (this.#rooms.ofChannel(entry.channel) ?? this.#rooms.open(name)).waiting(entry);
  }

  async #remove(message) {
    if (!await asked($('sure'))) return;
    this.#room.remove(message).catch((error) => notice(`Your message was not deleted: ${error.message}`));
  }

  #came({room, message}) {
    if (room !== this.#room) return;
    this.#messages.came();
    announce(`${message.by}: ${message.text ?? (message.picture ? 'a picture' : '')}`);
  }

  /** Whether its user has the newest message before their eyes. */
  #seen() {
    const room = this.#room, looks = document.visibilityState === 'visible' && document.hasFocus() && document.body.dataset.view === 'room';
    if (!room?.unread || !room.newest || !room.live || !looks || !this.#messages.atEnd) return;
    room.counted(0);
    this.#seenTo.set(room, room.newest.id);
    clearTimeout(this.#acking);
    this.#acking = setTimeout(() => this.#report(), ACK_MS);
  }

  /** Tells the platform what was seen; what cannot be told now is told when there is a connection. */
  #report() {
    for (const [room, id] of this.#seenTo) {
      room.read(id).then(() => this.#seenTo.get(room) === id && this.#seenTo.delete(room), () => {});
    }
  }

  // ---- What is around them

  #redraw() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw() {
    const rooms = this.#rooms.sorted;
    arrange($('rooms'), rooms.map((room) => this.#item(room)));
    if (this.#room) say($('title'), this.#room.title);
    const here = document.body.dataset.view === 'room' ? this.#room : undefined;
    const all = rooms.reduce((sum, {unread}) => sum + unread, 0), elsewhere = all - (here?.unread ?? 0);
    $('elsewhere').hidden = !elsewhere;
    say($('elsewhere'), elsewhere > 99 ? '99+' : `${elsewhere}`);
    document.title = `${all ? `(${all}) ` : ''}${here ? `${here.title} · ` : ''}Tailwater chat`;
    this.#connection();
  }

  #item(room) {
    let item = this.#items.get(room);
    if (!item) {
      item = {
        name: h('b'), time: h('time'), last: h('span', {class: 'last'}), count: h('span', {class: 'badge'}),
        link: h('a', {href: `#/${encodeURIComponent(room.name)}`}),
      };
      item.link.append(h('span', {class: 'line'}, item.name, item.time), h('span', {class: 'line'}, item.last, item.count));
      item.row = h('li', null, item.link);
      this.#items.set(room, item);
    }
    const {newest, unread} = room, current = room === this.#room && document.body.dataset.view === 'room';
    say(item.name, room.title);
    say(item.time, newest ? shortText(newest.at) : '');
    say(item.last, newest ? `${newest.mine ? 'You' : newest.by}: ${summary(newest)}` : room.live ? 'Nothing said yet' : '');
    item.count.hidden = !unread;
    item.count.replaceChildren(unread > 99 ? '99+' : `${unread}`, h('span', {class: 'unseen'}, ' unread'));
    item.link.classList.toggle('unread', unread > 0);
    if (current) item.link.setAttribute('aria-current', 'page');
    else item.link.removeAttribute('aria-current');
    return item.row;
  }

  #connection() {
    const {state} = this.#client, waiting = [...this.#rooms.all.values()].flatMap(({pending}) => pending).filter(({stored, error}) => !stored && !error).length;
    const wait = waiting ? `${waiting} message${waiting > 1 ? 's wait' : ' waits'}` : '';
    const text = {
      live: 'Connected',
      connecting: `Connecting…${wait && ` ${wait}.`}`,
      offline: `Offline. ${wait || 'Messages wait'} until you are back`,
      closed: `Disconnected: ${this.#failure || 'load the page again'}`,
    }[state];
    for (const element of document.querySelectorAll('[data-connection]')) {
      element.dataset.state = state;
      say(element, element.closest('.me') && state === 'offline' ? 'Offline' : text);
    }
  }
}

const addressed = () => {
  try {
    return nameOf(decodeURIComponent(location.hash.replace(/^#\/?/, '')));
  } catch {
    return '';
  }
};

const summary = ({deleted, picture, text}) => (deleted ? 'message deleted' : picture ? 'picture' : text ?? 'file');

/** An outbox that shows what it holds, also of an earlier page. */
const shownOutbox = (outbox, show) => ({
  limit: outbox.limit,
  open: (owner, listener) => outbox.open(owner, {
    lead: (entries) => {
      entries.forEach(show);
      listener.lead(entries);
    },
    added: (entry) => {
      show(entry);
      listener.added(entry);
    },
    settled: (verdict) => listener.settled(verdict),
  }),
  put: (entry) => outbox.put(entry),
  tried: (entry) => outbox.tried(entry),
  remove: (verdict) => outbox.remove(verdict),
  close: () => outbox.close(),
});

/** A picture, as large as the screen. */
function view({picture, by, mine}) {
  const viewer = $('viewer'), image = $('viewed');
  image.src = picture.url;
  image.alt = `Picture of ${mine ? 'yours' : by}`;
  viewer.onclick = ({target}) => target === viewer && viewer.close();
  viewer.showModal();
}

const name = session.stored();
if (name) signIn(name);
else enter();
