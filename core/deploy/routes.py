"""A row for each path: what it is for, what it takes and gives. The router and OpenAPI read it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from core.deploy.api import Server, Visit
from core.deploy.fields import Fields

Handler = Callable[[Server, Request, Visit], Awaitable[Response]]

OPEN = frozenset({"/healthz"})
"""Paths that want no key."""


@dataclass(frozen=True)
class Path:
    """One path of the server.

    Attributes:
        path: Where.
        method: "GET" or "POST".
        words: What it does, in a line.
        handler: What answers.
        fields: Of the body, for POST.
        answer: JSON Schema of what is given; None = it is no JSON.
        openai: Whether its errors have OpenAI's shape.
        status: Of an answer.
        type: Of the content.
        fails: Statuses of its refusals, besides those of all paths.
        example: A body that is answered by some model.
    """

    path: str
    method: str
    words: str
    handler: Handler
    fields: Fields = ()
    answer: dict[str, Any] | None = None
    openai: bool = False
    status: int = 200
    type: str = "application/json"
    fails: tuple[int, ...] = ()
    example: dict[str, Any] = field(default_factory=dict)


def visit_of(request: Request) -> Visit:
    """The visit that the door made."""
    visit: Visit = request.scope["visit"]
    return visit
