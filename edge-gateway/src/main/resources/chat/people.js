// People by their names: faces with initials.

import {h} from '/chat/dom.js';

const TINTS = 8;

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
