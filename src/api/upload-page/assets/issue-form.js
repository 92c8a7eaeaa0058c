import { issueToken } from './api.js';
import { announce, element } from './elements.js';
import { text } from './i18n.js';
import { Notice } from './notice.js';
import { Refusal } from './refusal.js';

/** @typedef {import('./api.js').IssuedToken} IssuedToken */

/** Asks for a token with the limits that are filled in. */
export class IssueForm {
  #key;
  #onIssued;
  #form = element('issue-form', HTMLFormElement);
  #button = element('issue', HTMLButtonElement);
  #notice = new Notice('issue-notice', this.#button);

  /**
   * @param {import('./key-field.js').KeyField} key
   * @param {(token: IssuedToken) => void} onIssued
   */
  constructor(key, onIssued) {
    this.#key = key;
    this.#onIssued = onIssued;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#issue();
    });
    const options = element('options', HTMLDetailsElement);
    this.#form.addEventListener(
      'invalid',
      ({ target }) => {
        // The browser can't point at a field that is folded away.
        if (target instanceof Node && options.contains(target)) options.open = true;
      },
      true,
    );
  }

  async #issue() {
    this.#notice.hide();
    this.#setBusy(true);
    try {
      const token = await issueToken(this.#key.value, readOptions());
      this.#setBusy(false);
      this.#onIssued(token);
      announce(text('issue.done'));
    } catch (error) {
      this.#setBusy(false);
      this.#notice.refuse(error);
      if (error instanceof Refusal && error.code === 'INVALID_AUTH_KEY') this.#key.markWrong();
    }
  }

  /** @param {boolean} busy */
  #setBusy(busy) {
    this.#button.disabled = busy;
    this.#button.textContent = text(busy ? 'issue.busy' : 'issue.button');
  }
}

/** @returns {import('./api.js').TokenOptions} */
function readOptions() {
  const maxSize = readAmount('max-size');
  const expiresIn = readAmount('validity');
  const allowedTypes = element('types', HTMLInputElement)
    .value.split(/[\s,，、]+/)
    .filter((type) => type !== '');
  const ownerLabel = element('owner-label', HTMLInputElement).value.trim();
  return {
    ...(maxSize === undefined ? {} : { maxSize }),
    ...(expiresIn === undefined ? {} : { expiresIn }),
    ...(allowedTypes.length === 0 ? {} : { allowedTypes }),
    ...(ownerLabel === '' ? {} : { ownerLabel }),
  };
}

/**
 * A number and its unit.
 * @param {string} id of its field; the unit's is `{id}-unit`
 */
function readAmount(id) {
  const { valueAsNumber } = element(id, HTMLInputElement);
  if (Number.isNaN(valueAsNumber)) return undefined;
  return Math.round(valueAsNumber * Number(element(`${id}-unit`, HTMLSelectElement).value));
}
