"""The nearest misses: a text that says all but the answer, and questions for what texts rarely say.

Someone who asks for the price of a car that an article only counts must be told that it is not
stated, though every word but one is there. SQuAD's unanswerable questions are seldom of that kind,
so it is made: the answer is cut out of its sentence, or put vaguely; and what is often asked
of a person, a company or a place is asked of one whose text holds no word of it. So that holes
and vague words do not give a made text away, the same is done beside the answer, which
then stays an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from embeddings.training.examples import Paragraph, Question, Span, words_of
from embeddings.training.negatives import NUMBER, names_of
from embeddings.training.windows import Example

__all__ = ["answer_removed", "other_word", "something_else_removed", "unstated_attribute"]

PIECES = re.compile(
    r"[,;:–—]\s+(?:and\s+|but\s+|or\s+)?|\s+(?=(?:and|but|which|who|while|where|when|after|before"
    r"|with|including|because|although|as|by|in|on|at|for|from)\s)"
)
LEAST_LEFT = 5
"""Words that a sentence keeps, at least."""
LEAST_SHARED = 2
"""Content words that the question and what is left of the sentence share, at least."""
VAGUE = {
    "number": ("", "", "several", "many", "some", "a number of"),
    "date": ("", "", "then", "at one time", "some time ago"),
    "name": ("one of them", "someone", "an official", "a group", "it", "the place", "others"),
    "thing": ("something", "a certain thing", "this", "it", "", "another thing"),
}
BEFORE_A_DATE = re.compile(r"\b(?:in|on|since|by|during|from|until|of)\s+(?:the\s+)?$")
DATE = re.compile(
    r"\b(?:1[0-9]{3}|20[0-3][0-9])s?\b|\b(?:January|February|March|April|May|June|July|August"
    r"|September|October|November|December)\b|\bcentury\b"
)


def answer_removed(rng: Random, example: Example, answers: Sequence[str]) -> Example | None:
    """The example without its short answer, the rest of the sentence as it was; None if none fits.

    `answers` are all the accepted ones: none of them may be left in the window.
    """
    if not example.span:
        return None
    sentence = next(
        (s for s in example.sentences if s[0] <= example.span[0] and example.span[1] <= s[1]), None
    )
    if sentence is None:
        return None
    ways = [_clause_around(example.text, sentence, example.span), example.span]
    if rng.random() < 0.4:
        ways.reverse()
    asked = set(words_of(example.question))
    for way in ways:
        if way is None:
            continue
        cut, put = (way, "") if way != example.span else _vaguely(rng, example.text, way)
        changed = _spliced(example, cut, put, sentence)
        left = changed.text[sentence[0] : sentence[1] + len(changed.text) - len(example.text)]
        told = words_of(left)
        if len(left.split()) < LEAST_LEFT or len(asked & set(told)) < LEAST_SHARED:
            continue
        if any(answer.lower() in changed.text.lower() for answer in answers):
            continue
        return replace(changed, relevant=(), span=None)
    return None


def something_else_removed(rng: Random, example: Example) -> Example:
    """The example with a clause or a number less that the answer does not need: still answered."""
    asked = set(words_of(example.question))
    span = example.span or (0, 0)
    choices: list[tuple[Span, Span]] = []
    for number, sentence in enumerate(example.sentences):
        if number in example.relevant and not example.span:
            continue
        for piece in _clauses(example.text, sentence)[1:]:
            inside = set(words_of(example.text[slice(*piece)]))
            if not inside & asked and not (piece[0] < span[1] and span[0] < piece[1]):
                choices.append((piece, sentence))
        for match in NUMBER.finditer(example.text, *sentence):
            apart = match.end() <= span[0] or span[1] <= match.start()
            if apart and match[0] not in example.question:
                choices.append((match.span(), sentence))
    rng.shuffle(choices)
    for cut, sentence in choices[:3]:
        is_number = example.text[cut[0]].isdigit()
        changed = _spliced(example, cut, rng.choice(VAGUE["number"]) if is_number else "", sentence)
        grown = len(changed.text) - len(example.text)
        if len(changed.text[sentence[0] : sentence[1] + grown].split()) >= LEAST_LEFT:
            return changed
    return example


def _clauses(text: str, sentence: Span) -> list[Span]:
    """Stretches of a sentence between its commas and joining words, each with what leads it in."""
    starts = [sentence[0]]
    starts += [m.start() for m in PIECES.finditer(text, *sentence) if m.start() > starts[-1]]
    ends = [*starts[1:], sentence[1] - (text[sentence[1] - 1] in ".!?")]
    return list(zip(starts, ends, strict=True))


def _clause_around(text: str, sentence: Span, span: Span) -> Span | None:
    pieces = _clauses(text, sentence)
    found = [p for p in pieces if p[0] <= span[0] and span[1] <= p[1]]
    return found[0] if found and len(pieces) > 1 else None


def _vaguely(rng: Random, text: str, span: Span) -> tuple[Span, str]:
    """What to replace, and by what, to speak of the answer without giving it."""
    answer = text[slice(*span)]
    if DATE.search(answer):
        put = rng.choice(VAGUE["date"])
        before = BEFORE_A_DATE.search(text, 0, span[0])
        return ((before.start() if before else span[0], span[1]), put)
    kind = "number" if re.search(r"\d", answer) else "name" if answer[:1].isupper() else "thing"
    return span, rng.choice(VAGUE[kind])


def _spliced(example: Example, cut: Span, put: str, sentence: Span) -> Example:
    """The example with `cut`, inside `sentence`, replaced; offsets move along."""
    start, end = cut
    before, after = example.text[:start], example.text[end:]
    if not put:
        if start == sentence[0]:
            skipped = len(after) - len(after.lstrip(" ,;:–—"))
            end += skipped
            after = after[skipped : skipped + 1].upper() + after[skipped + 1 :]
        elif before.endswith(" ") and (not after or after[0] in " ,.;:!?"):
            start -= 1
            before = before[:-1]
    grown = len(put) - (end - start)

    def moved(span: Span) -> Span:
        return (
            span[0] + grown if span[0] >= end else span[0],
            span[1] + grown if span[1] >= end else span[1],
        )

    return replace(
        example,
        text=before + put + after,
        sentences=tuple(moved(s) for s in example.sentences),
        span=moved(example.span) if example.span else None,
    )


def other_word(rng: Random, example: Example, words: Sequence[str]) -> Example | None:
    """One word of the question that the text holds is another's: the text does not say that.

    `words` are lower-case content words of other questions; the new word ends as the old one does,
    and does not stand in the text.
    """
    present = example.text.lower()
    shared = [
        word
        for word in re.findall(r"\b[a-z]{4,}\b", example.question)
        if word[:5] in present and words_of(word)
    ]
    if not shared:
        return None
    old = rng.choice(shared)
    for _ in range(20):
        new = rng.choice(words)
        if new[-2:] == old[-2:] and new[:4] not in present and new[:4] not in example.question:
            question = re.sub(rf"\b{old}\b", new, example.question, count=1)
            return replace(example, question=question, relevant=(), span=None)
    return None


ATTRIBUTES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("How much does {} cost?", "What is the price of {}?", "How much was paid for {}?",
      "What did {} cost?"),
     r"cost|price|pric|paid|pay|sold|worth|valu|fee|\$|£|€|dollar|pound|million|billion|budget"),
    (("What is the budget of {}?", "How much money was invested in {}?", "Who paid for {}?",
      "Who financed {}?", "How is {} funded?"),
     r"budget|invest|fund|financ|paid|pay|money|cost|sponsor|\$|£|€|million|billion|tax|grant"),
    (("What is the share price of {}?", "How much is {} worth?", "What was the revenue of {}?",
      "How much profit did {} make?", "What are the annual sales of {}?"),
     r"share|stock|worth|revenue|profit|sale|sold|earn|income|turnover|\$|£|€|million|billion"),
    (("Who founded {}?", "Who started {}?", "When was {} founded?", "Who is the founder of {}?",
      "In which year was {} established?"),
     r"found|start|establish|creat|set up|began|begin|origin|form|built|launch|first|inaugur"),
    (("Who runs {}?", "Who is the head of {}?", "Who leads {}?", "Who is the director of {}?",
      "What is the name of the chief executive of {}?", "Who manages {}?"),
     r"head|lead|led|run|ran|direct|chief|chair|president|manag|minister|king|queen|ruler|govern|"
     r"captain|command|boss|mayor|leader"),
    (("How many people work for {}?", "How many employees does {} have?",
      "How many staff are at {}?"),
     r"employ|staff|work|job|personnel|people|crew|member"),
    (("How many members does {} have?", "What is the population of {}?",
      "How many people live in {}?"),
     r"member|people|population|inhabit|resid|live|popul|person|million|thousand"),
    (("How old is {}?", "When was {} born?", "What is the age of {}?", "Where was {} born?"),
     r"old|born|age|birth|year|native|grew"),
    (("What is the salary of {}?", "How much does {} earn?", "What is {} paid?"),
     r"salar|earn|paid|pay|wage|income|\$|£|€"),
    (("Where did {} study?", "Which university did {} attend?", "What degree does {} hold?"),
     r"stud|universit|college|school|degree|educat|graduat|attend|train|taught|learn"),
    (("Who is {} married to?", "How many children does {} have?", "Who are the parents of {}?"),
     r"marri|wife|husband|spouse|child|son|daughter|parent|father|mother|famil|wed"),
    (("When will {} be finished?", "What is the deadline for {}?", "When will {} be completed?",
      "When does {} open?", "How long will {} take?"),
     r"finish|complet|deadline|end|open|until|by the|schedul|expect|due|clos|last"),
    (("What is the telephone number of {}?", "What is the address of {}?",
      "What is the e-mail address of {}?", "On which street is {}?"),
     r"phone|address|mail|street|road|avenue|located|situat|square"),
    (("How large is {}?", "What is the area of {}?", "How tall is {}?", "How long is {}?",
      "How many rooms does {} have?", "What does {} weigh?"),
     r"large|area|tall|high|height|long|length|metre|meter|feet|foot|mile|km|acre|hectare|size|"
     r"square|weigh|room|wide|kilo"),
    (("Which models does {} make?", "What are the products of {} called?",
      "What are the names of the members of {}?", "Which companies work with {}?",
      "What are the partners of {} called?"),
     r"model|product|name|call|compan|partner|member|includ|such as|known|make|made"),
    (("What colour is {}?", "What is {} made of?", "Who designed {}?", "Who built {}?"),
     r"colou?r|red|blue|green|white|black|made of|design|architect|built|build|construct|material"),
    (("Why did {} resign?", "When did {} die?", "How did {} die?", "Who killed {}?",
      "What did {} die of?"),
     r"resign|die|dead|death|kill|murder|left|step|execut|assassin|buri"),
    (("How many countries does {} export to?", "To which countries does {} export?",
      "Which countries has {} visited?", "How many customers does {} have?"),
     r"export|countr|abroad|visit|customer|trade|foreign|ship|client"),
    (("What was the temperature at {}?", "What is the weather like in {}?",
      "How much does it rain in {}?"),
     r"temperatur|weather|climat|rain|°|degree|hot|cold|warm|snow|celsius"),
    (("What did {} say about taxes?", "What did {} say about the war?", "What is {} afraid of?",
      "What does {} think of the plan?", "Which prize did {} win?", "What award did {} receive?"),
     r"say|said|tax|war|fear|afraid|think|thought|plan|prize|award|medal|won|win|argu|claim"),
)  # fmt: skip
"""Questions for what people often ask, and the words that would speak of it."""


def unstated_attribute(rng: Random, paragraph: Paragraph) -> Question | None:
    """A plain question about someone or something named, of which the paragraph says no word."""
    names = [n for n in names_of(paragraph.text) if len(n) > 3]
    if not names or not paragraph.sentences:
        return None
    name = rng.choice(names)
    for _ in range(4):
        wordings, speaking = rng.choice(ATTRIBUTES)
        if not re.search(speaking, paragraph.text, re.IGNORECASE):
            text = rng.choice(wordings).replace("{}", name)
            return Question("attribute", text, paragraph, ())
    return None
