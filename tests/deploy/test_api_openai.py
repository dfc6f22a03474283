"""The paths that OpenAI's clients speak: the official client is the judge."""

import json
import warnings

import openai
import pytest

from tests.deploy.fakes import Made, running


@pytest.fixture(scope="module")
def up():
    with running(token="sk-test", alias="news") as found:  # noqa: S106
        yield found


def client_of(up, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openai.OpenAI(
            base_url=f"{up.url}/v1", **{"api_key": "sk-test", "max_retries": 0, **more}
        )


@pytest.fixture(scope="module")
def client(up):
    with client_of(up) as found:
        yield found


USER = {"role": "user", "content": "good day"}


def test_models(client):
    assert [model.id for model in client.models.list()] == ["news", "shout-1"]


def test_chat(client):
    said = client.chat.completions.create(model="shout-1", messages=[USER], max_tokens=9)
    assert said.choices[0].message.content == "GOOD DAY"
    assert said.choices[0].finish_reason == "stop"
    assert said.usage.total_tokens == 4
    assert said._request_id == said.id.removeprefix("chatcmpl-")


def test_a_conversation_reaches_the_engine_whole(up, client):
    turns = [
        {"role": "developer", "content": "be loud"},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": "AB"},
        USER,
    ]
    client.chat.completions.create(model="news", messages=turns, max_completion_tokens=7,
                                   temperature=0.5, top_p=0.9, seed=3, stop="x")  # fmt: skip
    asked = up.made.asked[-1]
    assert asked.kind == "chat"
    assert json.loads(asked.context) == [
        {"role": "system", "content": "be loud"}, {"role": "user", "content": "ab"},
        {"role": "assistant", "content": "AB"},
    ]  # fmt: skip
    assert (asked.max_tokens, asked.temperature, asked.top_p, asked.seed, asked.stop) == (
        7, 0.5, 0.9, 3, ("x",),
    )  # fmt: skip


def test_a_stream_of_chat(client):
    events = list(client.chat.completions.create(
        model="shout-1", messages=[USER], stream=True, stream_options={"include_usage": True}
    ))  # fmt: skip
    pieces = [e.choices[0].delta.content or "" for e in events if e.choices]
    assert "".join(pieces) == "GOOD DAY"
    assert len([piece for piece in pieces if piece]) == 2
    assert events[0].choices[0].delta.role == "assistant"
    assert events[-2].choices[0].finish_reason == "stop"
    assert events[-1].usage.completion_tokens == 2


def test_completions_of_several_prompts(client):
    found = client.completions.create(model="shout-1", prompt=["a", "b c"])
    assert [choice.text for choice in found.choices] == ["A", "B C"]
    assert found.usage.prompt_tokens == 3


def test_a_stream_of_a_completion(client):
    events = list(client.completions.create(model="shout-1", prompt="a b", stream=True))
    assert "".join(event.choices[0].text for event in events) == "A B"
    assert events[-1].choices[0].finish_reason == "stop"


def test_embeddings_in_both_formats(client):
    # The client asks for base64 by itself and unpacks it.
    packed = client.embeddings.create(model="shout-1", input=["a", "b"])
    assert [row.embedding for row in packed.data] == [pytest.approx([0.6, 0.8])] * 2
    plain = client.embeddings.create(model="shout-1", input="a", encoding_format="float")
    assert plain.data[0].embedding == [0.6, 0.8]
    assert plain.usage.prompt_tokens == 1


@pytest.mark.parametrize(
    ("fields", "kind", "code", "words"),
    [
        ({"model": "gpt-9"}, openai.NotFoundError, "model_not_found", "no model called 'gpt-9'"),
        ({"max_tokens": 10**9}, openai.BadRequestError, "invalid_value", "at most 50 tokens"),
        ({"n": 2}, openai.BadRequestError, "invalid_value", '"n" cannot be used'),
        ({"tools": []}, openai.BadRequestError, "invalid_value", "'tools' is not known"),
        ({"temperature": 3}, openai.BadRequestError, "invalid_value", "from 0 to 2"),
        ({"messages": [{"role": "user", "content": "long"}]}, openai.BadRequestError,
         "context_length_exceeded", "1,000 tokens"),
        ({"messages": [{"role": "robot", "content": "x"}]}, openai.BadRequestError,
         "invalid_value", "messages"),
        ({"messages": [USER, {"role": "assistant", "content": "x"}]}, openai.BadRequestError,
         "invalid_value", "last message"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_refusals_are_the_clients_own_errors(client, fields, kind, code, words, stream):
    asked = {"model": "shout-1", "messages": [USER], "stream": stream, **fields}
    with pytest.raises(kind) as found:
        client.chat.completions.create(**asked)
    assert words in str(found.value)
    assert found.value.code == code
    assert found.value.type == "invalid_request_error"
    assert found.value.request_id.startswith("r-")


def test_a_wrong_key(up):
    with (
        client_of(up, api_key="sk-other") as stranger,
        pytest.raises(openai.AuthenticationError) as found,
    ):
        stranger.models.list()
    assert found.value.code == "invalid_api_key"


def test_an_engine_that_breaks_in_a_stream(client):
    events = []
    with pytest.raises(openai.APIError, match="broke while it answered"):
        for event in client.completions.create(model="shout-1", prompt="half", stream=True):
            events.append(event.choices[0].text)
    assert events == ["HA"]


def test_a_full_queue_and_a_tight_limit():
    made = Made(task="summarization", chats=False, samples=False)
    with running(made, token="sk-test", queue=1) as up, client_of(up) as client:  # noqa: S106
        with pytest.raises(openai.RateLimitError) as found:
            client.completions.create(model="shout-1", prompt=["hang"] * 20)
        assert found.value.response.headers["retry-after"] == "1"
        assert found.value.type == "rate_limit_error"
        with pytest.raises(openai.BadRequestError, match="leave temperature away"):
            client.completions.create(model="shout-1", prompt="a", temperature=1)
        with pytest.raises(openai.BadRequestError, match="one text at a time"):
            turns = [{"role": "system", "content": "x"}, USER]
            client.chat.completions.create(model="shout-1", messages=turns)
        said = client.chat.completions.create(model="shout-1", messages=[USER])
        assert said.choices[0].message.content == "GOOD DAY"
        assert made.asked[-1].kind == "predict"


@pytest.mark.parametrize(
    ("about", "path", "words"),
    [
        ({"task": "embedding"}, "completions", "vectors alone"),
        ({"task": "question-answering", "chats": False}, "completions", "/v1/predict with con"),
        ({"embeds": False}, "embeddings", "serve an encoder"),
    ],
)  # fmt: skip
def test_a_model_of_another_kind_says_so(about, path, words):
    with running(Made(**about)) as up:
        reply = up.post(f"/v1/{path}", {"prompt": "a"} if path == "completions" else {"input": "a"})
        assert reply.status_code == 400
        assert words in reply.json()["error"]["message"]
