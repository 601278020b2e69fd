// Enter is meant also where nothing can be sent yet: on a page that is still connecting, or that has
// lost its connection. Chainlit leaves the question in the box without a word. So it stays there,
// a line says what it waits for, and it is sent once it can be, unless it is changed before that.
const _ = window.footnote.gettext;
const INPUT = '#chat-input';
const SEND = '#chat-submit';

const line = document.createElement('p');
line.id = 'fn-waiting';
line.setAttribute('role', 'status');

let waiting = null;  // the question that is to be sent

const written = () => document.querySelector(INPUT)?.value ?? '';

const wait = (question) => {
  waiting = question;
  line.textContent = question === null ? '' : _('Connecting. Your question is sent as soon as it can be.');
};

document.addEventListener('keydown', (event) => {
  const input = event.target instanceof Element && event.target.closest(INPUT);
  if (!input || event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  if (input.value.trim() && document.querySelector(SEND)?.disabled) wait(input.value);
}, true);

new MutationObserver(() => {
  const bar = document.getElementById('fn-asking');
  if (bar && line.parentElement !== bar) bar.prepend(line);
  if (waiting === null) return;
  const send = document.querySelector(SEND);
  if (written() !== waiting) wait(null);
  else if (send && !send.disabled) {
    wait(null);
    send.click();
  }
}).observe(document.body, { attributes: true, attributeFilter: ['disabled'], childList: true, subtree: true });
document.addEventListener('input', () => { if (waiting !== null && written() !== waiting) wait(null); }, true);
