import { listTokens, revokeToken } from './api.js';
import { confirmRevocation } from './confirm.js';
import { announce, element } from './elements.js';
import { shortPreview } from './format.js';
import { text } from './i18n.js';
import { Notice } from './notice.js';
import { Refusal } from './refusal.js';
import { TokenItem } from './token-item.js';

/** @typedef {import('./api.js').TokenView} TokenView */

const PAGE = 10;
/** The most that the service lists at once. */
const MOST = 100;
const TICK_MS = 1_000;

/** The tokens issued last. */
export class TokenList {
  #key;
  #onLoaded;
  #list = element('tokens', HTMLUListElement);
  #empty = element('list-empty', HTMLElement);
  #count = element('list-count', HTMLElement);
  #more = element('more', HTMLButtonElement);
  #refresh = element('refresh', HTMLButtonElement);
  #notice = new Notice('list-notice', this.#refresh);
  #limit = PAGE;
  /** @type {TokenItem[]} */
  #items = [];
  /** The key that it was read with. */
  #loadedWith = '';

  /**
   * @param {import('./key-field.js').KeyField} key
   * @param {(tokens: readonly TokenView[]) => void} onLoaded
   */
  constructor(key, onLoaded) {
    this.#key = key;
    this.#onLoaded = onLoaded;
    this.#refresh.addEventListener('click', () => {
      void this.load({ aloud: true });
    });
    this.#more.addEventListener('click', () => {
      this.#limit = Math.min(MOST, this.#limit + PAGE);
      void this.load({ aloud: true });
    });
    setInterval(() => {
      for (const item of this.#items) item.tick();
    }, TICK_MS);
  }

  /**
   * Reads them anew.
   * @param {{ aloud?: boolean }} [options] whether somebody asked for it, and is told that it is done
   */
  async load({ aloud = false } = {}) {
    this.#notice.hide();
    if (this.#key.value === '') {
      if (!aloud) return;
      this.#notice.show(text('key.missing'));
      this.#key.focus();
      return;
    }
    try {
      const { tokens, total } = await listTokens(this.#key.value, this.#limit);
      this.#loadedWith = this.#key.value;
      this.#show(tokens, total);
      this.#onLoaded(tokens);
      if (aloud) announce(text('list.loaded'));
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Reads them anew where they are shown already: a key that nobody has tried yet is left alone. */
  async refresh() {
    if (this.#loadedWith !== '' && this.#loadedWith === this.#key.value) await this.load();
  }

  /**
   * @param {readonly TokenView[]} tokens
   * @param {number} total
   */
  #show(tokens, total) {
    this.#items = tokens.map((token) => new TokenItem(token, (chosen) => void this.#revoke(chosen)));
    this.#list.replaceChildren(...this.#items.map((item) => item.element));
    this.#empty.textContent = text('list.empty');
    this.#empty.hidden = tokens.length > 0;
    this.#count.textContent = tokens.length === 0 ? '' : text('list.count', { shown: tokens.length, total });
    this.#more.hidden = tokens.length >= total || this.#limit >= MOST;
  }

  /** @param {TokenView} token */
  async #revoke(token) {
    const { tokenId } = token;
    const preview = shortPreview(token.preview);
    if (!(await confirmRevocation(preview))) return;
    try {
      await revokeToken(this.#key.value, tokenId);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    await this.load();
    announce(text('list.revoked', { preview }));
    // The button that had it is gone.
    this.#refresh.focus();
  }

  /** @param {unknown} error */
  #refuse(error) {
    this.#notice.refuse(error);
    if (error instanceof Refusal && error.code === 'INVALID_AUTH_KEY') this.#key.markWrong();
  }
}
