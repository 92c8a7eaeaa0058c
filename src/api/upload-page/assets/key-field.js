import { element } from './elements.js';
import { text } from './i18n.js';

const STORED_AS = 'tollgate.upload-key';

/** The administrator's key: in its field, and in the tab's storage where that is wanted. */
export class KeyField {
  #input = element('key', HTMLInputElement);
  #remember = element('key-remember', HTMLInputElement);
  #show = element('key-show', HTMLButtonElement);

  constructor() {
    const stored = readStored();
    this.#input.value = stored ?? '';
    this.#remember.checked = stored !== null;
    this.#reveal(false);
    this.#show.addEventListener('click', () => {
      this.#reveal(this.#input.type === 'password');
    });
    for (const source of [this.#input, this.#remember]) {
      source.addEventListener('input', () => {
        this.#input.removeAttribute('aria-invalid');
        store(this.#remember.checked ? this.#input.value : '');
      });
    }
  }

  get value() {
    return this.#input.value.trim();
  }

  /** Lets the administrator type it anew. */
  markWrong() {
    this.#input.ariaInvalid = 'true';
    this.#input.focus();
  }

  focus() {
    this.#input.focus();
  }

  /** @param {boolean} shown */
  #reveal(shown) {
    this.#input.type = shown ? 'text' : 'password';
    this.#show.textContent = text(shown ? 'key.hide' : 'key.show');
    this.#show.ariaLabel = text(shown ? 'key.hideLabel' : 'key.showLabel');
    this.#show.ariaPressed = String(shown);
  }
}

/** A browser may be set to store nothing, and throws then. */
function readStored() {
  try {
    return sessionStorage.getItem(STORED_AS);
  } catch {
    return null;
  }
}

/** @param {string} key nothing is stored when it is empty */
function store(key) {
  try {
    if (key === '') sessionStorage.removeItem(STORED_AS);
    else sessionStorage.setItem(STORED_AS, key);
  } catch {
    // It is remembered nowhere then, as the box would be empty after a reload.
  }
}
