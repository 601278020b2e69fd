// One source beside the conversation: its article, and the quote in the text around it.
import { useEffect, useRef } from 'react';
import { useRecoilValue, useSetRecoilState } from 'recoil';
import { elementState, sideViewState } from '@chainlit/react-client';

const _ = window.footnote.gettext;

// What has no shape: show where it is, and keep it from turning the text around it. The characters
// stay in the text, so a copy of it is exact.
const visible = (text) => window.footnote.pieces(text).map(({ piece, code }, index) => (
  code ? <span key={index} className="fn-hidden" data-code={code}>{piece}</span> : piece
));

// Where the file of an article that was added in the chat lies says nothing to its reader.
const ADDED = /^\.uploads\/.*\//;

export default function SourcePassage() {
  const { message, source } = props;
  const setSide = useSetRecoilState(sideViewState);
  const elements = useRecoilValue(elementState);
  const passage = useRef(null);
  const mark = useRef(null);

  useEffect(() => {
    // One that only comes back, because more came below it, leaves the focus where it is.
    if (window.footnote.fresh) passage.current?.focus({ preventScroll: true });
    window.footnote.fresh = false;
    mark.current?.scrollIntoView({ block: 'nearest' });
  }, [message, source.number]);

  // As in `SourcesPanel.jsx`; from here, behind the conversation, without being drawn anew.
  useEffect(() => { if (window.footnote.shown) setSide(window.footnote.shown); }, [elements]);

  // However the panel is closed, the focus goes back to what opened it. `app.js` has seen the key
  // before, and knows whether it means the panel.
  useEffect(() => {
    const onKey = (event) => { if (event.key === 'Escape' && !window.footnote.shown) setSide(undefined); };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
      setTimeout(() => {
        if (window.footnote.shown) return;
        const { opener } = window.footnote;
        const marker = document.querySelector(`a[href="#cite-${message}-${source.number}"]`);
        (opener?.isConnected ? opener : marker)?.focus();
      });
    };
  }, [message, source.number]);

  return (
    <article className="fn-passage" ref={passage} tabIndex={-1} aria-label={window.footnote.plain(source.title)}>
      <h2 lang={source.language || undefined}>{visible(source.title)}</h2>
      <p className="fn-about">{source.date || _('undated')}<span>{source.article_id.replace(ADDED, '')}</span>{source.page ? _('page {number}', { number: source.page }) : null}</p>
      {source.href ? <p className="fn-open"><a href={source.href} target="_blank" rel="noopener">{_('Open the article')}</a></p> : null}
      <div className="fn-text" lang={source.language || undefined}>
        {source.more_before ? <span className="fn-more">… </span> : null}
        {visible(source.before.trimStart())}
        {source.changed ? <span className="fn-changed" role="note">{source.changed}</span> : null}
        {source.quote && source.changed ? <q className="fn-was">{visible(source.quote)}</q> : null}
        {source.quote && !source.changed ? (
          <mark ref={mark}>
            {source.answer
              ? <>{visible(source.answer[0])}<b>{visible(source.answer[1])}</b>{visible(source.answer[2])}</>
              : visible(source.quote)}
          </mark>
        ) : null}
        {visible(source.after.trimEnd())}
        {source.more_after ? <span className="fn-more"> …</span> : null}
      </div>
    </article>
  );
}
