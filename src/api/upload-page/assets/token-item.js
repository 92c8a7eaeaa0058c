import { make } from './elements.js';
import { shortPreview } from './format.js';
import { durationText, text, timeText } from './i18n.js';
import { serverNowMs } from './server-time.js';

/** @typedef {import('./api.js').TokenView} TokenView */

/** A token in the list. What it says of time is kept up to date by {@link TokenItem.tick}. */
export class TokenItem {
  #token;
  #badge = make('span', 'badge');
  #expiry = make('span', '');
  #left = make('span', 'left');
  #revoke = make('button', 'quiet', text('list.revoke'));
  element;

  /**
   * @param {TokenView} token
   * @param {(token: TokenView) => void} onRevoke
   */
  constructor(token, onRevoke) {
    this.#token = token;
    this.#revoke.type = 'button';
    const name = make('code', '', shortPreview(token.preview));
    name.title = token.preview;
    this.#revoke.ariaLabel = text('list.revokeLabel', { preview: shortPreview(token.preview) });
    this.#revoke.addEventListener('click', () => {
      onRevoke(token);
    });
    const { ownerLabel, fileId, createdAt } = token;
    const times = make('p', 'token-times', make('span', '', text('list.created', { time: time(createdAt) })));
    times.append(this.#expiry, this.#left);
    if (fileId !== undefined) times.append(make('span', 'code', text('list.file', { id: fileId })));
    this.element = make(
      'li',
      'token',
      make('p', 'token-name', name, this.#badge),
      ...(ownerLabel === undefined ? [] : [make('p', 'token-label', ownerLabel)]),
      times,
      this.#revoke,
    );
    this.element.dataset['tokenId'] = token.tokenId;
    this.tick();
  }

  tick() {
    const { state, expiryTime } = this.#token;
    const expiresMs = new Date(expiryTime).getTime();
    const leftMs = expiresMs - serverNowMs();
    const shown = state === 'open' && leftMs <= 0 ? 'expired' : state;
    const works = shown === 'open' || shown === 'uploading';
    setText(this.#badge, text(`state.${shown}`));
    this.#badge.dataset['state'] = shown;
    setText(this.#left, shown === 'open' ? text('list.left', { time: durationText(leftMs) }) : '');
    setText(this.#expiry, text(works ? 'list.expires' : 'list.expired', { time: timeText(expiresMs) }));
    // Of a token that ended before, the time it would have had says nothing.
    this.#expiry.hidden = !works && shown !== 'expired';
    this.#revoke.hidden = !works;
  }
}

/**
 * Leaves an unchanged text alone, which spares a reader and a selection.
 * @param {HTMLElement} target
 * @param {string} value
 */
function setText(target, value) {
  if (target.textContent !== value) target.textContent = value;
}

/** @param {number | string} at */
function time(at) {
  return timeText(new Date(at).getTime());
}
