"""The options of every command that asks a model behind an address."""

from dataclasses import asdict
from typing import Any

import click

from core import record
from core.cli.common import Command
from core.errors import BadInput

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
HOW = ("key_env", "concurrency", "requests_per_minute", "timeout_seconds")
PRICE = ("price", "input_price", "output_price")


def endpoint_options(command: Command) -> Command:
    """Add the options; the function gets them as keywords, and hands them to `asked`."""
    for option in reversed(OPTIONS):
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
        lost = next((name for name in (*HOW, *PRICE) if given[name] is not None), None)
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
