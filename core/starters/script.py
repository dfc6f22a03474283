"""One Chinese script: traditional characters become simplified ones, by OpenCC's tables.

Tatoeba mixes the two, the sample phrases and most readers use one. A small model that must learn
every character twice learns neither well.
"""

import importlib
from collections.abc import Iterable
from dataclasses import replace

from core.errors import BadInput
from core.starters.corpus import Pair

TABLE = "t2s"
"""OpenCC's name for "traditional to simplified"; simplified text stays as it is."""


def simplified(pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs with their Chinese side in simplified characters.

    Raises:
        BadInput: OpenCC is not installed.
    """
    try:
        converter = importlib.import_module("opencc").OpenCC(TABLE)
    except ModuleNotFoundError as error:
        raise BadInput(
            "Making starter-translate needs OpenCC, which is not installed: "
            'pip install "llm-assay[starters]".'
        ) from error
    return [
        replace(pair, target=converter.convert(pair.target)) if pair.language == "zh" else pair
        for pair in pairs
    ]
