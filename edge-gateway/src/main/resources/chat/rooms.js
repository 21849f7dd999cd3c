// The rooms: their list is the state of a channel, so that everybody has the same one. What is unread is counted by the
// platform, the same on all devices of a user.

import {stateMap} from '/v1/client/state.js';
import {Room, offsetOf} from '/chat/room.js';
import {session} from '/chat/session.js';

const LIST = 'chat:~rooms';
const FIRST = {name: 'lobby', title: 'Lobby'};
/** Rooms that are followed. */
const MAX_ROOMS = 100;
const PEEK = 3, WHOLE = 60;
const COUNT_AFTER_MS = 300;

/** A name as the end of an address: letters and digits of any script. */
export const nameOf = (title) =>
  title.normalize('NFKC').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60);

/** Tells `change`, and `message` with {room, message}. */
export class Rooms extends EventTarget {
  /** By name. */
  all = new Map();
  #client;
  #me;
  #list;
  /** Rooms whose unread messages have to be counted. */
  #uncounted = new Set();
  #counting;

  constructor(client, me) {
    super();
    this.#client = client;
    this.#me = me;
    this.#list = stateMap(client.channel(LIST));
    this.#list.on('change', () => this.#listed());
    this.#list.on('error', () => {});
    this.#list.ready.then(() => this.#listed(), () => {});
    client.channel(`acks:${me}`).subscribe(({data}) => this.#readElsewhere(data)).on('error', () => {});
    client.on('state', ({state}) => state === 'live' && this.#count());
  }

  /** In the order of their newest messages. */
  get sorted() {
    const at = (room) => room.newest?.at ?? 0;
    return [...this.all.values()].sort((a, b) => at(b) - at(a) || a.title.localeCompare(b.title));
  }

  /** Begins with the room that is to be shown, so that it is there first. */
  begin(name) {
    this.#enter(FIRST.name, FIRST.title, name === FIRST.name ? WHOLE : PEEK);
    if (name) this.open(name);
  }

  /** A room by its name; it is made if it is not there. */
  open(name) {
    const room = this.all.get(name) ?? this.#enter(name, name, WHOLE);
    if (name !== FIRST.name) {
      this.#list.ready.then(() => this.#list.has(name) || this.#list.put(name, {title: room.title})).catch(() => {});
    }
    return room;
  }

  /** Makes a room with a title, or finds it. Returns its name. */
  make(title) {
    const name = nameOf(title);
    if (name && !this.all.has(name)) {
      const room = this.#enter(name, title, WHOLE);
      this.#list.ready.then(() => this.#list.has(name) || this.#list.put(name, {title: room.title})).catch(() => {});
    }
    return name;
  }

  #listed() {
    for (const [name, value] of this.#list) {
      const title = typeof value?.title === 'string' && value.title.trim() ? value.title.trim() : name;
      const room = this.all.get(name);
      if (room) room.title = title;
      else if (this.all.size < MAX_ROOMS && name === nameOf(name)) this.#enter(name, title, PEEK);
    }
    this.#changed();
  }

  #enter(name, title, count) {
    const room = new Room(this.#client, name, `chat:${name}`, this.#me);
    room.title = title;
    this.all.set(name, room);
    room.addEventListener('change', () => this.#changed());
    room.addEventListener('live', () => {
      this.#uncounted.add(room);
      this.#countSoon();
    });
    room.addEventListener('message', ({detail}) => {
      room.unread++;
      this.dispatchEvent(new CustomEvent('message', {detail: {room, message: detail}}));
    });
    room.follow(count);
    this.#changed();
    return room;
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  /** The room that a channel is. */
  ofChannel(channel) {
    return [...this.all.values()].find(({channelName}) => channelName === channel);
  }

  // ---- Unread messages

  /** Another page of this user has read. */
  #readElsewhere(positions) {
    for (const [channel, position] of Object.entries(positions ?? {})) {
      const room = this.ofChannel(channel);
      if (!room?.unread) continue;
      if (room.newest && offsetOf(position) >= room.newest.offset) room.counted(0);
      else {
        this.#uncounted.add(room);
        this.#countSoon();
      }
    }
  }

  #countSoon() {
    clearTimeout(this.#counting);
    this.#counting = setTimeout(() => this.#count(), COUNT_AFTER_MS);
  }

  async #count() {
    const rooms = [...this.#uncounted].filter(({live}) => live), came = new Map(rooms.map((room) => [room, room.newest]));
    if (!rooms.length) return;
    this.#uncounted.clear();
    try {
      const answer = await fetch('/v1/acks/query', {
        method: 'POST',
        headers: {'Content-Type': 'application/json', Authorization: `Bearer ${session.token}`},
        body: JSON.stringify({channels: rooms.map(({channelName}) => channelName), types: ['message']}),
      });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const {acks} = await answer.json();
      acks.forEach(({position, unread = 0}, i) => {
        const room = rooms[i], since = room.messages.slice(room.messages.indexOf(came.get(room)) + 1).filter(({mine}) => !mine).length;
        room.readTo = position ? offsetOf(position) : undefined;
        if (position) room.counted(Math.max(unread, since));
        else room.begin().catch(() => {});
      });
      this.dispatchEvent(new Event('counted'));
    } catch {
      // Counted again when there is a connection.
      for (const room of rooms) this.#uncounted.add(room);
    }
  }
}
