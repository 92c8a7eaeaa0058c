import { copyFrom } from './copy.js';
import { countDown } from './countdown.js';
import { announce, element } from './elements.js';
import { durationText, text, timeText } from './i18n.js';
import { serverNowMs } from './server-time.js';

/** @typedef {import('./api.js').TokenState} TokenState */

const COPIED_MS = 2_500;

/** The token that was generated last, until its end. */
export class IssuedTokenView {
  #panel = element('result', HTMLElement);
  #state = element('result-state', HTMLElement);
  #value = element('token', HTMLInputElement);
  #copy = element('copy', HTMLButtonElement);
  #bar = element('countdown-bar', HTMLProgressElement);
  #countdown = element('countdown', HTMLElement);
  #tokenId = '';
  #stop = () => {};
  /** The button's text comes back by it. */
  #copied = 0;

  constructor() {
    this.#copy.textContent = text('result.copy');
    this.#copy.addEventListener('click', () => {
      void this.#copyValue();
    });
    this.#value.addEventListener('focus', () => {
      this.#value.select();
    });
  }

  /** @param {import('./api.js').IssuedToken} token */
  show({ tokenId, token, expiryTime }) {
    this.#stop();
    this.#tokenId = tokenId;
    this.#value.value = token;
    this.#setState('open');
    element('countdown-at', HTMLElement).textContent = text('result.at', { time: timeText(expiryTime) });
    const validMs = Math.max(1, expiryTime - serverNowMs());
    this.#stop = countDown(expiryTime, serverNowMs, (remainingMs) => {
      this.#countdown.textContent = durationText(remainingMs);
      this.#bar.value = remainingMs / validMs;
      if (remainingMs > 0) return;
      this.#setState('expired');
      announce(text('result.expired'));
    });
    this.#panel.hidden = false;
  }

  /**
   * Takes over what has become of it.
   * @param {readonly import('./api.js').TokenView[]} tokens
   */
  update(tokens) {
    const found = tokens.find(({ tokenId }) => tokenId === this.#tokenId);
    if (found === undefined) return;
    this.#setState(found.state);
    if (found.state !== 'open' && found.state !== 'uploading') this.#stop();
  }

  /** @param {TokenState} state */
  #setState(state) {
    this.#state.dataset['state'] = state;
    this.#state.textContent = text(`state.${state}`);
    this.#panel.dataset['state'] = state;
  }

  async #copyValue() {
    const done = await copyFrom(this.#value);
    const message = text(done ? 'result.copied' : 'result.copyFailed');
    this.#copy.textContent = message;
    announce(message);
    clearTimeout(this.#copied);
    this.#copied = setTimeout(() => {
      this.#copy.textContent = text('result.copy');
    }, COPIED_MS);
  }
}
