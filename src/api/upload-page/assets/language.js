/** @typedef {keyof typeof import('./texts.js').TEXTS} Language */
/** @typedef {keyof typeof import('./texts.js').TEXTS.en} TextKey */

/**
 * The first language of the reader that the page speaks; English when it speaks none.
 * @param {readonly string[]} tags as in `navigator.languages`
 * @returns {Language}
 */
export function chooseLanguage(tags) {
  for (const tag of tags) {
    if (/^zh\b/i.test(tag)) return 'zh';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

/**
 * @param {string} template words in braces are replaced
 * @param {Readonly<Record<string, string | number>>} values
 */
export function fillIn(template, values) {
  return template.replace(/\{(\w+)\}/g, (match, name) => String(values[String(name)] ?? match));
}
