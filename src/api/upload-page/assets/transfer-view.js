import { element } from './elements.js';
import { bytesText, durationText, text } from './i18n.js';
import { RateMeter } from './rate-meter.js';

/** How often the words beside the bar change, in milliseconds: oftener nobody could read them. */
const WORDS_MS = 250;

/** How far an upload has come. */
export class TransferView {
  #panel = element('transfer', HTMLElement);
  #bar = element('transfer-bar', HTMLProgressElement);
  #words = element('transfer-text', HTMLElement);
  #meter = new RateMeter();
  #wordsAtMs = 0;

  /**
   * @param {number} nowMs
   * @param {number} total bytes
   */
  start(nowMs, total) {
    this.#meter = new RateMeter();
    this.#wordsAtMs = 0;
    this.#panel.hidden = false;
    this.progress(nowMs, 0, total);
  }

  /**
   * @param {number} nowMs
   * @param {number} sent bytes
   * @param {number} total bytes
   */
  progress(nowMs, sent, total) {
    const rate = this.#meter.add(nowMs, sent);
    if (sent >= total) {
      // Without a value the bar shows that something goes on, but not how far.
      this.#bar.removeAttribute('value');
      this.#words.textContent = text('try.storing');
      return;
    }
    this.#bar.value = sent / total;
    if (nowMs - this.#wordsAtMs < WORDS_MS && this.#wordsAtMs > 0) return;
    this.#wordsAtMs = nowMs;
    const words = [text('try.sent', { sent: bytesText(sent), total: bytesText(total) })];
    if (rate > 0) {
      words.push(`${bytesText(rate)}/s`, text('try.left', { time: durationText(((total - sent) / rate) * 1_000) }));
    }
    this.#words.textContent = words.join(' · ');
  }

  hide() {
    this.#panel.hidden = true;
  }
}
