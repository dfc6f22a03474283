"""A model behind an OpenAI-compatible address, as a source of answers.

    Endpoint("http://127.0.0.1:8000/v1", "my-model", key_env="MY_KEY")

The key is read from the environment in the moment of asking; what is kept, shown and hashed is the
name of the variable at most.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from core.data.dataset import Dataset, Example
from core.errors import BadInput, WorkFailed
from core.evaluate.answer import Answer
from core.evaluate.chat_client import Client, NoReply, Reply
from core.evaluate.named_label import as_label
from core.evaluate.prompt import Prompt
from core.evaluate.source import Batches, Tell
from core.evaluate.threads import each

PATH = "/chat/completions"
CONCURRENCY, MOST_CONCURRENCY = 4, 64
TIMEOUT_SECONDS = 60.0
FAILURES_IN_A_ROW = 10
"""After so many the endpoint is taken to be down."""
LEAST_TOKENS, MOST_TOKENS = 64, 4096
BYTES_PER_TOKEN = 2
"""Fewer than any usual tokenizer has (about 4 in English, 3 in Chinese): room, not an estimate."""


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, whom, and how hard.

    Attributes:
        url: Up to the version ("https://api.example.com/v1"), or with /chat/completions.
        model: What the endpoint calls the model.
        key_env: Name of the environment variable that holds the key; None = no key is sent.
        concurrency: Questions under way at once.
        requests_per_minute: At most so many, tries included; None = as fast as it answers.
        timeout_seconds: For one try, from the first byte sent to the last received.

    Raises:
        BadInput: On making: one of them cannot be used.
    """

    url: str
    model: str
    key_env: str | None = None
    concurrency: int = CONCURRENCY
    requests_per_minute: float | None = None
    timeout_seconds: float = TIMEOUT_SECONDS

    def __post_init__(self) -> None:
        """See that it can be asked."""
        self._check_url()
        if not self.model.strip():
            raise BadInput("The endpoint's model has no name; give it with --model.")
        if not 1 <= self.concurrency <= MOST_CONCURRENCY:
            raise BadInput(f"The concurrency is {self.concurrency}; expected 1 to "
                           f"{MOST_CONCURRENCY}.")  # fmt: skip
        for what, value in (("requests per minute", self.requests_per_minute),
                            ("timeout in seconds", self.timeout_seconds)):  # fmt: skip
            if value is not None and not 0 < value < float("inf"):
                raise BadInput(f"The {what} are {value:g}; expected a number above 0.")

    def _check_url(self) -> None:
        wanted = "expected one such as http://127.0.0.1:8000/v1 or https://api.example.com/v1"
        try:
            url = httpx2.URL(self.url)
        except httpx2.InvalidURL:
            raise BadInput(f"The endpoint is no address; {wanted}.") from None
        if url.userinfo or url.query or url.fragment:
            # It may be a secret, so it is not repeated.
            raise BadInput("The endpoint's address holds a name, a password or a query; leave them "
                           "out, and name the variable of the key with --key-env.")  # fmt: skip
        if url.scheme not in ("http", "https") or not url.host:
            raise BadInput(f"The endpoint {self.url[:80]!r} cannot be asked; {wanted}.")

    @property
    def address(self) -> str:
        """Where the questions go."""
        base = self.url.rstrip("/")
        return base if base.endswith(PATH) else base + PATH

    def read_key(self) -> str | None:
        """The key, from the environment.

        Raises:
            BadInput: The variable is not set, or holds what cannot stand in a header. What it
                holds is not told.
        """
        if self.key_env is None:
            return None
        key = os.environ.get(self.key_env, "").strip()
        if not key:
            raise BadInput(f"The environment variable {self.key_env!r} is not set; put the "
                           "endpoint's key into it, where assay is started.")  # fmt: skip
        if not (key.isascii() and key.isprintable()):
            raise BadInput(f"The environment variable {self.key_env!r} holds signs that no key "
                           "has; copy the key again.")  # fmt: skip
        return key

    def client(self, max_tokens: int) -> Client:
        """A client for it; errors are those of `read_key`."""
        return Client(
            self.address, self.model, self.read_key(), max_tokens=max_tokens,
            timeout_seconds=self.timeout_seconds, requests_per_minute=self.requests_per_minute,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """What is kept with a result."""
        return {"url": self.url, "model": self.model}


@dataclass(frozen=True)
class EndpointSource:
    """Answers of an endpoint: `core.evaluate.source.Source`.

    Attributes:
        endpoint: Whom to ask.
        prompt: What to ask.
        max_tokens: Longest answer.
        dataset: Whose labels the answers are to be; None = answers stay as they are.
    """

    endpoint: Endpoint
    prompt: Prompt
    max_tokens: int
    dataset: Dataset | None = None
    kind = "endpoint"

    @property
    def name(self) -> str:
        """The model's name."""
        return self.endpoint.model

    @property
    def key(self) -> dict[str, Any]:
        """All that an answer depends on: not the key, not how hard it is asked, not the price."""
        labels = list(self._labels.classes) if self._labels else None
        return {
            "endpoint": self.endpoint.address, "model": self.endpoint.model,
            "prompt": self.prompt.key, "temperature": 0, "max_tokens": self.max_tokens,
            "labels": labels,
        }  # fmt: skip

    @property
    def _labels(self) -> Dataset | None:
        chosen = self.dataset is not None and self.dataset.task == "text-classification"
        return self.dataset if chosen else None

    def answer(self, examples: Sequence[Example], tell: Tell) -> Batches:
        """Ask for every example; see `Source.answer`.

        Raises:
            Refused: The endpoint wants another key, model or address.
            WorkFailed: It seems to be down; what it answered before is not lost.
        """
        client = self.endpoint.client(self.max_tokens)
        done, answered, row, last = 0, 0, 0, ""
        ask = each(
            len(examples), lambda number: self._one(client, examples[number]),
            self.endpoint.concurrency, lambda: tell(done, len(examples)),
        )  # fmt: skip
        try:
            for batch in ask:
                yield batch
                done += len(batch)
                for _, answer in batch:
                    answered += answer.error is None
                    row = 0 if answer.error is None else row + 1
                    last = answer.error or last
                if row >= FAILURES_IN_A_ROW:
                    raise WorkFailed(_down(row, answered, len(examples), last))
        finally:
            client.close()
            ask.close()

    def _one(self, client: Client, example: Example) -> Answer:
        try:
            reply = client.ask(self.prompt.messages(example))
        except NoReply as fault:
            return Answer("", error=str(fault))
        return self._answer(reply)

    def _answer(self, reply: Reply) -> Answer:
        text = reply.text.strip()
        if self._labels is not None:
            text = as_label(text, self._labels)
        return Answer(text, seconds=round(reply.seconds, 4), input_tokens=reply.input_tokens,
                      output_tokens=reply.output_tokens)  # fmt: skip


def _down(row: int, answered: int, asked: int, last: str) -> str:
    return (
        f"{row} questions in a row got no answer, the last one so: {last} {answered:,} of the "
        f"{asked:,} that were asked now are answered and kept; the same command asks for the rest."
    )


def answer_room(targets: Sequence[str]) -> int:
    """Tokens that an answer may have: as many as the longest target can have, within bounds."""
    longest = max((len(target.encode()) for target in targets), default=0)
    return max(LEAST_TOKENS, min(MOST_TOKENS, longest // BYTES_PER_TOKEN))
