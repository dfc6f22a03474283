"""A request that is not answered: the status, one sentence, and when to come again.

Standard library only.
"""

from typing import Any


class Refused(Exception):
    """Raised wherever a request is looked at; the server makes an answer of it.

    Attributes:
        status: Of HTTP.
        message: One sentence or two: what was given, what was expected, what to do.
        kind: OpenAI's `type`.
        code: OpenAI's `code`, a word that programs can tell apart.
        param: The field that is wrong; None where it is no field.
        retry_seconds: When it may be asked again; None = not without a change.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        *,
        param: str | None = None,
        retry_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.param, self.retry_seconds = param, retry_seconds

    @property
    def kind(self) -> str:
        """OpenAI's `type`."""
        known = {401: "authentication_error", 429: "rate_limit_error"}
        return known.get(
            self.status, "invalid_request_error" if self.status < 500 else "server_error"
        )

    @property
    def headers(self) -> dict[str, str]:
        """What goes with the status."""
        found = {} if self.retry_seconds is None else {"retry-after": str(self.retry_seconds)}
        if self.status == 401:
            found["www-authenticate"] = "Bearer"
        if self.status in (408, 413):
            found["connection"] = "close"  # the rest of the body is not waited for
        return found

    def body(self, *, openai: bool) -> dict[str, Any]:
        """As JSON: in OpenAI's shape, or in this server's own."""
        if not openai:
            return {"error": self.message}
        return {
            "error": {
                "message": self.message, "type": self.kind, "param": self.param, "code": self.code,
            }
        }  # fmt: skip


def wrong(message: str, param: str | None = None) -> Refused:
    """The request cannot be answered as it is."""
    return Refused(400, message, "invalid_value", param=param)


def away(message: str, retry_seconds: int = 5) -> Refused:
    """The engine is not there at the moment."""
    return Refused(503, message, "engine_unavailable", retry_seconds=retry_seconds)
