"""How a server is called: the same request as curl, Python and JavaScript.

Names and URLs are quoted as the language quotes them, so that no name becomes code.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("curl", "python", "javascript")
KEY_VARIABLE = "ASSAY_KEY"
"""The variable of the environment that the examples read a key from."""
NO_KEY = "none"
TEXT = "Good morning."


@dataclass(frozen=True)
class Way:
    """One way to ask.

    Attributes:
        path: Below /v1.
        body: Fields of the request, besides the model.
        python: The call of OpenAI's client; None = its `post`, for a path that OpenAI has not.
        answer: Where the answer stands: keys and places, from outside in.
    """

    path: str
    body: Mapping[str, Any]
    answer: tuple[str | int, ...]
    python: str | None = None


CHAT = Way("/chat/completions", {"messages": [{"role": "user", "content": TEXT}]},
           ("choices", 0, "message", "content"), "chat.completions.create")  # fmt: skip
PREDICT = Way("/predict", {"inputs": [TEXT]}, ("outputs", 0))
WAYS = {
    "translation": Way("/translate", {"inputs": [TEXT]}, ("translations", 0)),
    "text-classification": Way("/classify", {"inputs": [TEXT]}, ("labels", 0)),
    "question-answering": Way(
        "/predict", {"inputs": ["When is it?"], "contexts": ["It is on Monday."]}, ("outputs", 0)
    ),
    "text-generation": Way("/completions", {"prompt": TEXT, "max_tokens": 64},
                           ("choices", 0, "text"), "completions.create"),
    "embedding": Way("/embeddings", {"input": [TEXT]}, ("data", 0, "embedding"),
                     "embeddings.create"),
}  # fmt: skip
"""By task; what is not here is asked at /v1/predict."""


def way_of(task: str | None, *, chats: bool = False) -> Way:
    """How a model of a task is asked."""
    return CHAT if chats else WAYS.get(task or "", PREDICT)


def snippet(language: str, way: Way, url: str, model: str, *, guarded: bool) -> str:
    """An example that can be run as it is.

    Args:
        language: One of LANGUAGES.
        way: How the model is asked.
        url: Of the server.
        model: Its name there.
        guarded: Whether a key must be shown.
    """
    made = {"curl": _curl, "python": _python, "javascript": _javascript}
    return made[language](way, url, model, guarded)


def _curl(way: Way, url: str, model: str, guarded: bool) -> str:
    body = json.dumps({"model": model, **way.body}, ensure_ascii=False)
    key = f' \\\n  -H "authorization: Bearer ${KEY_VARIABLE}"' if guarded else ""
    return (
        f"curl {shlex.quote(f'{url}/v1{way.path}')} \\\n"
        f"  -H 'content-type: application/json'{key} \\\n  -d {shlex.quote(body)}"
    )


def _python(way: Way, url: str, model: str, guarded: bool) -> str:
    key = f'os.environ["{KEY_VARIABLE}"]' if guarded else f'"{NO_KEY}"'
    lines = [
        *(["import os", ""] if guarded else []), "from openai import OpenAI", "",
        f"client = OpenAI(base_url={json.dumps(url + '/v1')}, api_key={key})",
    ]  # fmt: skip
    if way.python is None:
        body = _pythonic({"model": model, **way.body})
        found = "".join(f"[{part!r}]".replace("'", '"') for part in way.answer)
        given = [f'"{way.path}"', f"body={body}", "cast_to=object"]
        call = "client.post"
    else:
        fields = {"model": model, **way.body}
        given = [f"{name}={_pythonic(value)}" for name, value in fields.items()]
        found = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in way.answer)
        call = f"client.{way.python}"
    inside = [f"    {argument}," for argument in given]
    return "\n".join([*lines, f"answer = {call}(", *inside, ")", f"print(answer{found})"])


def _pythonic(value: Any) -> str:
    """A literal; texts, numbers, lists and objects read the same in JSON and Python."""
    return json.dumps(value)


def _javascript(way: Way, url: str, model: str, guarded: bool) -> str:
    key = f", authorization: `Bearer ${{process.env.{KEY_VARIABLE}}}`" if guarded else ""
    body = json.dumps({"model": model, **way.body})
    found = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in way.answer)
    return (
        f"const response = await fetch({json.dumps(f'{url}/v1{way.path}')}, {{\n"
        '  method: "POST",\n'
        f'  headers: {{ "content-type": "application/json"{key} }},\n'
        f"  body: JSON.stringify({body}),\n"
        "});\n"
        f"console.log((await response.json()){found});"
    )
