// For the pages of articles: the colours that the chat has, and the place that a link names.
(() => {
  'use strict';

  // The chat keeps its choice here; "system" and nothing leave it to the style sheet.
  const root = document.documentElement;
  const colour = () => {
    let theme = null;
    try { theme = localStorage.getItem('vite-ui-theme'); } catch { /* storage is off */ }
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  colour();
  window.addEventListener('storage', colour);

  // A link counts characters as Python does, and the page holds UTF-16: an emoji is 1 and 2.
  const unitsAt = (data, at) => (data.codePointAt(at) > 0xffff ? 2 : 1);
  const length = (data) => {
    let count = 0;
    for (let at = 0; at < data.length; at += unitsAt(data, at)) count += 1;
    return count;
  };
  const unit = (data, characters) => {
    let at = 0;
    for (let left = characters; left > 0; left -= 1) at += unitsAt(data, at);
    return at;
  };

  // The text nodes that hold a place, each with the UTF-16 units to mark; empty if it ends outside.
  const stretches = (text, start, end) => {
    const found = [];
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    let low = 0;
    while (walker.nextNode() && low < end) {
      const node = walker.currentNode;
      const high = low + length(node.data);
      if (high > start) {
        const from = unit(node.data, Math.max(0, start - low));
        const to = unit(node.data, Math.min(high, end) - low);
        found.push({ node, from, to });
      }
      low = high;
    }
    return low < end ? [] : found;
  };

  const unmark = (text) => {
    for (const mark of text.querySelectorAll('mark')) mark.replaceWith(...mark.childNodes);
    text.normalize();
  };
  const mark = ({ node, from, to }) => {
    const marked = document.createElement('mark');
    node.splitText(to);
    const cited = node.splitText(from);
    cited.replaceWith(marked);
    marked.append(cited);
    return marked;
  };

  const show = () => {
    const text = document.getElementById('text');
    const named = /^#([0-9]{1,15})-([0-9]{1,15})$/.exec(window.location.hash);
    if (!text || !named || 'changed' in text.dataset) return;
    unmark(text);
    const [start, end] = [Number(named[1]), Number(named[2])];
    const marks = start < end ? stretches(text, start, end).map(mark) : [];
    document.getElementById('missing').hidden = marks.length > 0;
    if (!marks.length) return;
    marks[0].id = 'cited';
    marks[0].tabIndex = -1;
    marks[0].scrollIntoView({ block: 'center' });
    marks[0].focus({ preventScroll: true });
  };
  document.addEventListener('DOMContentLoaded', show);

  // A refresh by the page itself would only move to the place that the link names.
  document.addEventListener('DOMContentLoaded', () => {
    const waiting = document.getElementById('waiting');
    if (!waiting) return;
    // Else the browser would go back to the top, where this page was.
    window.history.scrollRestoration = 'manual';
    setTimeout(() => window.location.reload(), 1000 * waiting.dataset.seconds);
  });
  window.addEventListener('hashchange', show);
})();
