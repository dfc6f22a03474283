"""The options of every command that asks a model behind an address."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from core import record, run
from core.cli.common import Command
from core.errors import BadInput
from core.workspace import Workspace

OPTIONS = (
    click.option("--endpoint", metavar="URL",
                 help="OpenAI-compatible address, such as http://127.0.0.1:8000/v1."),
    click.option("--key-env", metavar="NAME", help="Environment variable that holds the key, such "
                 "as OPENAI_API_KEY. Default: no key is sent."),
    click.option("--concurrency", type=int, metavar="N",
                 help="Questions under way at once. Default: 4."),
    click.option("--requests-per-minute", type=float, metavar="N",
                 help="At most so many. Default: as fast as it answers."),
    click.option("--timeout", "timeout_seconds", type=float, metavar="SECONDS",
                 help="For one try. Default: 60."),
    click.option("--price", metavar="ROW",
                 help="A published price: an id (A0078) or a model (gpt-4o-mini)."),
    click.option("--input-price", type=float, metavar="USD",
                 help="Your own: US$ per million tokens that go in."),
    click.option("--output-price", type=float, metavar="USD",
                 help="US$ per million tokens that come out."),
)  # fmt: skip
PROMPT_OPTIONS = (
    click.option("--prompt", type=click.Path(path_type=Path), metavar="FILE",
                 help="What to ask, with {input} in it; also {context}, {labels}, "
                 "{source_language}, {target_language}. Default: the task's."),
    click.option("--shots", type=int, metavar="K",
                 help="Solved examples of the training split to show. Default: 3."),
    click.option("--max-tokens", type=int, metavar="N",
                 help="Longest answer. Default: by the training split's longest target."),
)  # fmt: skip
HOW = ("key_env", "concurrency", "requests_per_minute", "timeout_seconds")
PRICE = ("price", "input_price", "output_price")


def endpoint_options(command: Command) -> Command:
    """Add the options; the function gets them as keywords, and hands them to `asked`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def prompt_options(command: Command) -> Command:
    """Add those of what is asked; they too go to `asked`, and on to `ask_request`."""
    for option in reversed(PROMPT_OPTIONS):
        command = option(command)
    return command


def asked(
    model: str | None, given: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None] | None:
    """The endpoint and the price as a request holds them; None where no endpoint was named.

    Args:
        model: What the endpoint calls the model.
        given: The keywords of `endpoint_options`.

    Raises:
        BadInput: One of them cannot be used, the key is not there, or an option has no endpoint.
        NotFound: There is no such price.
    """
    from core.evaluate.endpoint import Endpoint
    from core.evaluate.token_price import token_price

    if given["endpoint"] is None:
        lost = next((n for n in (*HOW, *PRICE, "max_tokens") if given.get(n) is not None), None)
        if lost:
            option = {"timeout_seconds": "timeout"}.get(lost, lost).replace("_", "-")
            raise BadInput(f"--{option} is for an endpoint; name it with --endpoint URL.")
        return None
    if model is None:
        raise BadInput("An endpoint serves a model by its name; give it with --model.")
    how = {name: given[name] for name in HOW if given[name] is not None}
    endpoint = Endpoint(given["endpoint"], model, **how)
    endpoint.read_key()
    row, into, out = (given[name] for name in PRICE)
    price = token_price(row, into, out, record.now()[:10])
    return asdict(endpoint), price.to_json() if price else None


def template(given: dict[str, Any]) -> str | None:
    """The words of the file that --prompt names; errors are those of `read_template`."""
    from core.evaluate.prompt import read_template

    return read_template(given["prompt"].expanduser()) if given["prompt"] else None


def ask_request(
    workspace: Workspace, dataset: str, endpoint: tuple[dict[str, Any], dict[str, Any] | None],
    given: dict[str, Any], metrics: tuple[str, ...], split: str | None, limit: int | None,
) -> tuple[run.AskRequest, dict[str, Any]]:  # fmt: skip
    """What to start for an endpoint, checked; and what its evaluation says of ids: nothing.

    Errors are those of `core.evaluate.ask.prepare_asked`.
    """
    from core.evaluate.ask import prepare_asked
    from core.evaluate.endpoint import Endpoint
    from core.evaluate.token_price import TokenPrice

    where, price = endpoint
    prompt = template(given)
    ready, _ = prepare_asked(
        workspace, dataset, Endpoint(**where), prompt=prompt, shots=given["shots"],
        max_tokens=given["max_tokens"], price=TokenPrice(**price) if price else None,
        split=split or "test", metrics=metrics, limit=limit, encoder=given["encoder"],
    )  # fmt: skip
    request = run.AskRequest(
        ready.dataset.title, where, prompt, given["shots"], given["max_tokens"], price,
        ready.metrics, ready.split, limit, given["encoder"],
    )  # fmt: skip
    return request, {"missing": None, "unknown": None}
