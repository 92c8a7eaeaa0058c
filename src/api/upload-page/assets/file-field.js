import { element, make } from './elements.js';
import { bytesText } from './i18n.js';

/** Where a file is chosen or dropped. */
export class FileField {
  #input = element('file', HTMLInputElement);
  #area = element('drop', HTMLElement);
  #chosen = element('file-chosen', HTMLElement);

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#input.addEventListener('change', () => {
      this.#show();
      onChange();
    });
    this.#area.addEventListener('dragover', (event) => {
      event.preventDefault();
      this.#area.classList.add('over');
    });
    for (const end of ['dragleave', 'drop']) {
      this.#area.addEventListener(end, () => {
        this.#area.classList.remove('over');
      });
    }
    this.#area.addEventListener('drop', ({ dataTransfer }) => {
      const file = dataTransfer?.files[0];
      if (file === undefined) return;
      const only = new DataTransfer();
      only.items.add(file);
      this.#input.files = only.files;
      this.#show();
      onChange();
    });
    // A file dropped beside the area would be opened in place of the page.
    for (const name of ['dragover', 'drop']) {
      window.addEventListener(name, (event) => {
        event.preventDefault();
      });
    }
  }

  /** @returns {File | undefined} */
  get file() {
    return this.#input.files?.[0];
  }

  focus() {
    this.#input.focus();
  }

  #show() {
    const { file } = this;
    this.#area.classList.toggle('filled', file !== undefined);
    this.#chosen.replaceChildren();
    if (file !== undefined) this.#chosen.append(file.name, ' ', make('span', 'hint', bytesText(file.size)));
  }
}
