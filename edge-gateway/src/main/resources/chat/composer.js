// What is being written: a text, a picture, or another text for a message. Drafts are kept for each room.

import {$, notice, say} from '/chat/dom.js';
import {forget, scaled, shown} from '/chat/pictures.js';

const DRAFT = 'tailwater-chat-draft ';

/** Tells `typing` when its user writes, and `quiet` when that is over. */
export class Composer extends EventTarget {
  #room;
  /** The picture that goes with the next message: {bytes, picture}. */
  #attached;
  /** The message that is being edited. */
  #edited;
  #text = $('text');

  constructor() {
    super();
    const text = this.#text;
    $('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    text.addEventListener('input', () => {
      this.#store();
      this.#fit();
      this.dispatchEvent(new Event(text.value && !this.#edited ? 'typing' : 'quiet'));
    });
    text.addEventListener('keydown', (event) => this.#key(event));
    text.addEventListener('paste', (event) => this.#take(event.clipboardData, event));
    $('send').addEventListener('pointerdown', (event) => event.preventDefault()); // the keyboard of a phone stays
    $('attach').addEventListener('click', () => $('file').click());
    $('file').addEventListener('change', () => {
      this.#attach($('file').files[0]);
      $('file').value = '';
    });
    $('detach').addEventListener('click', () => {
      this.#detach();
      text.focus();
    });
    $('edit-cancel').addEventListener('click', () => this.#endEdit());
    this.#drops();
  }

  open(room) {
    if (this.#room === room) return;
    this.#room = room;
    this.#detach();
    this.#edited = undefined;
    $('editing').hidden = true;
    this.#text.value = sessionStorage.getItem(DRAFT + room.name) ?? '';
    this.#text.setAttribute('aria-label', `Message to ${room.title}`);
    this.#text.placeholder = `Message to ${room.title}`;
    this.#fit();
  }

  focus() {
    this.#text.focus();
  }

  /** Gives a message another text. */
  edit(message) {
    this.#detach();
    this.#edited = message;
    $('editing').hidden = false;
    this.#text.value = message.text;
    this.#fit();
    this.#text.focus();
    this.#text.setSelectionRange(message.text.length, message.text.length);
  }

  #endEdit() {
    this.#edited = undefined;
    $('editing').hidden = true;
    this.#text.value = sessionStorage.getItem(DRAFT + this.#room.name) ?? '';
    this.#fit();
    this.#text.focus();
  }

  #key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'Escape' && this.#edited) this.#endEdit();
    else if (event.key === 'ArrowUp' && !this.#text.value && !this.#edited) {
      const last = this.#room.messages.findLast(({mine, deleted, text}) => mine && !deleted && text !== undefined);
      if (!last) return;
      event.preventDefault();
      this.edit(last);
    }
  }

  #submit() {
    const text = this.#text.value.trim(), room = this.#room, edited = this.#edited;
    if (edited) {
      if (text && text !== edited.text) {
        room.edit(edited, text).catch((error) => notice(`Your message was not changed: ${error.message}`));
      }
      if (text) this.#endEdit();
      return;
    }
    if (this.#attached) {
      const {bytes, picture} = this.#attached;
      this.#attached = undefined;
      this.#detach();
      room.send(bytes, picture);
    }
    if (text) room.send({text});
    this.#text.value = '';
    this.#store();
    this.#fit();
    this.dispatchEvent(new Event('quiet'));
  }

  #store() {
    if (this.#edited) return;
    if (this.#text.value) sessionStorage.setItem(DRAFT + this.#room.name, this.#text.value);
    else sessionStorage.removeItem(DRAFT + this.#room.name);
  }

  /** As high as its text, up to a third of the screen. */
  #fit() {
    const text = this.#text;
    text.style.height = 'auto';
    text.style.height = `${text.scrollHeight + text.offsetHeight - text.clientHeight}px`;
    $('composer').classList.toggle('ready', Boolean(text.value.trim() || this.#attached));
  }

  // ---- Pictures

  #take(transfer, event) {
    const file = [...(transfer?.files ?? [])].find(({type}) => type.startsWith('image/'));
    if (!file) return;
    event.preventDefault();
    this.#attach(file);
  }

  async #attach(file) {
    if (!file) return;
    if (this.#edited) this.#endEdit();
    try {
      const bytes = await scaled(file), picture = await shown(bytes);
      this.#detach();
      this.#attached = {bytes, picture};
      $('preview').src = picture.url;
      say($('size'), `${picture.width} × ${picture.height}, ${Math.ceil(bytes.length / 1024)} KiB`);
      $('attached').hidden = false;
      this.#fit();
      this.#text.focus();
    } catch (error) {
      notice(error.message);
    }
  }

  #detach() {
    forget(this.#attached?.picture);
    this.#attached = undefined;
    $('attached').hidden = true;
    $('preview').removeAttribute('src');
    this.#fit();
  }

  #drops() {
    const room = $('room'), over = $('drop');
    let depth = 0;
    const hasFiles = ({dataTransfer}) => dataTransfer?.types.includes('Files');
    room.addEventListener('dragenter', (event) => {
      if (!hasFiles(event)) return;
      depth++;
      over.hidden = false;
    });
    room.addEventListener('dragleave', (event) => {
      if (!hasFiles(event) || --depth > 0) return;
      over.hidden = true;
    });
    room.addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault());
    room.addEventListener('drop', (event) => {
      depth = 0;
      over.hidden = true;
      if (hasFiles(event)) {
        event.preventDefault();
        const file = [...event.dataTransfer.files].find(({type}) => type.startsWith('image/'));
        if (file) this.#attach(file);
        else notice('Only pictures can be sent.');
      }
    });
  }
}
