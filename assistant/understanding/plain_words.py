"""A question in plain words: typed shorthand written out, asides left out.

Only words that carry no topic are written out, so nothing that the articles may speak of is lost:
"abt" is "about", but "dept" stays as it is typed. What is left out is what people say beside a
question: thanks, haste, what they need the answer for. How long an answer is to be ("briefly") is
kept, since that is asked for.
"""

from __future__ import annotations

import re

__all__ = ["in_plain_words"]

_SHORTHAND = {
    "abt": "about", "acc to": "according to", "b4": "before", "bc": "because", "cuz": "because",
    "coz": "because", "cld": "could", "shld": "should", "wld": "would", "pls": "please",
    "plz": "please", "thru": "through", "thx": "thanks", "tnx": "thanks", "u": "you",
    "ur": "your", "w/": "with", "w/o": "without", "wat": "what", "wot": "what", "wich": "which",
    "whats": "what's", "whos": "who's", "wheres": "where's", "whens": "when's", "hows": "how's",
    "whys": "why's", "thats": "that's", "theres": "there's", "didnt": "didn't", "doesnt": "doesn't",
    "dont": "don't", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't", "werent": "weren't",
    "hasnt": "hasn't", "havent": "haven't", "hadnt": "hadn't", "couldnt": "couldn't",
    "wouldnt": "wouldn't", "shouldnt": "shouldn't", "cant": "can't", "wont": "won't", "w": "with",
}  # fmt: skip
_TYPED = re.compile(
    r"(?<![\w.'’/&-])(?:acc\.?\s+to(?!\w)|w/o?(?=\s)|w(?=\s+\w)|(?!w\b)[a-z]+\d?(?![\w'’/&-]|\.\w))"
)
"""A word in small letters that stands alone: not that of "u.s.", "Q&A" or "and/or"."""
_ASKING = r"(?:who|whom|whose|what|when|where|which|why|how)(?:['’]s)?\b"
_BEFORE = re.compile(
    r"^\W*(?:(?:(?:a\s+)?quick\s+(?:question|one)|question|(?:i\s+)?need\s+(?:a\s+list|bullets?(?:\s+points)?)"
    r"|(?:in\s+)?bullets?(?:\s+points)?|just\s+(?:curious|wondering)|i(?:['’]m|\s+am)\s+(?:just\s+)?curious"
    r"|(?:thanks|thank\s+you)\s+in\s+advance|urgent|asap)\s*[:,;.!–—-]+\s*(?=\w)"
    rf"|(?:(?:please|so|and)[,\s]+)?(?:(?:can|could|would|will)\s+(?:you|anyone|someone|somebody)\s+(?:please\s+|kindly\s+)?tell\s+me"
    rf"|(?:please\s+|kindly\s+)?tell\s+me|(?:do|would)\s+you\s+(?:happen\s+to\s+)?know|any\s+idea"
    r"|i(?:['’]d|\s+would)\s+(?:really\s+)?like\s+to\s+know|i\s+(?:want|need|wanted)\s+to\s+know"
    r"|i(?:['’]m|\s+am|\s+was)\s+(?:just\s+)?wondering|i\s+wonder|may\s+i\s+ask|remind\s+me)[,:]?(?:\s+please)?,?\s+"
    rf"(?={_ASKING}(?!\s+(?:the|that|this|it|he|she|they|you)\b(?!.*\?$))))",
    re.IGNORECASE,
)
"""What is said in front of a question."""
_PURPOSE = (
    r"(?:(?:i\s+)?(?:just\s+)?need\s+(?:it|this|that|an?\s+answer|the\s+answer)\s+(?:for|by|in|before|asap|quickly|now)\b.*"
    r"|(?:i(?:['’]m|\s+am)\s+)?in\s+a\s+(?:hurry|rush)|i(?:['’]ve|\s+have)\s+(?:(?:an?|no|little|only)\s+)(?:\w+\s+){0,2}?"
    r"(?:meeting|exam|test|class|presentation|deadline|call|time|minutes?)\b.*"
    r"|(?:it|this)(?:['’]s|\s+is)\s+(?:for\s+(?:my|an?|the|school|work|class)\b.*|urgent)"
    r"|for\s+(?:my\s+(?:class|homework|essay|report|thesis|presentation|boss|paper)|homework|school|class)"
    r"|(?:as\s+(?:soon|quickly|fast)\s+as\s+possible|asap)|i\s+(?:forgot|can['’]t\s+remember|don['’]t\s+remember|don['’]t\s+know)"
    r"|(?:just\s+)?(?:curious|wondering)|no\s+(?:long|lengthy)\s+(?:answer|text|explanation)s?)"
)
_MANNERS = (
    r"(?:please|thanks|thank\s+you|many\s+thanks|cheers|(?:(?:a|just)\s+)?(?:quick|short|brief|simple)\s+answer"
    r"(?:\s+only)?|(?:short|quick|quickly|fast)|just\s+the\s+(?:answer|facts?)|(?:in\s+)?bullets?(?:\s+points)?"
    r"|(?:as\s+)?an?\s+list|if\s+you\s+(?:can|could|know|may|would)|help)"
)
_AFTER = re.compile(
    rf"(?:\s*[,.;!?–—-]+\s*|\s+(?=(?:please|thanks|thank\s+you|asap|cheers|etc)\b))"
    rf"(?:{_MANNERS}(?:[\s,]+(?:please|thanks|thank\s+you))?|{_PURPOSE}|(?:please\s+)?list|etc)[\s.!?]*$",
    re.IGNORECASE,
)
"""What is said behind one."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")
_ASIDE = re.compile(rf"^\W*(?:{_MANNERS}[\s,]*)*(?:{_PURPOSE})?\W*$", re.IGNORECASE)


def in_plain_words(question: str) -> str:
    """`question` without shorthand and asides; as it is where nothing else would be left."""
    text = _TYPED.sub(_written_out, question)
    asks = [one for one in _SENTENCE.split(text) if not _ASIDE.match(one)]
    text = " ".join(asks) or text
    while (said := _AFTER.search(text)) and _has_words(text[: said.start()]):
        mark = "?" if "?" in said[0] or text.rstrip().endswith("?") else ""
        text = text[: said.start()].rstrip(" ,;–—-") + mark
    while (led := _BEFORE.match(text)) and _has_words(text[led.end() :]):
        text = text[led.end() :]
    return text if text == question else text[:1].upper() + text[1:]


def _written_out(match: re.Match[str]) -> str:
    typed = re.sub(r"[.\s]+", " ", match[0]).strip()
    return _SHORTHAND.get(typed, match[0])


def _has_words(text: str) -> bool:
    return len(re.findall(r"\w+", text)) > 1
