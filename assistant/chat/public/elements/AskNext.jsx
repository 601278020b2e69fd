// Questions that follow an answer, each of which is known to have one. A click asks it.
import { useEffect, useRef } from 'react';
import { ArrowUpRight } from 'lucide-react';

const _ = window.footnote.gettext;

export default function AskNext() {
  const { questions } = props;
  const panel = useRef(null);

  // It comes after the answer: bring it up from below, unless the reader has scrolled elsewhere.
  useEffect(() => {
    const { top } = panel.current.getBoundingClientRect();
    if (top < window.innerHeight) panel.current.scrollIntoView({ block: 'nearest' });
  }, []);

  return (
    <section className="fn-next" ref={panel} aria-label={_('Ask next')}>
      <h2>{_('Ask next')}</h2>
      <ul>
        {questions.map((question) => (
          <li key={question}>
            <button type="button" onClick={() => sendUserMessage(question)}>
              <ArrowUpRight aria-hidden="true" />
              <span>{question}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
