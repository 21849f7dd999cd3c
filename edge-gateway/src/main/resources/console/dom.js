// Elements and texts. Whatever comes from clients goes into the page as text, never as markup.

/** An element. `props` are attributes; `on…` are listeners; `null`, `undefined` and `false` are left out. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Puts a text into an element unless it is there, so that selections and screen readers are left alone. */
export function say(element, text) {
  const next = String(text);
  if (element.textContent !== next) element.textContent = next;
}

/** A labelled field of a form. */
export function field(label, input, hint) {
  const id = `f${++fields}`;
  input.id = id;
  const described = hint ? `${id}h` : null;
  if (described) input.setAttribute('aria-describedby', described);
  return h('div', {class: 'field'}, h('label', {for: id}, label), input,
    described ? h('p', {class: 'hint', id: described}, hint) : null);
}
let fields = 0;

/** A table in a box that scrolls by itself, also by keyboard. Returns its body beside it. */
export function table(caption, heads, options = {}) {
  const body = h('tbody');
  const box = h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
    h('table', {class: options.class},
      h('caption', {class: 'unseen'}, caption),
      h('thead', null, h('tr', null, heads.map((head) => h('th', {scope: 'col', class: head.class}, head.name ?? head)))),
      body));
  return {box, body};
}

/**
 * Shows items as rows, one for each key. Rows that stay are updated in place and keep the focus.
 *
 * @param make returns {row, update(item)}
 */
export function rows(body, items, key, make, empty) {
  const known = (body.known ??= new Map());
  const wanted = new Map(items.map((item) => [key(item), item]));
  for (const [id, one] of known) {
    if (!wanted.has(id)) {
      one.row.remove();
      known.delete(id);
    }
  }
  let at = body.firstElementChild;
  for (const [id, item] of wanted) {
    let one = known.get(id);
    if (!one) known.set(id, (one = make(item)));
    one.update?.(item);
    if (one.row !== at) body.insertBefore(one.row, at);
    else at = at.nextElementSibling;
  }
  body.none?.remove();
  body.none = null;
  if (!items.length && empty) {
    const width = body.parentElement.querySelectorAll('thead th').length;
    body.append((body.none = h('tr', {class: 'none'}, h('td', {colspan: width}, empty))));
  }
}

/** A link to a channel's page. */
export function channelLink(name) {
  return name.endsWith('*')
    ? h('span', {class: 'mono'}, name)
    : h('a', {class: 'mono', href: `#/channel/${encodeURIComponent(name)}`}, name);
}

/** A link to the connections that fit. */
export function connectionsLink(kind, value) {
  return h('a', {class: 'mono', href: `#/connections?${kind}=${encodeURIComponent(value)}`}, value);
}

/** A state as a word with a colour. */
export function badge(kind, text) {
  return h('span', {class: `badge ${kind}`}, text);
}

/** Says something to everyone, also to screen readers. */
export function tell(text, bad = false) {
  const box = document.getElementById('says');
  box.replaceChildren(h('p', {class: bad ? 'bad' : ''}, text));
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => box.replaceChildren(), bad ? 12_000 : 6_000);
}

/** Asks before something is done that cannot be taken back. Resolves with whether it was confirmed. */
export function confirmed(question, action) {
  return new Promise((done) => {
    const title = `d${++fields}`;
    const dialog = h('dialog', {'aria-labelledby': title, onclose: () => {
      dialog.remove();
      done(dialog.returnValue === 'yes');
    }},
    h('p', {id: title}, question),
    h('div', {class: 'row end'},
      h('button', {type: 'button', onclick: () => dialog.close('no'), autofocus: true}, 'Keep'),
      h('button', {type: 'button', class: 'danger', onclick: () => dialog.close('yes')}, action)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', {notation: 'compact', maximumFractionDigits: 1});
const clock = new Intl.DateTimeFormat('en', {hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false});
const day = new Intl.DateTimeFormat('en', {year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false});

export const count = (n) => (Math.abs(n) < 100_000 ? whole.format(n) : short.format(n));
export const rate = (n) => (n === null || n === undefined ? '…' : n < 10 ? (Math.round(n * 10) / 10).toString() : count(Math.round(n)));
export const time = (ms) => clock.format(ms);
export const date = (ms) => day.format(ms);

export function bytes(n) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return `${i ? n.toFixed(n < 10 ? 1 : 0) : Math.round(n)} ${units[i]}`;
}

export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return `${s} s`;
  if (s < 5_400) return `${Math.round(s / 60)} min`;
  if (s < 172_800) return `${Math.round(s / 3_600)} h`;
  return `${Math.round(s / 86_400)} d`;
}

/** Data of an event as text. */
export function dataText(event) {
  if (event.data instanceof Uint8Array) return `${event.data.length} bytes`;
  return typeof event.data === 'string' ? event.data : JSON.stringify(event.data);
}
