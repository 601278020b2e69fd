// Enter is meant also where nothing can be sent yet: on a page that is still connecting, or that has
// lost its connection. Chainlit leaves the question in the box without a word. So it stays there,
// a line says what it waits for, and it is sent once it can be, unless it is changed before that.
//
// Where a conversation begins, Chainlit draws the page anew with an empty box. What was typed
// meanwhile, and not sent, is put into the new one; also where the page loads again, by itself or
// by its reader.
const _ = window.footnote.gettext;
const INPUT = '#chat-input';
const SEND = '#chat-submit';
const KEPT = 'footnote-draft';

const line = document.createElement('p');
line.id = 'fn-waiting';
line.setAttribute('role', 'status');

let waiting = null;  // the question that is to be sent
let box = null;  // where it was typed
let draft = '';  // what is typed and not sent
try {
  const kept = JSON.parse(sessionStorage.getItem(KEPT));
  if (kept?.path === window.location.pathname) draft = kept.draft;
} catch { /* nothing is kept where nothing may be stored */ }
window.addEventListener('pagehide', () => {
  try { sessionStorage.setItem(KEPT, JSON.stringify({ draft, path: window.location.pathname })); } catch { /* as above */ }
});

const written = () => document.querySelector(INPUT)?.value ?? '';

const wait = (question) => {
  waiting = question;
  line.textContent = question === null ? '' : _('Connecting. Your question is sent as soon as it can be.');
};

const write = (input, text) => {  // as if it was typed: React looks at nothing else
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(input, text);
  input.dispatchEvent(new Event('input', { bubbles: true }));
};

const keepDraft = () => {
  const input = document.querySelector(INPUT);
  if (!input) return;
  if (input === box) {
    if (!input.value) draft = '';
    return;
  }
  box = input;
  if (draft && !input.value) write(input, draft);
};

// What is sent, and what is left for another conversation, is not kept.
const LEAVES = `${SEND}, #starters button, #new-chat-button, a[href^="/thread/"], [cmdk-item]`;
const sends = (target) => target.closest(INPUT) && !document.querySelector(SEND)?.disabled;
const ends = ({ type, key, shiftKey, isComposing, target }) => target instanceof Element && (type === 'click'
  ? target.closest(LEAVES)
  : key === 'Enter' && !shiftKey && !isComposing && (sends(target) || target.closest('[cmdk-root]')));
for (const kind of ['click', 'keydown']) document.addEventListener(kind, (event) => { if (ends(event)) draft = ''; }, true);
window.addEventListener('popstate', () => { draft = ''; });

document.addEventListener('keydown', (event) => {
  const input = event.target instanceof Element && event.target.closest(INPUT);
  if (!input || event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  if (input.value.trim() && document.querySelector(SEND)?.disabled) wait(input.value);
}, true);

new MutationObserver(() => {
  const bar = document.getElementById('fn-asking');
  if (bar && line.parentElement !== bar) bar.prepend(line);
  keepDraft();
  if (waiting === null) return;
  const send = document.querySelector(SEND);
  if (written() !== waiting) wait(null);
  else if (send && !send.disabled) {
    wait(null);
    send.click();
  }
}).observe(document.body, { attributes: true, attributeFilter: ['disabled'], childList: true, subtree: true });
document.addEventListener('input', ({ target }) => {
  if (target instanceof Element && target.matches(INPUT)) [draft, box] = [target.value, target];
}, true);
document.addEventListener('input', () => { if (waiting !== null && written() !== waiting) wait(null); }, true);
