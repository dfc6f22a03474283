"""An endpoint's evaluation, checked and made ready before anything is asked."""

from collections.abc import Sequence

from core.data import dataset as datasets
from core.errors import BadInput
from core.evaluate.endpoint import Endpoint, EndpointSource, answer_room
from core.evaluate.prepare import Prepared, encoder_for, gather, limited
from core.evaluate.prompt import make
from core.evaluate.token_price import TokenPrice
from core.workspace import Workspace

LARGEST_ANSWER_TOKENS = 100_000


def prepare_asked(
    workspace: Workspace, dataset_name: str, endpoint: Endpoint, *, prompt: str | None,
    shots: int | None, max_tokens: int | None, price: TokenPrice | None, split: str,
    metrics: Sequence[str], limit: int | None, encoder: str | None = None,
) -> tuple[Prepared, EndpointSource]:  # fmt: skip
    """Check a request and gather what it names; nothing is asked yet.

    Args:
        workspace: Where the dataset lives.
        dataset_name: NAME or NAME@VERSION.
        endpoint: Who answers.
        prompt: The user's own template; None = the task's.
        shots: Solved examples to show; None = as many as is usual.
        max_tokens: Longest answer; None = by the longest target of the training split.
        price: Of its tokens.
        split: "train", "validation", "test" or "all".
        metrics: Names of metrics; none = the task's.
        limit: At most so many examples; None = all.
        encoder: As in `core.evaluate.prepare.prepare`.

    Returns:
        What is scored, and who answers.

    Raises:
        NotFound: There is no such dataset or metric.
        BadInput: There is no example, the prompt or the shots cannot be used, or the key is not
            there.
    """
    endpoint.read_key()
    if max_tokens is not None and not 1 <= max_tokens <= LARGEST_ANSWER_TOKENS:
        raise BadInput(f"The longest answer is {max_tokens} tokens; expected 1 to "
                       f"{LARGEST_ANSWER_TOKENS:,}.")  # fmt: skip
    dataset, names, examples = gather(workspace, dataset_name, split, metrics)
    train = datasets.read(workspace, dataset, "train")
    made = make(dataset, train, shots, prompt)
    # Not by the split that is scored: a further split must not make all answers anew.
    room = max_tokens or answer_room([example.target for example in train or examples])
    notes = {
        "endpoint": endpoint.to_json(), "prompt": made.to_json(), "temperature": 0,
        "max_tokens": room, "price": price.to_json() if price else None,
    }  # fmt: skip
    work = Prepared(dataset, split, names, limited(examples, limit), endpoint.model, "endpoint",
                    limit=limit, price=price, encoder=encoder_for(workspace, names, encoder),
                    notes=notes)  # fmt: skip
    return work, EndpointSource(endpoint, made, room, dataset)
