// Questions that follow an answer, each of which is known to have one; or the one whose answer was
// cut off, to be asked again. A click asks it.
import { useEffect, useRef, useState } from 'react';
import { useChatData } from '@chainlit/react-client';
import { ArrowUpRight } from 'lucide-react';

const _ = window.footnote.gettext;

export default function AskNext() {
  const { questions, again } = props;
  const heading = again ? _('Ask again') : _('Ask next');
  const panel = useRef(null);
  const { connected, loading } = useChatData();

  // One question at a time, as below: from the click until its answer is there. Not `disabled`,
  // which would take the focus away.
  const [asked, setAsked] = useState(false);
  useEffect(() => { if (loading) setAsked(false); }, [loading]);
  const busy = asked || loading || !connected;
  const ask = (question) => {
    if (busy) return;
    setAsked(true);
    sendUserMessage(question);
  };

  // It comes after the answer: bring it up from below, unless the reader has scrolled elsewhere.
  useEffect(() => {
    const { top } = panel.current.getBoundingClientRect();
    if (top < window.innerHeight) window.footnote.bringUp(panel.current);
  }, []);

  return (
    <section className="fn-next" ref={panel} aria-label={heading}>
      <h2>{heading}</h2>
      <ul>
        {questions.map((question) => (
          <li key={question}>
            <button type="button" aria-disabled={busy} onClick={() => ask(question)}>
              <ArrowUpRight aria-hidden="true" />
              <span>{question}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
