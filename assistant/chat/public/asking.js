// The line below the question: what is asked and how, which opens the settings; and, once there is
// a conversation, the links that save it. React draws the page anew, so it is put back each time.
const _ = window.footnote.gettext;
const GEAR = '#chat-settings-open-modal';

const bar = document.createElement('div');
bar.id = 'fn-asking';
const set = document.createElement('button');
set.type = 'button';
set.className = 'fn-set';
set.title = _('Settings');
set.addEventListener('click', () => document.querySelector(GEAR)?.click());
const save = document.createElement('span');
save.className = 'fn-save';
bar.append(set, save);

let exports = false;
let conversation = '';  // the one on the page, once there is something of it to save

const link = (thread, form, text) => {
  const made = document.createElement('a');
  made.href = `/conversations/${thread}.${form}`;
  made.download = '';
  made.textContent = text;
  return made;
};

const place = () => {
  const composer = document.getElementById('message-composer');
  if (!composer) return;
  if (composer.nextElementSibling !== bar) composer.after(bar);
  const shown = exports ? conversation : '';
  if (save.dataset.thread === shown) return;
  save.dataset.thread = shown;
  save.replaceChildren(...(shown
    ? [`${_('Save:')} `, link(shown, 'md', _('Markdown')), ' ', link(shown, 'json', 'JSON')]
    : []));
};

const refresh = async () => {
  const answer = await fetch('/preferences').catch(() => null);
  if (!answer?.ok) return;
  const now = await answer.json();
  exports = now.exports;
  set.textContent = now.line;
  set.hidden = !now.line;
  place();
};

// Words that were typed in the settings and not ended with Enter are meant all the same.
document.addEventListener('focusout', ({ target }) => {
  if (target.id !== 'articles' || !target.value.trim() || !target.closest('[role="dialog"]')) return;
  target.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
});

// Chainlit draws the cross of a chosen article without a name, and for the mouse only.
const nameCrosses = () => {
  const field = document.querySelector('[role="dialog"] #articles');
  for (const cross of field?.parentElement.querySelectorAll('svg') ?? []) {
    cross.removeAttribute('aria-hidden');
    cross.setAttribute('role', 'button');
    cross.setAttribute('tabindex', '0');
    cross.setAttribute('aria-label', _('Remove {name}', { name: cross.parentElement.textContent }));
  }
};
document.addEventListener('keydown', (event) => {
  const cross = event.target instanceof SVGElement && event.target.closest('[role="dialog"] svg[role="button"]');
  if (!cross || !['Enter', ' '].includes(event.key)) return;
  event.preventDefault();
  cross.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  document.getElementById('articles').focus();
});

window.addEventListener('message', (event) => {
  if (event.source !== window || !['preferences', 'kept'].includes(event.data?.footnote)) return;
  conversation = event.data.conversation ?? conversation;
  if (event.data.footnote === 'kept') { place(); return; }
  // The starters on the empty screen are those of what was set before.
  if (event.data.changed && document.getElementById('welcome-screen')) window.location.reload();
  else refresh();
});

// Another page may have set something else meanwhile: who comes back finds that in the settings,
// unless they are open, with what was typed. Chainlit sends it to the server, which fills them.
const comeBack = () => {
  if (document.hidden || document.getElementById('chat-settings')) return;
  window.postMessage({ footnote: 'settings' }, window.location.origin);
};
document.addEventListener('visibilitychange', comeBack);
window.addEventListener('focus', comeBack);

const style = document.createElement('link');
style.rel = 'stylesheet';
style.href = '/public/asking.css';
document.head.append(style);
new MutationObserver(() => { place(); nameCrosses(); }).observe(document.body, { childList: true, subtree: true });
refresh();
