// The row of sources below an answer. Opens one of them beside the conversation.
import { useEffect, useRef, useState } from 'react';
import { useRecoilState, useRecoilValue } from 'recoil';
import { elementState, sideViewState } from '@chainlit/react-client';
import { Check, Copy } from 'lucide-react';

const _ = window.footnote.gettext;

// As in `SourcePassage.jsx`.
const visible = (text) => window.footnote.pieces(text).map(({ piece, code }, index) => (
  code ? <span key={index} className="fn-hidden" data-code={code}>{piece}</span> : piece
));

// Scripts have a clipboard only on pages that come by HTTPS or from the machine itself.
const toClipboard = async (text) => {
  if (navigator.clipboard) { await navigator.clipboard.writeText(text); return; }
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
  before?.focus();
};

export default function SourcesPanel() {
  const { id, kind, heading, sources, copy } = props;
  const [side, setSide] = useRecoilState(sideViewState);
  const elements = useRecoilValue(elementState);
  const [copied, setCopied] = useState(false);
  const panel = useRef(null);

  const open = (number) => {
    const at = sources.findIndex((source) => source.number === number);
    if (at < 0) return;
    const place = { number: at + 1, count: sources.length };
    const view = {
      title: kind === 'sources'
        ? _('Source {number} of {count}', place)
        : _('Closest article {number} of {count}', place),
      key: `${id}-${number}`,
      elements: [{
        id: `side-${id}-${number}`, forId: id, type: 'custom', name: 'SourcePassage', display: 'side',
        props: { message: id, source: sources[at] },
      }],
    };
    window.footnote.shown = view;
    window.footnote.fresh = true;
    setSide(view);
  };

  // Whenever an element comes, Chainlit closes the side view. What was opened stays until its
  // reader closes it, which `app.js` sees; the microtask runs after Chainlit's effect.
  useEffect(() => {
    const view = window.footnote.shown;
    if (view?.elements[0].forId !== id) return;
    queueMicrotask(() => { if (window.footnote.shown === view) setSide(view); });
  }, [elements]);

  useEffect(() => {
    const onCite = ({ detail }) => {
      if (detail.message !== id) return;
      window.footnote.pending = null;
      open(detail.number);
    };
    window.addEventListener('footnote:cite', onCite);
    if (window.footnote.pending?.message === id) onCite({ detail: window.footnote.pending });
    return () => window.removeEventListener('footnote:cite', onCite);
  }, [id, sources]);

  // Chainlit scrolls for text and not for elements: bring the newest panel up from below.
  const complete = Boolean(copy) || kind === 'closest';
  useEffect(() => {
    if (complete) window.footnote.bringUp(panel.current);
  }, [complete]);

  const copyAll = async () => {
    await toClipboard(copy);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };

  return (
    <section className="fn-sources" ref={panel} data-panel={id} data-kind={kind} aria-label={heading}>
      <h2>{heading}</h2>
      <div className="fn-chips">
        {sources.map((source) => (
          <button
            key={source.number} type="button" className="fn-chip" title={window.footnote.plain(source.title)}
            data-number={source.number} aria-pressed={side?.key === `${id}-${source.number}`}
            onClick={(event) => {
              window.footnote.opener = event.currentTarget;
              open(source.number);
            }}
          >
            {kind === 'sources' ? <span className="fn-number">{source.number}</span> : null}
            <span className="fn-title">{visible(source.title)}</span>
            <span className="fn-date">{source.date || _('undated')}</span>
          </button>
        ))}
      </div>
      {copy ? (
        <button type="button" className="fn-copy" onClick={copyAll}>
          {copied ? <Check /> : <Copy />}
          <span aria-live="polite">{copied ? _('Copied') : _('Copy with sources')}</span>
        </button>
      ) : null}
    </section>
  );
}
