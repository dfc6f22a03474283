"""One question to an OpenAI-compatible endpoint: asked again where that may help, else a sentence.

POST URL/chat/completions {model, messages, temperature, max_tokens} -> {choices, usage}, as in
https://platform.openai.com/docs/api-reference/chat. No redirect is followed, no more than
MOST_BYTES are read, and the key stands in the header alone: whatever a server sends back is freed
of it before anyone sees it.
"""

import json
import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from core.chat import Message
from core.errors import WorkFailed
from core.evaluate.pace import Pace, Stopped, retry_after
from core.text.literal import printable
from core.units import MIB

ATTEMPTS = 5
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 60.0
MOST_BYTES = 4 * MIB
_QUOTED = 160
"""Characters of a server's own words that an error quotes."""
_PASSING = {408, 409, 425, 429}
"""Statuses below 500 that may be another in a moment."""
_FINAL = {
    401: "refused the key", 402: "wants to be paid first", 403: "does not allow this",
    404: "has no such path or model", 405: "takes no questions at this path",
}  # fmt: skip
"""Statuses after which no further question will fare better."""


class Refused(WorkFailed):
    """The endpoint answers none of our questions."""


class NoReply(Exception):
    """This one question got no answer; the message is a sentence."""


class _Passing(NoReply):
    """The same, but the next try may fare better; `wait` is how long the server wants, if known."""

    def __init__(self, words: str, wait: float | None = None) -> None:
        super().__init__(words)
        self.wait = wait


@dataclass(frozen=True)
class Reply:
    """An answer, how long it took from asking, and the tokens that the endpoint counted."""

    text: str
    seconds: float
    input_tokens: int | None
    output_tokens: int | None


class Client:
    """Asks one endpoint; many threads may use it at once."""

    def __init__(self, url: str, model: str, key: str | None, *, max_tokens: int,
                 timeout_seconds: float, requests_per_minute: float | None) -> None:  # fmt: skip
        self._url, self._key, self._timeout = url, key, timeout_seconds
        self._fields: dict[str, Any] = {"model": model, "temperature": 0, "max_tokens": max_tokens}
        self._stopped = threading.Event()
        self._pace = Pace(requests_per_minute, self._stopped)
        headers = {"Accept-Encoding": "identity", "Accept": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        host = httpx2.URL(url).host
        self._client = httpx2.Client(
            headers=headers, timeout=timeout_seconds, follow_redirects=False,
            # A proxy is for what is outside this machine.
            trust_env=host not in ("localhost", "127.0.0.1", "::1"),
        )  # fmt: skip

    def close(self) -> None:
        """Ask nothing more; whoever waits for a next try stops waiting."""
        self._stopped.set()
        self._client.close()

    def ask(self, messages: Sequence[Message]) -> Reply:
        """Ask, and ask again with growing pauses while the fault may pass.

        Raises:
            NoReply: There was no answer to this question.
            Refused: There will be none to any.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._pace.turn()
                return self._once(messages)
            except Stopped:
                raise NoReply("It was stopped before it was asked.") from None
            except _Passing as fault:
                if attempt == ATTEMPTS:
                    raise NoReply(f"{fault}, {ATTEMPTS} times.") from None
                self._rest(attempt, fault.wait)
        raise AssertionError("unreachable")

    def _rest(self, attempt: int, wanted: float | None) -> None:
        """Wait as long as the server asks, all threads; else twice as long each time, by lot."""
        if wanted is not None:
            self._pace.hold(min(wanted, LONGEST_WAIT_SECONDS))
            return
        longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
        self._stopped.wait(random.uniform(longest / 2, longest))  # noqa: S311

    def _once(self, messages: Sequence[Message]) -> Reply:
        begun = time.perf_counter()
        try:
            status, headers, body = self._post({**self._fields, "messages": list(messages)})
        except httpx2.TimeoutException:
            raise _Passing(f"The endpoint did not answer within {self._timeout:g} s") from None
        except (httpx2.HTTPError, RuntimeError) as error:  # RuntimeError: closed while it waited
            raise _Passing(f"The endpoint could not be reached ({self._said(error)})") from None
        seconds = time.perf_counter() - begun
        if status == 200:
            text, usage = self._parsed(body)
            return Reply(text, seconds, *(_count(usage, f"{n}_tokens") for n in _USAGE))
        raise self._fault(status, headers, body)

    def _post(self, fields: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        deadline, body = time.monotonic() + self._timeout, bytearray()
        with self._client.stream("POST", self._url, json=fields) as response:
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise _Passing(f"The endpoint sent more than {MOST_BYTES:,} bytes")
                if time.monotonic() > deadline:  # the client's own limit is for each chunk
                    raise httpx2.ReadTimeout("too slow")
            return response.status_code, response.headers, bytes(body)

    def _parsed(self, body: bytes) -> tuple[str, Mapping[str, Any]]:
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            said = self._said(body[: 4 * _QUOTED].decode("utf-8", "replace"))
            raise _Passing(f"The endpoint answered with what is no JSON ({said!r})") from None
        try:
            choice = document["choices"][0]
            message = choice["message"]
            content = message.get("content")
            if content is None:
                content = message["refusal"]
            if isinstance(content, list):
                content = "".join(part["text"] for part in content if part["type"] == "text")
            if not isinstance(content, str):
                raise TypeError
        except (LookupError, TypeError, AttributeError):
            raise _Passing(
                "The endpoint answered with JSON that holds no choices[0].message.content"
            ) from None
        if not content.strip() and choice.get("finish_reason") == "length":
            # As of a model that thinks first: what it thinks counts too.
            raise NoReply("The answer had not begun when its tokens were used up; allow more with "
                          "--max-tokens.")  # fmt: skip
        usage = document.get("usage")
        return self._freed(content), usage if isinstance(usage, dict) else {}

    def _fault(self, status: int, headers: Mapping[str, str], body: bytes) -> Exception:
        words, field = _error_in(body)
        said = f": {self._said(words)!r}" if words else ""
        if status in _FINAL:
            advice = "; name the variable of the right key with --key-env" if status == 401 else ""
            return Refused(f"The endpoint {_FINAL[status]} ({status}{said}){advice}.")
        if 300 <= status < 400:
            return Refused(f"The endpoint sends us elsewhere ({status}), which is not followed; "
                           "give the address that answers.")  # fmt: skip
        if status in _PASSING or status >= 500:
            return _Passing(
                f"The endpoint answered with status {status}{said}", retry_after(headers)
            )
        if status == 400 and self._adapt(field):
            return _Passing(f"The endpoint does not take {field}", 0.0)
        return NoReply(f"The endpoint refused this question ({status}{said}).")

    def _adapt(self, field: str | None) -> bool:
        """Some models want `max_completion_tokens`, and some take no temperature."""
        if field not in ("temperature", "max_tokens"):
            return False
        fields = dict(self._fields)  # other threads may be reading the old one
        value = fields.pop(field, None)
        if field == "max_tokens" and value is not None:
            fields["max_completion_tokens"] = value
        self._fields = fields
        return True

    def _said(self, words: object) -> str:
        """A server's words, short, on one line, without the key."""
        line = " ".join(printable(self._freed(str(words))).split())
        return line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"

    def _freed(self, text: str) -> str:
        """A server's text without the key, and without half characters, which no file takes."""
        whole = text.encode("utf-8", "replace").decode()
        return whole.replace(self._key, "[key]") if self._key else whole


_USAGE = ("prompt", "completion")


def _error_in(body: bytes) -> tuple[str, str | None]:
    """What an error says, and the field of the request that it is about."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return "", None
    if isinstance(error, dict):
        return str(error.get("message", "")), error.get("param")
    return str(error), None


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if type(value) is int and value >= 0 else None
