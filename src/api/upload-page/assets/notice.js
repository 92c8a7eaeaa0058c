import { countDown } from './countdown.js';
import { element, make } from './elements.js';
import { durationText, text, textOr } from './i18n.js';
import { Refusal } from './refusal.js';

/** Tells why something was refused, and counts down to when it may be tried again. */
export class Notice {
  #element;
  #stop = () => {};
  /** @type {HTMLButtonElement | undefined} */
  #button;

  /**
   * @param {string} id
   * @param {HTMLButtonElement} [button] disabled for as long as there is no use in trying again
   */
  constructor(id, button) {
    this.#element = element(id, HTMLElement);
    this.#button = button;
  }

  hide() {
    this.#stop();
    this.#element.hidden = true;
    this.#element.replaceChildren();
    if (this.#button !== undefined) this.#button.disabled = false;
  }

  /** @param {string} message */
  show(message) {
    this.hide();
    this.#element.append(make('p', '', message));
    this.#element.hidden = false;
  }

  /** @param {unknown} error what is no {@link Refusal} is thrown again */
  refuse(error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, detail, retryAfterSeconds } = error;
    this.show(textOr(`error.${code}`, 'error.UNKNOWN'));
    this.#element.append(make('p', 'notice-detail', make('code', '', code), detail === '' ? '' : ` ${detail}`));
    if (retryAfterSeconds !== undefined && retryAfterSeconds > 0) this.#wait(retryAfterSeconds * 1_000);
  }

  /** @param {number} waitMs */
  #wait(waitMs) {
    const shown = make('p', 'notice-wait');
    // A reader hears it once, not every second.
    shown.ariaHidden = 'true';
    this.#element.append(make('p', 'unseen', text('retryIn', { time: durationText(waitMs) })), shown);
    if (this.#button !== undefined) this.#button.disabled = true;
    this.#stop = countDown(Date.now() + waitMs, Date.now, (remainingMs) => {
      shown.textContent = remainingMs > 0 ? text('retryIn', { time: durationText(remainingMs) }) : text('retryNow');
      if (remainingMs === 0 && this.#button !== undefined) this.#button.disabled = false;
    });
  }
}
