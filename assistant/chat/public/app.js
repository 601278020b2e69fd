// Runs before Chainlit. Markers of an answer are links to `#cite-<message>-<number>`.
(() => {
  'use strict';

  // The first visit takes the colours of the system; after that the reader's choice stays.
  const THEME = 'vite-ui-theme';
  if (!localStorage.getItem(THEME)) localStorage.setItem(THEME, 'system');

  // The texts of the language that the server has chosen, by the English ones.
  const texts = JSON.parse(document.getElementById('footnote-texts').textContent);
  const gettext = (message, values = {}) => (
    (texts[message] || message).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
  );
  const _ = gettext;

  // Controls, direction marks, tags and the like have no shape: they are shown by their code. Of
  // tags those have one that make another flag of a black one. `article_page.py` has the same ones.
  const FLAG = '\u{1f3f4}';
  const HIDDEN = /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}])/u;
  const pieces = (text) => text.split(HIDDEN).map((piece, index) => ({
    piece,
    code: index % 2 && !piece.startsWith(FLAG) ? piece.codePointAt(0).toString(16).toUpperCase().padStart(4, '0') : null,
  }));
  const plain = (text) => pieces(text).map(({ piece, code }) => (code ? '' : piece)).join('');

  // A marker opens its source in the side panel and never leads anywhere, not even when it is
  // clicked before its panel is there: then the panel finds the click in `pending`.
  const footnote = {
    pending: null, shown: null, fresh: false, touched: false, adding: false, gettext, pieces, plain,
  };
  window.footnote = footnote;
  // Brings up from below what came after an answer, as far as the answer's beginning stays in view.
  // What is drawn anew above a newer question leaves the page where it is: at that question.
  footnote.bringUp = (element) => {
    const asked = [...document.querySelectorAll('[data-step-type="user_message"]')].pop();
    if (!asked || element.compareDocumentPosition(asked) & Node.DOCUMENT_POSITION_FOLLOWING) return;
    let box = element.parentElement;
    while (box && box.scrollHeight <= box.clientHeight) box = box.parentElement;
    if (!box) return;
    const frame = box.getBoundingClientRect();
    const hidden = element.getBoundingClientRect().bottom + parseFloat(getComputedStyle(element).scrollMarginBottom) - frame.bottom;
    const room = asked.getBoundingClientRect().bottom - frame.top;
    if (Math.min(hidden, room) > 0) box.scrollBy({ top: Math.min(hidden, room) });
  };

  // `shown` is what the side view holds until its reader closes it: with Escape, above it, or, on
  // a phone, beside it. Another conversation closes it, too. What lies over it is closed first.
  const OVER = ':is([role="dialog"], [role="alertdialog"], [role="menu"]):not(:has(#side-view-content))';
  const closes = ({ type, key, target }) => {
    if (type === 'keydown') return key === 'Escape' && !document.querySelector(OVER) && !target.closest?.('#fn-added');
    const content = document.getElementById('side-view-content');
    const beside = content?.closest('[role="dialog"]') && !content.contains(target);
    return beside || target.closest('#side-view-title, #new-chat-button, a[href^="/thread/"]');
  };
  for (const kind of ['keydown', 'pointerdown', 'click']) {
    window.addEventListener(kind, (event) => {
      footnote.touched = true;
      if (closes(event)) footnote.shown = null;
    }, true);
  }

  // Chainlit tells its session only to its server; `/uploads` goes by it, too.
  //
  // It asks for its settings twice, the second time by the name of the one profile that the first
  // answer holds, and connects before the second answer and again after it. A question asked
  // between the two would be lost. So the first answer serves twice, and a page that is connecting
  // before it shows the second waits: if it connects again, the first time never happens.
  const STEADY = 150;  // milliseconds between what is shown and what React does about it
  const LONGEST = 1000;
  const fetched = window.fetch;
  let settings;
  let shownAt = Infinity;
  let connecting = 0;
  const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
  const shown = () => {
    const root = document.getElementById('root');  // empty as long as there are no settings
    new MutationObserver((_changes, observer) => {
      if (!root.childElementCount) return;
      observer.disconnect();
      shownAt = performance.now();
    }).observe(root, { childList: true });
  };
  const connect = async (answer) => {
    const mine = connecting += 1;
    const early = performance.now() < shownAt + STEADY;
    for (let waited = 0; early && waited < LONGEST && mine === connecting; waited += 50) await wait(50);
    return mine === connecting ? answer : new Promise(() => {});
  };
  window.fetch = (resource, options) => {
    const path = new URL(String(resource), window.location.href);
    if (path.pathname.endsWith('/set-session-cookie')) {
      const session = JSON.parse(options.body).session_id;
      if (footnote.session !== session) footnote.shown = null;
      footnote.session = session;
      window.dispatchEvent(new Event('footnote:session'));
      return connect(fetched(resource, options));
    }
    if (!path.pathname.endsWith('/project/settings')) return fetched(resource, options);
    if (settings && path.searchParams.has('chat_profile')) {
      const first = settings;
      settings = null;
      shown();
      return first;
    }
    const answer = fetched(resource, options);
    if (settings === undefined) settings = answer.then((response) => response.clone());
    return answer;
  };
  // Chainlit leaves the empty page for the conversation that began on it, also when a reader comes
  // back to it: one could never get to what was before. So the one takes the place of the other.
  // On a phone it does so once the list of conversations opens, and draws the page anew without it.
  const LIST = '#sidebar-trigger-button';
  let listed = -Infinity;
  document.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.closest(LIST)) listed = performance.now();
  }, true);
  const openList = () => {
    if (!document.querySelector('[role="dialog"]')) document.querySelector(LIST)?.click();
  };
  const push = window.history.pushState;
  window.history.pushState = (state, unused, url) => {
    const begun = window.location.pathname === '/' && /^\/thread\//.test(url);
    if (begun && performance.now() - listed < 1000 && document.querySelector('[role="dialog"]')) setTimeout(openList, 200);
    (begun ? window.history.replaceState : push).call(window.history, state, unused, url);
  };
  import('/public/accessible.js');
  import('/public/uploads.js');
  import('/public/asking.js');
  import('/public/sending.js');

  const citation = (event) => {
    const link = event.target instanceof Element && event.target.closest('a[href^="#cite-"]');
    const found = link && /^#cite-(.+)-(\d+)$/.exec(link.getAttribute('href'));
    return found && { message: found[1], number: Number(found[2]), link };
  };

  document.addEventListener('click', (event) => {
    const cited = citation(event);
    if (!cited) return;
    event.preventDefault();
    footnote.opener = cited.link;
    footnote.pending = cited;
    window.dispatchEvent(new CustomEvent('footnote:cite', { detail: cited }));
  }, true);
  document.addEventListener('auxclick', (event) => {
    if (citation(event)) event.preventDefault();
  }, true);

  const settingUp = () => document.querySelector('[role="dialog"]') !== null;

  // The server says that the articles are ready. A page that came too early loads again, unless
  // someone is typing; its empty screen may still be on its way.
  const complete = ({ preparing, starters }, tries) => {
    const welcome = document.getElementById('welcome-screen');
    const early = welcome?.textContent.includes(preparing);
    const offered = welcome?.querySelectorAll('#starters button').length;
    if (!early && offered === starters) return;
    if (!early && tries > 0) {  // they may still be on their way
      setTimeout(complete, 500, { preparing, starters }, tries - 1);
      return;
    }
    const input = document.getElementById('chat-input');
    if (input?.value || input?.textContent || footnote.adding || settingUp()) return;
    // What is typed while a page loads again is lost: only for a reader who is not there yet.
    if (welcome && (early || !footnote.touched)) window.location.reload();
  };
  window.addEventListener('message', (event) => {
    if (event.source !== window || event.data?.footnote !== 'ready') return;
    setTimeout(complete, 500, event.data, 20);
  });

  // The message can get lost while the page is still connecting: an empty screen that goes on
  // saying so asks the server itself. The words are those of PREPARING in app.py.
  const PREPARING = _('Getting the articles ready. The first time this takes a moment.');
  setInterval(async () => {
    const waits = () => document.getElementById('welcome-screen')?.textContent.includes(PREPARING);
    const input = document.getElementById('chat-input');
    if (!waits() || input?.value || input?.textContent || footnote.adding) return;
    const settings = await fetch('/project/settings').catch(() => null);
    if (!settings?.ok || (await settings.text()).includes(PREPARING)) return;
    if (waits() && !input?.value && !input?.textContent && !footnote.adding && !settingUp()) window.location.reload();
  }, 3000);
})();
