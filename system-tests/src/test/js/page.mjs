// A page with our hooks, as Vite builds it. It shows what they return.
import {createElement, StrictMode, useState} from 'react';
import {createRoot} from 'react-dom/client';
import {createClient} from '@tailwater/client';
import {TailwaterProvider, useChannel, useConnection, useStateMap} from '@tailwater/client/react';

const react = location.search.slice(1), client = createClient();

function View() {
  const {state} = useConnection(), {events, live, publish} = useChannel(`demo:client react ${react}`);
  const {entries, ready, put} = useStateMap(`board:client react ${react}`, {conflict: (mine) => mine});
  return createElement('div', null,
    createElement('p', {id: 'view'}, `${state} ${events.length} ${live} ${entries.size} ${ready}`),
    createElement('button', {id: 'put', onClick: () => put('a', 1)}, 'put'),
    createElement('button', {id: 'publish', onClick: () => publish(3, {optimistic: true})}, 'publish'));
}

function App() {
  const [isShown, setShown] = useState(true);
  return createElement('main', null,
    createElement('button', {id: 'toggle', onClick: () => setShown(!isShown)}, 'toggle'), isShown && createElement(View));
}

createRoot(document.getElementById('root'))
  .render(createElement(StrictMode, null, createElement(TailwaterProvider, {client}, createElement(App))));
