import { element } from './elements.js';
import { text } from './i18n.js';

/**
 * Asks before a token is revoked.
 * @param {string} preview of the token
 * @returns {Promise<boolean>}
 */
export function confirmRevocation(preview) {
  const dialog = element('revoke', HTMLDialogElement);
  element('revoke-text', HTMLElement).textContent = text('revoke.text', { preview });
  element('revoke-keep', HTMLButtonElement).onclick = () => {
    dialog.close('');
  };
  element('revoke-confirm', HTMLButtonElement).onclick = () => {
    dialog.close('revoke');
  };
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      resolve(dialog.returnValue === 'revoke');
    };
  });
}
