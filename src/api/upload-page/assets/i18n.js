import { formatBytes, splitDuration } from './format.js';
import { chooseLanguage, fillIn } from './language.js';
import { TEXTS } from './texts.js';

/** @typedef {import('./language.js').TextKey} TextKey */

const language = chooseLanguage(navigator.languages);
/** With the reader's region, where it is of that language: it decides how times are written. */
const locale = navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;
const times = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

/**
 * @param {TextKey} key
 * @param {Readonly<Record<string, string | number>>} [values]
 */
export function text(key, values = {}) {
  return fillIn(TEXTS[language][key], values);
}

/**
 * Of what somebody else chose the key, such as the code of an error.
 * @param {string} key
 * @param {TextKey} otherwise
 */
export function textOr(key, otherwise) {
  return Object.hasOwn(TEXTS[language], key) ? text(/** @type {TextKey} */ (key)) : text(otherwise);
}

/** Puts texts where the page's HTML asks for them: `data-text`, `data-label` and `data-placeholder` name keys. */
export function localise() {
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
  document.title = `${text('title')} · Tollgate`;
  for (const element of document.querySelectorAll('[data-text]')) {
    element.textContent = text(keyIn(element, 'data-text'));
  }
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', text(keyIn(element, 'data-label')));
  }
  for (const element of document.querySelectorAll('[data-placeholder]')) {
    element.setAttribute('placeholder', text(keyIn(element, 'data-placeholder')));
  }
}

/** @param {number} bytes */
export const bytesText = (bytes) => formatBytes(bytes, locale);

/** @param {number} value */
export const numberText = (value) => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(value);

/** @param {number} ms since 1970 */
export const timeText = (ms) => times.format(ms);

/** @param {number} ms a span of time */
export function durationText(ms) {
  const { days, clock } = splitDuration(ms);
  return days === 0 ? clock : text('days', { days, clock });
}

/**
 * @param {Element} element
 * @param {string} attribute
 */
function keyIn(element, attribute) {
  return /** @type {TextKey} */ (element.getAttribute(attribute));
}
