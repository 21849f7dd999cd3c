'use strict';
const $ = id => document.getElementById(id);
const MOST_FOUND = 15, AROUND = 90;
let index = null;

document.documentElement.classList.add('scripted');
$('search').hidden = $('menu').hidden = false;

$('menu').addEventListener('click', () => $('menu').setAttribute('aria-expanded', $('contents').classList.toggle('open')));
const current = $('contents').querySelector('[aria-current]');
if (current) $('contents').scrollTop = current.offsetTop - $('contents').clientHeight / 2;

/** Reads the index once; after a failure, again with the next word. */
function load() {
  index ||= fetch('/docs/search.json').then(answer => answer.json()).catch(error => {
    index = null;
    throw error;
  });
  return index;
}

/** How well a section fits; 0 unless each word occurs in it. Headings count more than text. */
function score(words, title, heading, text) {
  const [inTitle, inHeading, inText] = [title, heading, text].map(part => part.toLowerCase());
  let sum = 0;
  for (const word of words) {
    const points = (inHeading.startsWith(word) ? 8 : 0) + (inHeading.includes(word) ? 8 : 0)
      + (inTitle.includes(word) ? 3 : 0) + (inText.includes(word) ? 1 : 0);
    if (!points) return 0;
    sum += points;
  }
  return sum;
}

function find(pages, words) {
  const found = [];
  for (const [url, title, sections] of pages) {
    for (const [anchor, heading, text] of sections) {
      const points = score(words, title, heading, text);
      if (points) found.push({points, url: anchor ? `${url}#${anchor}` : url, title, heading, text});
    }
  }
  return found.sort((one, other) => other.points - one.points).slice(0, MOST_FOUND);
}

function element(tag, text) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  return made;
}

/** The text around the first word, with the word marked. */
function excerpt(text, words) {
  const at = Math.min(...words.map(word => text.toLowerCase().indexOf(word)).filter(place => place >= 0));
  const line = element('p');
  if (!Number.isFinite(at)) {
    line.textContent = text.slice(0, 2 * AROUND);
    return line;
  }
  const word = words.find(one => text.toLowerCase().startsWith(one, at));
  line.append((at > AROUND ? '…' : '') + text.slice(Math.max(0, at - AROUND), at), element('mark', text.slice(at, at + word.length)),
    text.slice(at + word.length, at + AROUND) + (text.length > at + AROUND ? '…' : ''));
  return line;
}

function show(found, words) {
  if (!found.length) {
    $('found').replaceChildren(element('p', 'Nothing found.'));
    return;
  }
  const list = element('ol');
  for (const {url, title, heading, text} of found) {
    const row = element('li'), link = element('a', heading);
    link.href = url;
    row.append(link, element('small', title), excerpt(text, words));
    list.append(row);
  }
  $('found').replaceChildren(list);
}

async function search() {
  const asked = $('words').value;
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  $('found').hidden = !words.length;
  if (!words.length) return;
  try {
    const pages = await load();
    if ($('words').value === asked) show(find(pages, words), words);
  } catch {
    $('found').replaceChildren(element('p', 'The search could not be loaded. Try again.'));
  }
}

$('words').addEventListener('focus', () => load().catch(() => {}));
$('words').addEventListener('input', search);
$('search').addEventListener('submit', event => {
  event.preventDefault();
  const first = $('found').querySelector('a');
  if (first) first.click();
});
$('found').addEventListener('click', event => {
  if (event.target.closest('a')) $('found').hidden = true;
});
document.addEventListener('keydown', event => {
  if (event.key === 'Escape') $('found').hidden = true;
  if (event.key === '/' && !event.target.closest('input, textarea') && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    $('words').focus();
  }
});
