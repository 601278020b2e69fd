// Articles that are added in the chat: chosen or dropped, with their progress and what became of
// each. What the server says is only ever shown as text.
const _ = window.footnote.gettext;
const TEXTS = {
  add: _('Add articles'),
  close: _('Close'),
  list: _('Articles of this conversation'),
  where: _('Who is answered from them'),
  private: _('Only this conversation'),
  library: _('Everybody: keep them in the library'),
  choose: _('Choose files'),
  orDrop: _('or drop them anywhere on this page.'),
  limits: (megabytes, most) => _('Up to {most} articles, {megabytes} MB each.', { megabytes, most }),
  drop: _('Drop the files to add them'),
  dropPrivate: _('Only this conversation is answered from them.'),
  dropLibrary: _('Everybody is answered from them.'),
  waiting: _('Waiting'),
  sending: (percent) => _('Sending, {percent} %', { percent }),
  reading: _('Reading'),
  read: (whose) => _('Read, for {whose}', { whose }),
  incomplete: (whose) => _('Read, for {whose}, but it may be incomplete: {reason}', { whose }),
  refused: _('Not added: {reason}'),
  onlyHere: _('this conversation only'),
  inLibrary: _('everybody'),
  open: _('Open the article'),
  remove: _('Remove'),
  removeNamed: (name) => _('Remove {name}', { name }),
  removed: (name) => _('{name} was removed.', { name }),
  cancel: _('Cancel'),
  dismiss: _('Dismiss'),
  kind: (kinds) => _('there is no reader for this kind of file; there is one for {kinds}', { kinds }),
  large: (megabytes) => _('larger than {megabytes} MB; split it into several files', { megabytes }),
  folder: _('a folder; choose the files in it'),
  full: (most) => _('this conversation has {most} articles already; remove one', { most }),
  lost: _('the server could not be reached; try again'),
};
const ADDRESS = '/uploads';
const CHOICE = 'footnote-uploads';
const TRIES = 20;
const PAUSE = 700;
const SELDOM = 5000;  // milliseconds between two tries, after the first ones

let offer = null;  // what the server takes, once it has said so
let open = false;
let rows = [];  // { name, state, reason, kept, id, title, href, file, percent, request }
let sending = false;
let changes = 0;  // articles that came and went: what the server said of them before one is old

const address = (more = {}) => `${ADDRESS}?${new URLSearchParams({ session: window.footnote.session, ...more })}`;
const choice = () => (offer.kept === 'library' && localStorage.getItem(CHOICE) === 'library' ? 'library' : 'private');
const megabytes = () => Math.floor(offer.largest / 1_000_000);

// An element with attributes, listeners and children; strings become text.
const make = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
};
const icon = (path) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(svg.namespaceURI, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
};
const FILE_PLUS = 'M15 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V7Z M14 2v4a2 2 0 0 0 2 2h4 M9 15h6 M12 12v6';
const CROSS = 'M18 6 6 18 M6 6l12 12';

// The parts of the page. Chainlit draws its own anew: `place` puts ours back.
const count = make('span', { class: 'fn-add-count' });
const button = make('button', {
  type: 'button', id: 'fn-add', class: 'fn-add', 'aria-controls': 'fn-added', 'aria-label': TEXTS.add,
  title: TEXTS.add, onclick: () => show(!open),
}, icon(FILE_PLUS), count);
const picker = make('input', {
  type: 'file', multiple: true, hidden: true, id: 'fn-files', tabindex: '-1', 'aria-label': TEXTS.choose,
  onchange: () => { take([...picker.files]); picker.value = ''; },
});
const choose = make('button', { type: 'button', class: 'fn-choose', onclick: () => picker.click() }, TEXTS.choose);
const limits = make('span', { class: 'fn-hint' });
const list = make('ul', { class: 'fn-uploads', 'aria-label': TEXTS.list });
const live = make('p', { class: 'fn-live', role: 'status', 'aria-live': 'polite' });
const kinds = make('fieldset', { class: 'fn-kept' });
const panel = make(
  'section', { id: 'fn-added', 'aria-label': TEXTS.add, hidden: true, onkeydown: (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    show(false);
    button.focus();
  } },
  make('div', { class: 'fn-added-head' },
    make('h2', {}, TEXTS.add),
    make('button', { type: 'button', class: 'fn-icon', 'aria-label': TEXTS.close, title: TEXTS.close, onclick: () => { show(false); button.focus(); } }, icon(CROSS))),
  kinds, make('p', { class: 'fn-from' }, choose, picker, make('span', { class: 'fn-hint fn-or-drop' }, TEXTS.orDrop), limits), list,
);
const zone = make('div', { class: 'fn-drop', hidden: true, 'aria-hidden': 'true' },
  make('div', {}, icon(FILE_PLUS), make('strong', {}, TEXTS.drop), make('span')));

const show = (wanted) => {
  open = wanted;
  window.footnote.adding = open || rows.length > 0;  // such a page is not loaded again by itself
  panel.hidden = !open;
  button.setAttribute('aria-expanded', String(open));
  if (open) choose.focus();
};

const radio = (value) => make('label', {}, make('input', {
  type: 'radio', name: 'fn-kept', value, onchange: () => localStorage.setItem(CHOICE, value),
}), TEXTS[value]);

// What has the focus loses it when it is taken off the page, and gets it back in its new place.
let focused = null;
for (const part of [button, panel]) {
  part.addEventListener('focusin', ({ target }) => { focused = target; });
  part.addEventListener('focusout', ({ target }) => queueMicrotask(() => {
    if (focused === target && target.isConnected) focused = null;
  }));
}

const place = () => {
  if (!offer) return;
  const composer = document.getElementById('message-composer');
  const buttons = composer?.lastElementChild?.firstElementChild;
  if (!buttons) return;
  const before = focused;
  if (button.parentElement !== buttons) buttons.prepend(button);
  if (panel.nextElementSibling !== composer) composer.before(panel);
  if (before?.isConnected && document.activeElement === document.body) before.focus();
  for (const part of [live, zone]) if (!part.isConnected) document.body.append(part);
};

const whose = (row) => (row.kept === 'library' ? TEXTS.inLibrary : TEXTS.onlyHere);
const said = (row) => row.problem || ({
  waiting: () => TEXTS.waiting,
  sending: () => TEXTS.sending(row.percent),
  reading: () => TEXTS.reading,
  read: () => TEXTS.read(whose(row)),
  incomplete: () => TEXTS.incomplete(whose(row)).replace('{reason}', () => row.reason),
  known: () => TEXTS.refused.replace('{reason}', () => row.reason),
  refused: () => TEXTS.refused.replace('{reason}', () => row.reason),
})[row.state]();
const isGoing = (row) => ['waiting', 'sending', 'reading'].includes(row.state);
const isThere = (row) => ['read', 'incomplete'].includes(row.state);

const draw = () => {
  window.footnote.adding = open || rows.length > 0;
  const held = document.activeElement?.closest?.('.fn-uploads li');
  const at = held ? [...list.children].indexOf(held) : -1;
  list.replaceChildren(...rows.map((row) => {
    const end = isThere(row) ? () => remove(row) : () => forget(row);
    const word = isThere(row) ? TEXTS.remove : isGoing(row) ? TEXTS.cancel : TEXTS.dismiss;
    return make('li', { 'data-state': row.state },
      make('span', { class: 'fn-file' },
        row.href ? make('a', { href: row.href, target: '_blank', rel: 'noopener', title: TEXTS.open }, make('bdi', {}, row.name)) : make('bdi', {}, row.name)),
      make('span', { class: 'fn-said' }, said(row)),
      row.state === 'reading' || row.state === 'sending'
        ? make('progress', { max: 100, 'aria-label': row.name, value: row.state === 'sending' ? row.percent : null }) : null,
      row.state === 'reading' ? null
        : make('button', { type: 'button', class: 'fn-end', 'aria-label': isThere(row) ? TEXTS.removeNamed(row.name) : `${word}: ${row.name}`, onclick: end }, word));
  }));
  const there = rows.filter(isThere).length;
  count.textContent = there || '';
  button.setAttribute('aria-label', there ? `${TEXTS.add} (${there})` : TEXTS.add);
  if (at >= 0) (list.children[Math.min(at, rows.length - 1)]?.querySelector('.fn-end') || choose).focus();
};

const change = (row, fields) => {
  const before = row.state;
  Object.assign(row, fields);
  if (row.state === before && row.state === 'sending') {  // only the bar moves
    const bar = list.children[rows.indexOf(row)];
    bar.querySelector('progress').value = row.percent;
    bar.querySelector('.fn-said').textContent = said(row);
    return;
  }
  draw();
  if (!isGoing(row)) live.textContent = `${row.name}: ${said(row)}`;
};

// Whether two rows are of one article: a list that came meanwhile has a row of its own for it.
const isSame = (row, other) => row === other || (row.id && row.id === other.id);

const forget = (row) => {
  row.request?.abort();
  rows = rows.filter((other) => !isSame(row, other));
  draw();
};

const remove = async (row) => {
  const answer = await fetch(address({ id: row.id }), { method: 'DELETE' }).catch(() => null);
  if (answer?.ok || answer?.status === 404) {
    changes += 1;
    forget(row);
    live.textContent = TEXTS.removed(row.name);
  } else {
    change(row, { problem: TEXTS.lost });
  }
};

// Files are sent one after the other, so that the first is there before the last is on its way.
const take = (files) => {
  const kept = choice();
  show(true);
  let there = rows.filter((row) => isThere(row) || isGoing(row)).length;
  for (const file of files) {
    const suffix = `.${file.name.split('.').pop().toLowerCase()}`;
    let reason = null;
    if (file.isFolder) reason = TEXTS.folder;
    else if (!offer.accept.includes(suffix)) reason = TEXTS.kind(offer.accept.join(', '));
    else if (file.size > offer.largest) reason = TEXTS.large(megabytes());
    else if (there >= offer.most) reason = TEXTS.full(offer.most);
    else there += 1;
    rows.push({ name: file.name, file, kept, reason, percent: 0, state: reason ? 'refused' : 'waiting' });
    if (reason) live.textContent = `${file.name}: ${said(rows[rows.length - 1])}`;
  }
  draw();
  send();
};

const send = () => {
  const row = rows.find((other) => other.state === 'waiting');
  if (sending || !row) return;
  sending = true;
  const request = new XMLHttpRequest();
  row.request = request;
  const session = window.footnote.session;
  request.open('POST', address({ kept: row.kept, name: row.name }));
  request.setRequestHeader('Content-Type', 'application/octet-stream');
  request.upload.onprogress = (event) => change(row, { state: 'sending', percent: Math.floor((100 * event.loaded) / (event.total || 1)) });
  request.upload.onload = () => change(row, { state: 'reading' });
  request.onloadend = () => {
    sending = false;
    row.request = null;
    row.file = request.status === 503 || request.status === 429 ? row.file : null;
    if (session !== window.footnote.session || !rows.includes(row)) { send(); return; }
    let answer = null;
    try { answer = JSON.parse(request.responseText); } catch { /* no answer of ours */ }
    if (row.file) {
      change(row, { state: 'waiting' });
      setTimeout(send, 2000);
      return;
    }
    if (request.status === 413) change(row, { state: 'refused', reason: TEXTS.large(megabytes()) });
    else if (answer?.state) {
      changes += 1;
      rows = rows.filter((other) => other === row || !isSame(answer, other));
      change(row, answer.state === 'refused' ? { ...answer, name: row.name } : answer);
    } else change(row, { state: 'refused', reason: TEXTS.lost });
    send();
  };
  change(row, { state: 'sending' });
  request.send(row.file);
};

// What the conversation has: asked whenever Chainlit begins a session. It is known to the server
// a moment later.
const refresh = async (tries = TRIES) => {
  const session = window.footnote.session;
  const before = changes;
  const answer = await fetch(address()).catch(() => null);
  if (session !== window.footnote.session) return;
  if (answer?.status !== 200) {
    const later = !answer || answer.status === 202;  // else it is told where a question is asked
    const again = () => session === window.footnote.session && refresh(Math.max(0, tries - 1));
    if (later) setTimeout(again, tries > 0 ? PAUSE : SELDOM);
    return;
  }
  if (!answer.headers.get('content-type').startsWith('application/json')) return;  // they are off
  const said = await answer.json();
  if (before !== changes) { refresh(tries); return; }
  offer = said;
  picker.accept = offer.accept.join(',');
  limits.textContent = TEXTS.limits(megabytes(), offer.most);
  kinds.replaceChildren(make('legend', {}, TEXTS.where), radio('private'), radio('library'));
  kinds.hidden = offer.kept !== 'library';
  kinds.querySelector(`[value="${choice()}"]`).checked = true;
  rows = [...offer.articles, ...rows.filter((row) => isGoing(row) || row.state === 'refused')];
  draw();
  place();
};

let begun = '';
const begin = () => {
  if (begun === window.footnote.session) { refresh(); return; }  // it has only connected again
  begun = window.footnote.session;
  for (const row of rows) row.request?.abort();
  if (rows.length) show(false);
  rows = [];
  draw();
  refresh();
};

// A question that is sent needs the room, unless a file is still being read: it is not answered from
// that one yet, and its sender has to see so.
const asks = (event) => event.target instanceof Element && (event.type === 'click'
  ? event.target.closest('#chat-submit, #starters button')
  : event.key === 'Enter' && !event.shiftKey && event.target.closest('#chat-input'));
for (const kind of ['click', 'keydown']) document.addEventListener(kind, (event) => { if (asks(event) && !rows.some(isGoing)) show(false); }, true);

// Dragging. `dragleave` fires for every element that is left, so the drags inside are counted.
let inside = 0;
const brings = (event) => offer && [...(event.dataTransfer?.types || [])].includes('Files');
window.addEventListener('dragenter', (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  inside += 1;
  zone.querySelector('span').textContent = choice() === 'library' ? TEXTS.dropLibrary : TEXTS.dropPrivate;
  zone.hidden = false;
});
window.addEventListener('dragover', (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'copy';
});
window.addEventListener('dragleave', (event) => {
  if (!brings(event)) return;
  inside = Math.max(0, inside - 1);
  if (!inside) zone.hidden = true;
});
window.addEventListener('drop', (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  inside = 0;
  zone.hidden = true;
  const folders = new Set([...event.dataTransfer.items]
    .map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry?.isDirectory).map((entry) => entry.name));
  const files = [...event.dataTransfer.files];
  for (const file of files) file.isFolder = folders.has(file.name);
  take(files);
});

const style = make('link', { rel: 'stylesheet', href: '/public/uploads.css' });
document.head.append(style);
new MutationObserver(place).observe(document.body, { childList: true, subtree: true });
window.addEventListener('footnote:session', begin);
// Where the articles took longer than we have asked for, the server says when they are there.
window.addEventListener('message', (event) => {
  if (event.source === window && event.data?.footnote === 'ready' && !offer) refresh();
});
if (window.footnote.session) begin();
