"""Sentences made into passages: what the encoder and the causal model read."""

import random

LENGTHS = (1, 1, 1, 2, 3, 5, 8)
"""How many sentences a passage may hold; one of these, drawn evenly."""


def passages(texts: dict[str, list[str]], seed: int, repeats: int = 1) -> list[str]:
    """Join sentences of one language at random into passages of one to eight.

    Alone, Tatoeba's sentences would teach a model nothing beyond its first ten positions.

    Args:
        texts: Sentences by language.
        seed: Of the draw.
        repeats: How many times each sentence is used, each time in another passage.
    """
    rng = random.Random(seed)  # noqa: S311
    made: list[str] = []
    for language, sentences in texts.items():
        # Chinese is written without a space between sentences.
        joint = "" if language == "zh" else " "
        for _ in range(repeats):
            order = list(sentences)
            rng.shuffle(order)
            while order:
                count = rng.choice(LENGTHS)
                made.append(joint.join(order[:count]))
                order = order[count:]
    return made
