// What Chainlit's own markup lacks for those who use a keyboard or listen: names, roles, and a
// voice for an answer once it is complete. React leaves alone the attributes that it did not set.
const _ = window.footnote.gettext;

const NAMES = [
  ['#chat-input', _('Ask the articles a question')],
  ['#chat-submit', _('Ask')],
  ['#stop-button', _('Stop')],
  ['#upload-button', _('Attach files')],
  ['#new-chat-button', _('New conversation')],
  ['#search-chats-button', _('Search the conversations')],
  ['#sidebar-trigger-button, [data-sidebar="rail"]', _('List of conversations')],
  ['#chat-settings-open-modal', _('Settings')],
  ['#theme-toggle', _('Colours')],
  ['#user-nav-button', _('Account')],
  ['#thread-options', _('Rename or delete')],
  ['.positive-feedback-off, .positive-feedback-on', _('Helpful')],
  ['.negative-feedback-off, .negative-feedback-on', _('Not helpful')],
  ['button:has(> .lucide-message-circle)', _('The reason that you gave')],
  ['#side-view-title button, [role="dialog"] > button:has(> .sr-only)', _('Close')],
  ['form button:has(.lucide-eye)', _('Show the password')],
  ['form button:has(.lucide-eye-off)', _('Hide the password')],
  ['button:has(> .lucide-arrow-down)', _('Scroll to the end')],
  ['[cmdk-list]', _('List of conversations')],
  ['section:has(> [data-sonner-toaster])', _('Notices')],
];
const FIXES = [
  // One more than a question may have, so that it is told; what is longer than a message of the
  // socket would end the connection, and be lost without a word.
  ['#chat-input', { maxlength: '100001' }],
  ['#welcome-screen img, .ai-message > span img, img[alt="Image"]', { alt: '' }],
  // Else a phone begins the name with a capital, and no browser offers what it has kept.
  ['#email', { autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' }],
  ['#password', { autocomplete: 'current-password' }],
  ['img[alt="logo"]', { alt: 'Footnote' }],
  ['[data-sidebar="rail"]', { title: _('List of conversations') }],
  // A list of groups of lists; only the inner ones are lists.
  ['ul[data-sidebar="menu"]:has(> #thread-history)', { role: 'presentation' }],
  // A link around a button around a menu: the link and the menu are what can be reached.
  ['#thread-history li a > button', { role: 'link', tabindex: '-1' }],
  ['#thread-options', { role: 'button', tabindex: '0' }],
  // Each message in it is a status, thus no item of a list.
  ['[data-sonner-toaster]', { role: 'group' }],
  // The choices of a search, or that there are none.
  ['[cmdk-list]:has([cmdk-item])', { role: 'listbox' }],
  ['[cmdk-list]:not(:has([cmdk-item]))', { role: 'status' }],
];

// Chainlit says the same of all that it has confirmed, and only in English where it finds nothing.
const WORDS = [
  ['#chat-settings #confirm span', /./, _('Save')],
  ['[data-sonner-toast] [data-title]', /^Couldn't resume chat/, _('This conversation cannot be opened any more.')],
];

const mend = () => {
  for (const [selector, before, words] of WORDS) {
    for (const element of document.querySelectorAll(selector)) {
      if (element.textContent !== words && before.test(element.textContent)) element.textContent = words;
    }
  }
  for (const [selector, name] of NAMES) {
    for (const element of document.querySelectorAll(selector)) {
      if (element.getAttribute('aria-label') !== name) element.setAttribute('aria-label', name);
    }
  }
  for (const [selector, attributes] of FIXES) {
    for (const element of document.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(attributes)) {
        if (element.getAttribute(name) !== value) element.setAttribute(name, value);
      }
    }
  }
  for (const marker of document.querySelectorAll('a[href^="#cite-"]:not([aria-label])')) {
    const [number, title] = [marker.textContent, marker.title];
    marker.setAttribute('aria-label', _('Source {number}: {title}', { number, title }));
  }
  // `escaping.py` sets apart what has no shape: it is signed by its codes, as in sources.
  for (const apart of document.querySelectorAll('.ai-message .italic')) {
    const codes = window.footnote.pieces(apart.textContent).flatMap(({ code }) => code ?? []).join(' ');
    if (codes) apart.dataset.code = codes;
    else delete apart.dataset.code;
  }
  // The handle between conversation and source names a panel that has no such id.
  for (const handle of document.querySelectorAll('[role="separator"][aria-controls]')) {
    if (!document.getElementById(handle.getAttribute('aria-controls'))) {
      handle.removeAttribute('aria-controls');
    }
    handle.setAttribute('aria-label', _('Width of the conversation'));
  }
};

// Where a dialog or a menu closes and nothing takes the focus, what had it before gets it back.
const OVER = '[role="dialog"], [role="alertdialog"], [role="menu"]';
let before = null;
let over = false;
document.addEventListener('focusin', ({ target }) => {
  if (!target.closest(`${OVER}, [data-radix-focus-guard]`)) before = target;
});
const giveBack = () => {
  const covered = document.querySelector(OVER) !== null;
  if (over && !covered && document.activeElement === document.body && before?.isConnected) before.focus();
  over = covered;
};

new MutationObserver(() => { mend(); giveBack(); }).observe(document.documentElement, { childList: true, subtree: true });
mend();

// Enter after a name or a date ends its dialog, as it does everywhere else.
document.addEventListener('keydown', ({ key, isComposing, target }) => {
  if (key !== 'Enter' || isComposing || !['name', 'since', 'until'].includes(target.id)) return;
  target.closest('[role="dialog"]')?.querySelector('button + button')?.click();
});

// One place that speaks: what is put into it is read out when the reader is done with the rest.
const voice = document.createElement('div');
voice.id = 'footnote-voice';
voice.className = 'fn-unseen';
voice.setAttribute('aria-live', 'polite');
document.body.append(voice);
let spoken = '';
window.addEventListener('message', (event) => {
  if (event.source !== window || event.data?.footnote !== 'replied') return;
  // It is told again where the connection was lost meanwhile, and read out once.
  if (event.data.id === spoken) return;
  spoken = event.data.id;
  voice.textContent = event.data.text;
});
