// People by their names: faces with initials.

import {h} from '/chat/dom.js';

const TINTS = 8;

/** The same name has the same colour everywhere. */
function tint(name) {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + char.codePointAt(0)) >>> 0;
  return sum % TINTS;
}

function initials(name) {
  const words = name.split(/[\s._@-]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)].map((word) => [...word][0]) : [...(words[0] ?? '?')].slice(0, 2);
  return letters.join('').toUpperCase();
}

export const avatar = (name) => h('span', {class: `avatar tint-${tint(name)}`, 'aria-hidden': 'true'}, initials(name));
