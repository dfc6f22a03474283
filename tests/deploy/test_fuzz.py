"""The server against its own OpenAPI document, by schemathesis: what it says is what it does."""

import warnings

import hypothesis
import pytest

from core.deploy.limits import Limits
from core.deploy.openapi import PATHS
from tests.deploy.fakes import Made, running

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import CHECKS

EXAMPLES, MANY = 12, 400
TOKEN = "fuzz"  # noqa: S105
SKIPPED = {
    # A text may be within the schema and too long for the model, or the model of another kind.
    "positive_data_acceptance",
}


@pytest.fixture(scope="module")
def up():
    made = Made()
    made.known.add("r-1")
    with running(made, token=TOKEN, limits=Limits(seconds=5, feedback_per_minute=10**6)) as found:
        yield found


def fuzz(up, path, examples):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_dict(
            up.get("/openapi.json", headers={"authorization": f"Bearer {TOKEN}"}).json()
        )
        operation = schema[path.path][path.method]
        statuses = set()

        @hypothesis.settings(
            max_examples=examples, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        @hypothesis.given(case=operation.as_strategy() | operation.as_strategy(
            generation_mode=schemathesis.GenerationMode.NEGATIVE
        ))  # fmt: skip
        def test(case):
            headers = {"Authorization": f"Bearer {TOKEN}"}
            reply = case.call(base_url=up.url, headers=headers, timeout=20)
            # What is too large is refused before it is read.
            skipped = {*SKIPPED, *({"negative_data_rejection"} if reply.status_code == 413 else ())}
            excluded = [check for check in CHECKS.get_all() if check.__name__ in skipped]
            case.validate_response(reply, excluded_checks=excluded, headers=headers)
            statuses.add(reply.status_code)

        test()
    assert max(statuses) < 500
    return statuses


ROWS = [pytest.param(path, id=path.path) for path in PATHS]


@pytest.mark.parametrize("path", ROWS)
def test_a_few(up, path):
    fuzz(up, path, EXAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("path", [row for row in ROWS if row.values[0].method == "POST"])
def test_many(up, path):
    statuses = fuzz(up, path, MANY)
    assert 400 in statuses
    assert path.status in statuses or path.path == "/v1/classify"  # the model translates


@pytest.mark.parametrize("path", [row for row in ROWS if row.values[0].method == "POST"])
def test_the_documents_own_example_is_answered(up, path):
    row = path
    task = {"/v1/classify": "text-classification"}.get(row.path, "translation")
    made = Made(task=task)
    made.scores = {"GOOD MORNING.": 1.0}
    with running(made) as own:
        assert own.post(row.path, row.example).status_code == row.status
