import { announce, element } from './elements.js';
import { FileField } from './file-field.js';
import { text } from './i18n.js';
import { Notice } from './notice.js';
import { Refusal } from './refusal.js';
import { showStored } from './stored-file.js';
import { newIdempotencyKey, sendFile } from './transfer.js';
import { TransferView } from './transfer-view.js';

/** Sends a file with a token, and says what came of it. */
export class TryUpload {
  #onEnded;
  #token = element('try-token', HTMLInputElement);
  #button = element('upload', HTMLButtonElement);
  #cancel = element('cancel', HTMLButtonElement);
  #stored = element('stored', HTMLElement);
  #notice = new Notice('try-notice', this.#button);
  #transfer = new TransferView();
  #file;
  /** A new one after every answer; kept after a broken connection: what was stored before is not stored again. */
  #idempotencyKey = newIdempotencyKey();
  /** @type {AbortController | undefined} while a file is being sent */
  #running;

  /** @param {() => void} onEnded */
  constructor(onEnded) {
    this.#onEnded = onEnded;
    this.#file = new FileField(() => {
      this.#startAfresh();
    });
    this.#token.addEventListener('input', () => {
      this.#startAfresh();
    });
    this.#cancel.addEventListener('click', () => this.#running?.abort());
    element('try-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#running === undefined) void this.#send();
    });
    window.addEventListener('beforeunload', (event) => {
      if (this.#running !== undefined) event.preventDefault();
    });
  }

  /** @param {string} token */
  useToken(token) {
    if (this.#running !== undefined) return;
    this.#token.value = token;
    this.#startAfresh();
  }

  #startAfresh() {
    this.#idempotencyKey = newIdempotencyKey();
    if (this.#running !== undefined) return;
    this.#notice.hide();
    this.#stored.hidden = true;
  }

  async #send() {
    this.#notice.hide();
    this.#stored.hidden = true;
    const { file } = this.#file;
    if (file === undefined) {
      this.#notice.show(text('try.noFile'));
      this.#file.focus();
      return;
    }
    const running = new AbortController();
    this.#setRunning(running);
    announce(text('try.started'));
    const startedMs = performance.now();
    this.#transfer.start(startedMs, file.size);
    try {
      const stored = await sendFile({
        token: this.#token.value.trim(),
        file,
        idempotencyKey: this.#idempotencyKey,
        signal: running.signal,
        onProgress: (sent, total) => {
          this.#transfer.progress(performance.now(), sent, total);
        },
      });
      this.#idempotencyKey = newIdempotencyKey();
      this.#setRunning(undefined);
      showStored(stored, performance.now() - startedMs);
      this.#stored.hidden = false;
      announce(`${text('try.done')}: ${stored.filename}`);
    } catch (error) {
      this.#setRunning(undefined);
      this.#notice.refuse(error);
      if (error instanceof Refusal && error.code !== 'NETWORK') this.#idempotencyKey = newIdempotencyKey();
    }
    this.#onEnded();
  }

  /** @param {AbortController | undefined} running */
  #setRunning(running) {
    this.#running = running;
    this.#button.hidden = running !== undefined;
    this.#cancel.hidden = running === undefined;
    if (running === undefined) this.#transfer.hide();
    else this.#cancel.focus();
  }
}
