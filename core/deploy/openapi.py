"""The server as an OpenAPI 3.1 document, made of the rows that it also routes and checks by."""

from typing import Any

from core.deploy import api_openai as openai
from core.deploy import api_own as own
from core.deploy.fields import schema
from core.deploy.routes import OPEN, Path
from core.version import VERSION


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number"}, {"type": "integer"}
ANY: dict[str, Any] = {"type": "object"}
_HEAD = {"model": TEXT, "seconds": NUMBER, "request_id": TEXT}
_USAGE = _object(prompt_tokens=COUNT, total_tokens=COUNT)
_COMPLETION = _object(id=TEXT, object=TEXT, created=COUNT, model=TEXT, choices=_list(ANY),
                      usage=_USAGE)  # fmt: skip

PATHS = (
    Path("/v1/models", "GET", "What is served.", openai.models,
         answer=_object(object=TEXT, data=_list(_object(id=TEXT, object=TEXT))), openai=True,
         fails=(503,)),
    Path("/v1/completions", "POST", "What follows a text.", openai.completions,
         openai.COMPLETIONS, _COMPLETION, openai=True, fails=(429, 503, 504),
         example={"prompt": "The weather is", "max_tokens": 16}),
    Path("/v1/chat/completions", "POST", "The next turn of a conversation.", openai.chat,
         openai.CHAT, _COMPLETION, openai=True, fails=(429, 503, 504),
         example={"messages": [{"role": "user", "content": "Good morning."}]}),
    Path("/v1/embeddings", "POST", "Texts as vectors.", openai.embeddings, openai.EMBEDDINGS,
         _object(object=TEXT, model=TEXT, data=_list(ANY), usage=_USAGE), openai=True,
         fails=(429, 503, 504), example={"input": ["Good morning."]}),
    Path("/v1/predict", "POST", "Answers to texts, as the model was tuned.", own.predict,
         own.PREDICT, _object(**_HEAD, outputs=_list(TEXT)), fails=(429, 503, 504),
         example={"inputs": ["Good morning."]}),
    Path("/v1/classify", "POST", "Labels of texts, and how likely each is.", own.classify,
         own.TEXTS, _object(**_HEAD, labels=_list(_object(label=TEXT))), fails=(429, 503, 504),
         example={"inputs": ["Good morning."]}),
    Path("/v1/translate", "POST", "Translations of texts.", own.translate, own.TEXTS,
         _object(**_HEAD, translations=_list(TEXT)), fails=(429, 503, 504),
         example={"inputs": ["Good morning."]}),
    Path("/v1/feedback", "POST", "Keep what a user said of an answer.", own.feedback,
         own.FEEDBACK, _object(feedback=TEXT), status=201, fails=(429,),
         example={"verdict": "up", "input": "Good morning.", "output": "Guten Morgen."}),
    Path("/v1/model", "GET", "What answers: model, task, engine, limits.", own.model,
         answer=_object(model=TEXT, task=TEXT, engine=TEXT), fails=(503,)),
    Path("/healthz", "GET", "The process is up.", own.health, answer=_object(status=TEXT)),
    Path("/readyz", "GET", "An engine answers.", own.ready, answer=_object(status=TEXT),
         fails=(503,)),
    Path("/metrics", "GET", "Counters, as Prometheus reads them.", own.metrics,
         type="text/plain"),
    Path("/openapi.json", "GET", "This document.", own.document, answer=ANY),
    Path("/docs", "GET", "This document, for people.", own.docs, type="text/html"),
)  # fmt: skip

WORDS = {
    400: "The request cannot be answered as it is; the sentence says why.",
    401: "A key is wanted.",
    404: "There is no such model, or no such request.",
    408: "The body came too slowly.",
    413: "The body is too large.",
    415: "The body is not said to be JSON.",
    429: "Too much at once; Retry-After says when to ask again.",
    503: "No engine is ready; Retry-After says when to ask again.",
    504: "The answer took too long.",
}
_ERROR = {False: _object(error=TEXT), True: _object(error=_object(message=TEXT, type=TEXT))}
KEYS = "key"


def document(*, guarded: bool, paths: tuple[Path, ...] = PATHS) -> dict[str, Any]:
    """The document.

    Args:
        guarded: Whether callers must show a key.
        paths: Rows.
    """
    found: dict[str, Any] = {}
    for path in paths:
        found.setdefault(path.path, {})[path.method.lower()] = _operation(path, guarded)
    made: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Assay",
            "version": VERSION,
            "description": "One language model over HTTP; the paths under /v1 that OpenAI has "
            "are spoken as OpenAI does.",
        },
        "paths": found,
    }
    if guarded:
        scheme = {"type": "http", "scheme": "bearer"}
        made["components"] = {"securitySchemes": {KEYS: scheme}}
    return made


def _operation(path: Path, guarded: bool) -> dict[str, Any]:
    statuses = [400, *path.fails]  # 400: the Host header, on every path
    if path.method == "POST":
        statuses += [404, 408, 413, 415]
    locked = guarded and path.path not in OPEN
    if locked:
        statuses.append(401)
    content: dict[str, Any] = {path.type: {"schema": path.answer} if path.answer else {}}
    if any(field.name == "stream" for field in path.fields):
        content["text/event-stream"] = {}
    made: dict[str, Any] = {
        "summary": path.words,
        "operationId": path.path.strip("/").replace("/", "_").replace(".", "_"),
        "responses": {
            str(path.status): {"description": "As asked.", "content": content},
            **{str(status): _refusal(status, path.openai) for status in sorted(set(statuses))},
        },
    }
    if path.method == "POST":
        body = {"schema": schema(path.fields), "example": path.example}
        made["requestBody"] = {"required": True, "content": {"application/json": body}}
    if locked:
        made["security"] = [{KEYS: []}]
    return made


def _refusal(status: int, is_openai: bool) -> dict[str, Any]:
    return {
        "description": WORDS[status],
        "content": {"application/json": {"schema": _ERROR[is_openai]}},
    }
