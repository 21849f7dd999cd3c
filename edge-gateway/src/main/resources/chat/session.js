// Who is signed in: anyone, by name alone, as only a development platform allows. The name is kept for this tab, so that
// two tabs can be two people.

const NAME = 'tailwater-chat-name';
const GRANT = {subscribe: ['chat:*', 'typing:*'], publish: ['chat:*', 'typing:*'], call: ['chat.*']};

export const session = {
  name: '',
  token: '',

  /** The name that this tab has. */
  stored: () => sessionStorage.getItem(NAME) ?? '',

  /** The name that this browser had last. */
  suggested: () => localStorage.getItem(NAME) ?? '',

  /** Takes a name. Rejects with what is wrong with it, in words. */
  async begin(name) {
    this.name = name;
    await this.renew();
    sessionStorage.setItem(NAME, name);
    localStorage.setItem(NAME, name);
  },

  end() {
    sessionStorage.removeItem(NAME);
    this.name = this.token = '';
  },

  async renew() {
    const answer = await fetch('/v1/dev/tokens', {
      method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({subject: this.name, ...GRANT}),
    }).catch(() => {
      throw new Error('The platform does not answer. Is it running?');
    });
    const made = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(made.message ?? `The platform answered ${answer.status}.`);
    return (this.token = made.token);
  },
};
