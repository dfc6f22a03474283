"""A model behind an address: what is asked, what is tried again, what stops, what is kept."""

import json
import threading
from dataclasses import replace
from email.utils import formatdate
from time import time

import pytest

from core.data.dataset import Example
from core.errors import BadInput, WorkFailed
from core.evaluate import chat_client
from core.evaluate.answer import Answer
from core.evaluate.answered import collect
from core.evaluate.chat_client import ATTEMPTS, NoReply, Refused
from core.evaluate.endpoint import FAILURES_IN_A_ROW, Endpoint, EndpointSource, answer_room
from core.evaluate.pace import Pace
from core.evaluate.prompt import Prompt
from core.evaluate.threads import each
from core.workspace import Workspace
from tests.endpoints import HALF, HTML, IMAGE, SHAPELESS, fault, reply, serving

SECRET = "sk-a/very+secret=key"  # noqa: S105
HELLO = [{"role": "user", "content": "Hello"}]
EXAMPLES = [Example(str(n), f"text {n}", f"answer {n}") for n in range(20)]


@pytest.fixture(autouse=True)
def _brief(monkeypatch):
    monkeypatch.setattr(chat_client, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setenv("TEST_KEY", SECRET)


def ask(server, **more):
    endpoint = Endpoint(server.url, "tiny", **{"key_env": "TEST_KEY", **more})
    client = endpoint.client(32)
    try:
        return client.ask(HELLO)
    finally:
        client.close()


def test_a_question_is_asked_as_the_reference_says_and_its_answer_is_read():
    with serving(lambda *_: reply(f" {IMAGE}")) as server:
        found = ask(server)
    assert (found.text, found.input_tokens, found.output_tokens) == (f" {IMAGE}", 7, 2)
    assert found.seconds > 0
    assert server.paths == ["/v1/chat/completions"]
    assert server.asked == [{"model": "tiny", "temperature": 0, "max_tokens": 32,
                             "messages": HELLO}]  # fmt: skip
    assert server.headers[0]["Authorization"] == f"Bearer {SECRET}"


def test_no_key_is_sent_unless_one_is_named(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    with serving(lambda *_: reply("x", usage=False)) as server:
        found = ask(server, key_env=None)
    assert (found.input_tokens, found.output_tokens) == (None, None)
    assert "Authorization" not in server.headers[0]


def test_other_forms_of_content_are_understood():
    parts = json.loads(reply("x")[2])
    parts["choices"][0]["message"]["content"] = [{"type": "text", "text": "a"},
                                                 {"type": "text", "text": "b"}]  # fmt: skip
    refusal = json.loads(reply("x")[2])
    refusal["choices"][0]["message"] = {"content": None, "refusal": "I will not."}
    said = [(200, {}, json.dumps(parts)), (200, {}, json.dumps(refusal))]
    with serving(lambda number, _: said[number]) as server:
        assert ask(server).text == "ab"
        assert ask(server).text == "I will not."


def test_an_answer_that_had_not_begun_is_no_empty_answer():
    body = json.loads(reply("")[2])
    body["choices"][0]["finish_reason"] = "length"
    with serving(lambda *_: (200, {}, json.dumps(body))) as server:
        with pytest.raises(NoReply, match="had not begun when its tokens were used up"):
            ask(server)
        assert len(server.asked) == 1
    with serving(lambda *_: reply("")) as server:
        assert ask(server).text == ""


@pytest.mark.parametrize(
    "first",
    [fault(429, headers={"Retry-After": "0"}), fault(500), fault(503), HTML, HALF, SHAPELESS],
    ids=["429", "500", "503", "html", "half", "shapeless"],
)
def test_what_may_pass_is_tried_again(first):
    with serving(lambda number, _: first if number < 2 else reply("done")) as server:
        assert ask(server).text == "done"
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (fault(429, "slow down"), "status 429: 'slow down', 5 times."),
        (fault(502), "status 502"),
        (HTML, "no JSON ('<!DOCTYPE html><h1>It works</h1>')"),
        (HALF, "no JSON"),
        (SHAPELESS, "holds no choices[0].message.content"),
        ((200, {}, "[]"), "holds no choices"),
        ((200, {}, "[" * 100_000), "no JSON ('[[["),
        (fault(500, "x" * 10_000), "x…', 5 times."),
        ((200, {}, '{"choices": [{"message": {"content": 7}}]}'), "holds no choices"),
        ((200, {}, "x" * 5_000_000), "sent more than 4,194,304 bytes"),
        (0.4, "did not answer within 0.2 s"),
    ],
    ids=["429", "502", "html", "half", "empty", "list", "deep", "wordy", "number", "large", "slow"],
)
def test_what_does_not_pass_is_one_sentence(said, words):
    with serving(lambda *_: said) as server, pytest.raises(NoReply) as error:
        ask(server, timeout_seconds=0.2 if isinstance(said, float) else 10)
    assert words in str(error.value)
    assert len(server.asked) == ATTEMPTS
    assert len(str(error.value).splitlines()) == 1


def test_the_pause_is_as_long_as_the_server_asks(monkeypatch):
    held = []
    monkeypatch.setattr(Pace, "hold", lambda _, seconds: held.append(seconds))
    waits = ["7", formatdate(time() + 30, usegmt=True), "3600", "soon"]

    def respond(number, _):
        if number < len(waits):
            return fault(429, headers={"Retry-After": waits[number]})
        return reply("x")

    with serving(respond) as server:
        ask(server)
    assert held[0] == 7
    assert 25 < held[1] <= 30
    assert held[2:] == [chat_client.LONGEST_WAIT_SECONDS]


def test_requests_a_minute_are_spread_evenly():
    with serving(lambda *_: reply("x")) as server:
        source = EndpointSource(
            Endpoint(server.url, "m", requests_per_minute=1200), Prompt("{input}"), 8
        )
        list(source.answer(EXAMPLES[:6], lambda *_: None))
    # Each waits for its turn before it is sent, so no six are nearer together than five turns.
    assert server.at[-1] - server.at[0] > 5 * 60 / 1200 - 0.04


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (fault(401, f"Incorrect API key provided: {SECRET}"), "refused the key (401"),
        (fault(403), "does not allow this (403"),
        (fault(404, "The model `x` does not exist"), "no such path or model (404: 'The model `x`"),
        ((302, {"Location": "http://127.0.0.1:9/"}, ""), "elsewhere (302), which is not followed"),
    ],
    ids=["401", "403", "404", "redirect"],
)
def test_what_no_further_question_will_better_stops_at_once(said, words):
    with serving(lambda *_: said) as server:
        source = EndpointSource(Endpoint(server.url, "m", key_env="TEST_KEY", concurrency=1),
                                Prompt("{input}"), 8)  # fmt: skip
        with pytest.raises(Refused) as error:
            list(source.answer(EXAMPLES, lambda *_: None))
    assert words in str(error.value)
    assert SECRET not in str(error.value)
    assert len(server.asked) == 1


def test_a_question_that_is_refused_is_not_asked_again():
    with (
        serving(lambda *_: fault(400, "too long\x1b[31m")) as server,
        pytest.raises(NoReply) as error,
    ):
        ask(server)
    assert str(error.value) == "The endpoint refused this question (400: 'too long [31m')."
    assert len(server.asked) == 1


def test_a_model_that_wants_other_fields_gets_them():
    def respond(_, body):
        for field in ("max_tokens", "temperature"):
            if field in body:
                return fault(400, f"Unsupported parameter: '{field}'", param=field)
        return reply("x")

    with serving(respond) as server:
        ask(server)
    assert server.asked[-1] == {"model": "tiny", "max_completion_tokens": 32, "messages": HELLO}


def test_half_a_character_is_no_trouble_later():
    body = reply("x")[2].replace('"x"', '"\\ud800y"')
    with serving(lambda *_: (200, {}, body)) as server:
        assert ask(server).text == "?y"


def test_a_server_that_sends_the_key_back_does_not_get_it_stored():
    with serving(lambda *_: reply(f"your key is {SECRET}")) as server:
        assert ask(server).text == "your key is [key]"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "ftp://x/v1"}, "'ftp://x/v1' cannot be asked; expected one such as http://"),
        ({"url": "localhost:8000"}, "cannot be asked"),
        ({"url": "http://"}, "cannot be asked"),
        ({"url": "http://[::1"}, "is no address"),
        ({"url": "https://u:secret@x/v1"}, "holds a name, a password or a query"),
        ({"url": f"https://x/v1?key={SECRET}"}, "holds a name, a password or a query"),
        ({"model": " "}, "has no name"),
        ({"concurrency": 0}, "The concurrency is 0; expected 1 to 64"),
        ({"requests_per_minute": 0}, "requests per minute are 0; expected a number above 0"),
        ({"timeout_seconds": float("nan")}, "timeout in seconds are nan"),
    ],
)
def test_what_cannot_be_asked_is_refused(fields, words):
    with pytest.raises(BadInput) as error:
        Endpoint(**{"url": "http://x/v1", "model": "m", **fields})
    assert words in str(error.value)
    assert SECRET not in str(error.value)


def test_a_key_that_is_none_is_refused_without_being_told(monkeypatch):
    endpoint = Endpoint("http://x/v1", "m", key_env="TEST_KEY")
    for value, words in ((f"{SECRET}\nX: y", "holds signs that no key has"), (" ", "is not set")):
        monkeypatch.setenv("TEST_KEY", value)
        with pytest.raises(BadInput) as error:
            endpoint.read_key()
        assert words in str(error.value)
        assert "secret" not in str(error.value)


def collected(tmp_path, source, examples=EXAMPLES, tell=lambda *_: None):
    return collect(Workspace.open(tmp_path), source.key, examples, source.answer, tell)


class Stop(Exception):
    """Somebody stopped the work."""


def at(number):
    def tell(done, _):
        if done >= number:
            raise Stop

    return tell


def test_work_stopped_at_sixty_percent_goes_on_at_sixty_percent(tmp_path):
    with serving(lambda _, body: reply(body["messages"][-1]["content"].upper())) as server:
        endpoint = Endpoint(server.url, "m", concurrency=1)
        source = EndpointSource(endpoint, Prompt("{input}"), 8)
        with pytest.raises(Stop):
            collected(tmp_path, source, tell=at(12))
        assert len(server.asked) == 12
        answers = collected(tmp_path, source)
        assert server.questions == [e.input for e in EXAMPLES], "each was asked once, in order"
        assert [answer.text for answer in answers] == [e.input.upper() for e in EXAMPLES]
        assert all(a.seconds and (a.input_tokens, a.output_tokens) == (7, 2) for a in answers)
        harder = replace(source, endpoint=replace(endpoint, concurrency=8, key_env="TEST_KEY"))
        assert collected(tmp_path, harder) == answers
        assert len(server.asked) == 20, "neither the key nor the haste makes another answer"
        collected(tmp_path, replace(source, max_tokens=9))
        assert len(server.asked) == 40


def test_a_stop_loses_no_more_than_what_is_under_way(tmp_path):
    with serving(lambda *_: reply("x")) as server:
        source = EndpointSource(Endpoint(server.url, "m", concurrency=4), Prompt("{input}"), 8)
        with pytest.raises(Stop):
            collected(tmp_path, source, tell=at(12))
        collected(tmp_path, source)
        assert len(server.asked) <= 24
        assert set(server.questions) == {e.input for e in EXAMPLES}


def test_an_endpoint_that_goes_down_stops_the_work_and_loses_nothing(tmp_path):
    down = threading.Event()

    def respond(number, body):
        if number >= 8 and not down.is_set():
            return fault(400, "overloaded")
        return reply("x")

    with serving(respond) as server:
        source = EndpointSource(Endpoint(server.url, "m", concurrency=1), Prompt("{input}"), 8)
        with pytest.raises(WorkFailed) as error:
            collected(tmp_path, source)
        assert str(error.value).startswith(f"{FAILURES_IN_A_ROW} questions in a row got no answer")
        assert "8 of the 20 that were asked now are answered and kept" in str(error.value)
        down.set()
        before = len(server.asked)
        assert [answer.text for answer in collected(tmp_path, source)] == ["x"] * 20
        assert not {f"text {n}" for n in range(8)} & set(server.questions[before:])


def test_one_question_that_fails_does_not_stop_the_others(tmp_path):
    def respond(_, body):
        bad = body["messages"][-1]["content"] == "text 3"
        return fault(422, "odd") if bad else reply("x")

    with serving(respond) as server:
        source = EndpointSource(Endpoint(server.url, "m"), Prompt("{input}"), 8)
        answers = collected(tmp_path, source)
        words = "The endpoint refused this question (422: 'odd')."
        assert answers[3] == Answer("", error=words)
        assert [answer.text for answer in answers].count("x") == 19


def test_a_stop_is_heard_while_the_endpoint_keeps_silent(monkeypatch):
    monkeypatch.setattr("core.evaluate.threads.IDLE_SECONDS", 0.05)

    def stop():
        raise KeyboardInterrupt

    release = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        list(each(4, lambda _: release.wait(30), 2, stop))
    release.set()


def test_results_come_before_the_fault_that_ends_the_work():
    def work(number):
        if number == 3:
            raise ValueError("three")
        return number

    found = []
    with pytest.raises(ValueError, match="three"):
        for batch in each(10, work, 1, lambda: None):
            found += batch
    assert {(0, 0), (1, 1), (2, 2)} <= set(found)


@pytest.mark.parametrize(
    ("targets", "tokens"), [([], 64), (["x"], 64), (["x" * 300], 150), (["x" * 10**5], 4096)]
)
def test_the_room_of_an_answer_follows_the_longest_target(targets, tokens):
    assert answer_room(targets) == tokens
