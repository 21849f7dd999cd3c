// Elements and texts. Whatever people write goes into the page as text, never as markup.

export const $ = (id) => document.getElementById(id);

/** An element. `props` are attributes; `on…` are listeners; `null`, `undefined` and `false` are left out. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A drawing in a square of 24. @param {string} [label] what it says; without one it is for the eye alone */
export function icon(path, label) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), line = document.createElementNS(svg.namespaceURI, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute(...(label ? ['aria-label', label] : ['aria-hidden', 'true']));
  if (label) svg.setAttribute('role', 'img');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/** Puts a text into an element unless it is there, so that selections and screen readers are left alone. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes an element's children these, in their order. Those that stay keep their focus and their place on the screen. */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let at = parent.firstElementChild;
  for (const child of children) {
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
}

/** Tells screen readers alone. */
export function announce(text) {
  $('says').replaceChildren(h('p', null, text));
}

const NOTICE_MS = 8_000;
let noticeTimer;

/** Tells everyone, for a while. */
export function notice(text) {
  $('notice').replaceChildren(h('p', null, text));
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => $('notice').replaceChildren(), NOTICE_MS);
}

/** Opens a dialog of the page. Resolves with whether its form was submitted. */
export function asked(dialog) {
  return new Promise((done) => {
    const form = dialog.querySelector('form');
    const end = (yes) => {
      form.onsubmit = dialog.onclose = null;
      if (dialog.open) dialog.close();
      done(yes);
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      end(true);
    };
    dialog.onclose = () => end(false);
    dialog.querySelector('[data-close]').onclick = () => end(false);
    dialog.showModal();
  });
}

const clock = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit'});
const weekday = new Intl.DateTimeFormat('en', {weekday: 'long'});
const date = new Intl.DateTimeFormat('en', {weekday: 'long', day: 'numeric', month: 'long'});
const longDate = new Intl.DateTimeFormat('en', {day: 'numeric', month: 'long', year: 'numeric'});
const shortDate = new Intl.DateTimeFormat('en', {day: 'numeric', month: 'short'});
const DAY_MS = 86_400_000;

const midnight = (ms) => new Date(ms).setHours(0, 0, 0, 0);
/** Whole days before today, by the calendar. */
const daysAgo = (ms) => Math.round((midnight(Date.now()) - midnight(ms)) / DAY_MS);

export const timeText = (ms) => clock.format(ms);

export function dayText(ms) {
  const ago = daysAgo(ms);
  if (ago <= 0) return 'Today';
  if (ago === 1) return 'Yesterday';
  if (ago < 7) return weekday.format(ms);
  return new Date(ms).getFullYear() === new Date().getFullYear() ? date.format(ms) : longDate.format(ms);
}

/** For a list: the time of today, or how long ago. */
export function shortText(ms) {
  const ago = daysAgo(ms);
  if (ago <= 0) return clock.format(ms);
  return ago === 1 ? 'Yesterday' : ago < 7 ? weekday.format(ms).slice(0, 3) : shortDate.format(ms);
}

/** Changes at midnight. */
export const dayOf = (ms) => midnight(ms);
