// The administrator's page: everything it does is in a file of its own, and put together here.
import { localise } from './i18n.js';
import { IssueForm } from './issue-form.js';
import { IssuedTokenView } from './issued-token.js';
import { KeyField } from './key-field.js';
import { TokenList } from './token-list.js';
import { TryUpload } from './try-upload.js';

localise();
const key = new KeyField();
const issued = new IssuedTokenView();
const list = new TokenList(key, (tokens) => {
  issued.update(tokens);
});
const upload = new TryUpload(() => {
  void list.refresh();
});
new IssueForm(key, (token) => {
  issued.show(token);
  upload.useToken(token.token);
  void list.load();
});
// Where the tab has remembered the key.
void list.load();
