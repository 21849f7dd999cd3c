import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createElement, StrictMode} from 'react';
import {renderToString} from 'react-dom/server';
import {TailwaterProvider, useChannel, useConnection, usePresence, useStateMap, useTyping} from '../src/parts/react.js';

function View() {
  const {state} = useConnection(), {events, live} = useChannel('demo:a'), {entries, ready} = useStateMap('board:a');
  const {members, stale} = usePresence('demo:a', {present: {info: {}}}), {who} = useTyping('demo:a');
  return createElement('p', null, `${state} ${events.length} ${live} ${entries.size} ${ready} ${members.length} ${stale} ${who.length}`);
}

test('on a server, a component is rendered without a connection', () => {
  const client = {state: 'live', on: () => assert.fail('subscribed on a server'), channel: () => ({subscribe: () => assert.fail('subscribed on a server')})};
  const html = renderToString(createElement(StrictMode, null, createElement(TailwaterProvider, {client}, createElement(View))));
  assert.equal(html, '<p>connecting 0 false 0 false 0 true 0</p>');
});

test('without a provider, the error says what is missing', () => {
  assert.throws(() => renderToString(createElement(View)), /no TailwaterProvider/);
});
