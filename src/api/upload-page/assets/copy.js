/**
 * Copies a field's value. Where the clipboard may not be written to (a page without https), by the selection; where that
 * fails too the value is left selected.
 * @param {HTMLInputElement} input
 * @returns {Promise<boolean>} whether it is copied
 */
export async function copyFrom(input) {
  try {
    await navigator.clipboard.writeText(input.value);
    return true;
  } catch {
    input.focus();
    input.select();
    // Old, and the only way there is without https.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- see above
    return document.execCommand('copy');
  }
}
