/**
 * An element that the page's HTML has.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind such as `HTMLInputElement`
 * @returns {T}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`no ${kind.name} ${id}`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

const announcer = element('announcer', HTMLElement);

/**
 * Tells those who do not see the page.
 * @param {string} message
 */
export function announce(message) {
  announcer.textContent = message;
}
