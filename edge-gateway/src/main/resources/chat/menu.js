// A small menu beside a button.

import {h} from '/chat/dom.js';

/** Opens a menu: `items` are {name, danger, act}. It closes when the focus leaves it. */
export function openMenu(button, items) {
  const close = (focus) => {
    if (!menu.isConnected) return;
    button.setAttribute('aria-expanded', 'false');
    menu.onfocusout = null;
    menu.remove();
    if (focus) button.focus();
  };
  const menu = h('div', {class: 'menu', role: 'menu', tabindex: -1}, items.map(({name, danger, act}) =>
    h('button', {type: 'button', role: 'menuitem', tabindex: -1, class: danger ? 'danger' : null, onclick: () => {
      close(true);
      act();
    }}, name)));
  const all = [...menu.children];
  menu.onkeydown = (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (step) all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  menu.onfocusout = ({relatedTarget}) => menu.contains(relatedTarget) || close(false);
  button.setAttribute('aria-expanded', 'true');
  document.querySelector('#chat').append(menu);
  const at = button.getBoundingClientRect(), {offsetWidth: width, offsetHeight: height} = menu;
  const below = at.bottom + height + 8 < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
  all[0].focus();
}
