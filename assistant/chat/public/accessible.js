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
  ['#side-view-title button, [role="dialog"] > button:has(> .sr-only)', _('Close')],
  ['form button:has(.lucide-eye)', _('Show the password')],
  ['form button:has(.lucide-eye-off)', _('Hide the password')],
  ['button:has(> .lucide-arrow-down)', _('Scroll to the end')],
];
const FIXES = [
  ['#welcome-screen img, .ai-message > span img, img[alt="Image"]', { alt: '' }],
  ['img[alt="logo"]', { alt: 'Footnote' }],
  ['[data-sidebar="rail"]', { title: _('List of conversations') }],
  // A list of groups of lists; only the inner ones are lists.
  ['ul[data-sidebar="menu"]:has(> #thread-history)', { role: 'presentation' }],
  // A link around a button around a menu: the link and the menu are what can be reached.
  ['#thread-history li a > button', { role: 'link', tabindex: '-1' }],
  ['#thread-options', { role: 'button', tabindex: '0' }],
];

const mend = () => {
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
  // The handle between conversation and source names a panel that has no such id.
  for (const handle of document.querySelectorAll('[role="separator"][aria-controls]')) {
    if (!document.getElementById(handle.getAttribute('aria-controls'))) {
      handle.removeAttribute('aria-controls');
    }
    handle.setAttribute('aria-label', _('Width of the conversation'));
  }
};

new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true });
mend();

// One place that speaks: what is put into it is read out when the reader is done with the rest.
const voice = document.createElement('div');
voice.id = 'footnote-voice';
voice.className = 'fn-unseen';
voice.setAttribute('aria-live', 'polite');
document.body.append(voice);
window.addEventListener('message', (event) => {
  if (event.source !== window || event.data?.footnote !== 'replied') return;
  // It is told again where the connection was lost meanwhile, and read out once.
  if (voice.textContent !== event.data.text) voice.textContent = event.data.text;
});
