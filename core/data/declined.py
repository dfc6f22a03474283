"""Whether an answer says that there is none: a sign for drift, no judgement.

By its first words alone, in English, German, French and Chinese; a refusal in other words is not
found. The server and the reference that its traffic is held against ask the same question.
"""

import re

_DECLINING = re.compile(
    r"\s*(?:(?:i['’]?m|i am) (?:sorry|unable|not able)\b|sorry,|i (?:can['’]?t|cannot|won['’]?t)\b"
    r"|as an ai\b|es tut mir leid\b|ich kann (?:das |dir |ihnen |leider )?nicht\b"
    r"|je ne peux pas\b|je suis désolée?\b|很?抱歉|对不起|我无法|我不能)",
    re.IGNORECASE,
)


def declined(answer: str) -> bool:
    """Whether a model said nothing, or begins as refusals do."""
    return not answer.strip() or _DECLINING.match(answer) is not None
