// Checked by tsc, never run: what users write has these types.
import {createClient, TailwaterError, type Client, type Event} from '../../types/client.js';
import {presence, typing} from '../../types/presence.js';
import {stateMap} from '../../types/state.js';

const client: Client = createClient({getToken: async (why) => (why === 'expired' ? 'b' : 'a'), transport: 'auto', outbox: {limit: 5}});
const lobby = client.channel<{text: string}>('chat:lobby');
const subscription = lobby.subscribe(async (event: Event<{text: string}>) => console.log(event.data.text), {from: 'last:5'});
subscription.on('reset', ({reason}) => reason === 'expired');
subscription.on('live', ({position}) => position.length);
const stop: () => void = client.on('state', ({state, previous}) => [state, previous]);
client.on('settled', ({key, error}) => [key, error?.code]);
stop();

export async function main() {
  for await (const event of lobby.events({types: ['message']})) event.data.text.trim();
  const {id, duplicate}: {id?: string; duplicate: boolean} = await lobby.publish({text: 'hi'}, {key: 'k', optimistic: true});
  const {events, previous} = await lobby.history({before: id, limit: 10});
  const joined = await client.call<{joined: boolean}>('room.join', {room: 'chat:lobby'}, {timeout: 1_000});
  try {
    // @ts-expect-error A message is an object here.
    await lobby.publish('hi');
  } catch (error) {
    if (error instanceof TailwaterError && error.outcome === 'unknown') return error.code;
  }
  return [duplicate, events[0].data.text, previous, joined.joined];
}

interface Card {x: number; votes?: number}
const board = stateMap<Card>(client.channel('board:42'), {conflict: (mine, theirs) => (mine && theirs ? {...theirs, x: mine.x} : mine)});
board.on('change', ({entry, value}) => [entry, value?.x]);
board.put('card-7', {x: 1}).then(() => board.get('card-7')?.x);
for (const [entry, {x}] of board) console.log(entry, x, board.toJSON()?.position);
lobby.publish({text: 'hi'}, {entry: 'topic', if: 'absent'}).then(({version}) => version);
lobby.ack().then(() => lobby.unread());
client.channel('orders:*').subscribe(() => {}, {types: ['placed']}).on('reset', ({partitions}) => partitions?.[0].earliest);
// @ts-expect-error A card has a number.
board.put('card-7', {x: '1'});
const room = presence(lobby, {present: {info: {name: 'Ann'}}});
room.on('change', ({joined, left, count}) => [joined[0]?.subject, left.length, count]);
room.ready.then(() => [room.members.get('ann')?.info.name, room.listed, room.stale]);
room.page({limit: 10}).then(({members, next}) => room.update({away: members.length > 0 && !next}));
const typists = typing<{name: string}>(lobby, {info: {name: 'Ann'}});
typists.on('change', ({who}) => who.map(({by, info}) => by ?? info.name));
typists.start();
// @ts-expect-error What is told has a name.
typing<{name: string}>(lobby, {info: {age: 1}});
// @ts-expect-error There is no such transport.
createClient({transport: 'pigeon'});
// @ts-expect-error There is no such notice.
client.on('weather', () => {});
// @ts-expect-error The state cannot be set.
client.state = 'live';
