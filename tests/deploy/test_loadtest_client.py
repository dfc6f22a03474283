"""What becomes of a request, whatever a server does with it."""

import asyncio
import json
import socket

import pytest

from core.deploy.loadtest_answers import MOST_BYTES
from core.deploy.loadtest_client import Address, Client
from core.deploy.loadtest_dialects import DIALECTS, Text
from core.deploy.loadtest_dialects import request as asked_of
from core.deploy.loadtest_look import look
from core.deploy.loadtest_target import check_allowed, check_url, is_own, read_key
from core.errors import BadInput, WorkFailed
from tests.deploy.standins import answer, raw, request

KEY = "assay-very-secret-key"
GOOD = {"outputs": ["x"]}
CHAT = {"choices": [{"message": {"content": "a b"}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2}}  # fmt: skip


def row(name):
    return next(one for one in DIALECTS if one.name == name)


def ask(url, *, times=1, path="predict", stream=False, seconds=5.0, key=None, text="hello"):
    """Ask one after the other on the same client; their replies."""
    dialect = row(path)
    body = asked_of(dialect, Text(text), model="m", max_tokens=9, stream=stream)

    async def whole():
        client = Client(Address.of(url + dialect.path), dialect, [body], timeout_seconds=seconds,
                        key=key, stream=stream)  # fmt: skip
        loop = asyncio.get_running_loop()
        try:
            return [await client.send(n, loop.time()) for n in range(times)]
        finally:
            client.close()

    return asyncio.run(whole())


def replying(*said):
    """A server that gives these bytes, one for each request, and the last again and again."""
    seen = []

    async def talk(_, reader, writer):
        while True:
            head, body = await request(reader)
            seen.append((head, json.loads(body)))
            writer.write(said[min(len(seen), len(said)) - 1])
            await writer.drain()

    return talk, seen


def test_answers_on_one_connection_with_the_key_in_the_header():
    talk, seen = replying(answer(GOOD))
    with raw(talk) as server:
        replies = ask(server.url, times=3, key=KEY)
    assert [reply.outcome for reply in replies] == ["ok"] * 3
    assert "Authorization: Bearer " + KEY in seen[0][0]
    assert seen[0][0].startswith("POST /v1/predict HTTP/1.1")
    assert seen[0][1] == {"inputs": ["hello"], "model": "m"}


def test_tokens_are_those_that_the_server_counts():
    talk, seen = replying(answer(CHAT))
    with raw(talk) as server:
        reply = ask(server.url, path="chat")[0]
    assert (reply.input_tokens, reply.output_tokens) == (7, 2)
    assert seen[0][1]["messages"] == [{"role": "user", "content": "hello"}]
    assert seen[0][1]["max_tokens"] == 9


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (answer({"error": "enough"}, "429 Too Many Requests"), "busy"),
        (answer({"error": "no"}, "401 Unauthorized"), "refused"),
        (answer({"error": {"message": "oh"}}, "503 Service Unavailable"), "failed"),
        (answer(b"", "302 Found\r\nLocation: http://127.0.0.1:1/"), "redirected"),
        (answer(b"", "204 No Content"), "garbage"),
        (answer(b"<html>"), "garbage"),
        (answer({"outputs": []}), "garbage"),
        (answer(b'{"outputs": [1'), "garbage"),
        (answer(b"[" * 100_000), "garbage"),
        (b"\x00\xff\x00 nonsense\r\n\r\n", "garbage"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "garbage"),
    ],
)
def test_what_is_no_answer(said, outcome):
    talk, _ = replying(said)
    with raw(talk) as server:
        assert ask(server.url)[0].outcome == outcome


def test_a_redirect_is_not_followed():
    with raw(lambda *_: asyncio.sleep(0)) as elsewhere:
        moved = answer(b"", f"307 Temporary Redirect\r\nLocation: {elsewhere.url}/v1/predict")
        talk, seen = replying(moved)
        with raw(talk) as server:
            assert ask(server.url)[0].outcome == "redirected"
        assert len(seen) == 1


def test_the_first_words_of_an_error_are_kept_without_the_key():
    talk, _ = replying(
        answer({"error": f"the key {KEY} is\n\x1b[31m wrong" + "x" * 999}, "400 Bad")
    )
    with raw(talk) as server:
        said = ask(server.url, key=KEY)[0].said
    assert said.startswith("the key [key] is  [31m wrong".replace("  ", " "))
    assert KEY not in said
    assert len(said) <= 160


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert ask(f"http://127.0.0.1:{port}")[0].outcome == "unreachable"


def test_a_server_that_dies_in_the_middle_of_an_answer():
    async def talk(number, reader, writer):
        await request(reader)
        writer.write(answer(GOOD)[:-5])
        await writer.drain()

    with raw(talk) as server:
        assert ask(server.url)[0].outcome == "broken"


def test_a_server_that_closes_without_a_word():
    async def talk(number, reader, writer):
        await request(reader)

    with raw(talk) as server:
        assert ask(server.url)[0].outcome == "broken"


def test_a_kept_connection_that_was_closed_is_no_error():
    """The server may close an idle connection in the moment when it is used again."""

    async def talk(number, reader, writer):
        await request(reader)
        writer.write(answer(GOOD))
        await writer.drain()
        if number:
            await asyncio.sleep(5)
        else:
            await request(reader)  # takes the second one, and goes without a word

    with raw(talk) as server:
        assert [reply.outcome for reply in ask(server.url, times=2)] == ["ok", "ok"]


def test_nothing_comes_in_time():
    async def talk(number, reader, writer):
        await request(reader)
        await asyncio.sleep(5)

    with raw(talk) as server:
        assert ask(server.url, seconds=0.1)[0].outcome == "timeout"


def test_a_body_that_drips_is_given_up_and_one_that_never_ends_is_cut():
    async def drip(number, reader, writer):
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    sent = [0]

    async def flood(number, reader, writer):
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            sent[0] += 65536
            await writer.drain()

    with raw(drip) as server:
        assert ask(server.url, seconds=0.2)[0].outcome == "timeout"
    with raw(flood) as server:
        assert ask(server.url)[0].outcome == "too_large"
    assert sent[0] < 16 * MOST_BYTES


def test_endless_headers_are_garbage():
    async def talk(number, reader, writer):
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: " + b"x" * 4000 + b"\r\n")
            await writer.drain()

    with raw(talk) as server:
        assert ask(server.url)[0].outcome == "garbage"


def event(text):
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n".encode()


USAGE = b'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}\n\n'


def streaming(*parts, pause=0.0):
    """A stream of parts, the pause before the first; closed after the last."""

    async def talk(number, reader, writer):
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n")  # fmt: skip
        await writer.drain()
        await asyncio.sleep(pause)
        for part in parts:
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    return talk


def test_the_first_token_is_the_first_text_and_not_the_first_byte():
    opened = b'data: {"choices": [{"delta": {"role": "assistant", "content": ""}}]}\n\n'
    done = b"data: [DONE]\n\n"
    with raw(streaming(opened, event("a"), event("b"), USAGE, done, pause=0.1)) as server:
        reply = ask(server.url, path="chat", stream=True)[0]
    assert reply.outcome == "ok"
    assert (reply.input_tokens, reply.output_tokens) == (3, 2)
    assert reply.first is not None
    assert reply.first <= reply.ended


def test_events_may_be_cut_anywhere():
    whole = event("a") + b": a comment\r\n\r\n" + event("ü") + b"data: [DONE]\r\n\r\n"
    parts = [bytes([byte]) for byte in whole]
    with raw(streaming(*parts)) as server:
        reply = ask(server.url, path="chat", stream=True)[0]
    assert (reply.outcome, reply.output_tokens) == ("ok", 2)


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ([event("a")], "broken"),
        ([b"data: nonsense\n\n"], "garbage"),
        ([b"data: 3\n\n", b"data: [DONE]\n\n"], "garbage"),
        ([event("a"), b'data: {"error": {"message": "out of memory"}}\n\n'], "failed"),
        ([b"data: " + b"x" * 400_000, b"x\n\n"], "garbage"),
    ],
)
def test_a_stream_that_goes_wrong(parts, outcome):
    with raw(streaming(*parts)) as server:
        assert ask(server.url, path="chat", stream=True)[0].outcome == outcome


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("127.0.0.1:8600", "cannot be asked"),
        ("ftp://127.0.0.1", "cannot be asked"),
        ("http://", "cannot be asked"),
        ("", "cannot be asked"),
        ("http://me:secret@127.0.0.1", "a password"),
        ("http://127.0.0.1/?key=secret", "a query"),
        ("http://127.0.0.1:99999999", "out of range"),
        ("http://127.0.0.1/\n", "no address|cannot be"),
    ],
)
def test_a_url_that_cannot_be(url, words):
    with pytest.raises(BadInput, match=words) as error:
        check_url(url)
    assert "secret" not in str(error.value)


def test_another_machine_only_with_a_word():
    check_allowed("http://127.0.0.1:1", "9 requests", yes=False)
    check_allowed("http://localhost:1", "9 requests", yes=False)
    check_allowed("https://api.example.com", "9 requests", yes=True)
    for url in ("https://api.example.com", "http://10.0.0.4:8000", "http://127.0.0.1.example.com"):
        assert not is_own(url)
        with pytest.raises(BadInput, match=r"sends 9 requests to .*--yes"):
            check_allowed(url, "9 requests", yes=False)


def test_our_token_goes_to_this_machine_alone(monkeypatch):
    monkeypatch.setenv("ASSAY_TOKEN", KEY)
    monkeypatch.setenv("OTHER", "x")
    assert read_key("http://127.0.0.1:1", None) == KEY
    assert read_key("https://api.example.com", None) is None
    assert read_key("https://api.example.com", "OTHER") == "x"
    monkeypatch.setenv("OTHER", "ключ")
    with pytest.raises(BadInput, match="no key has"):
        read_key("https://api.example.com", "OTHER")
    with pytest.raises(BadInput, match="'NOBODY' is not set"):
        read_key("http://127.0.0.1:1", "NOBODY")


def looking(documents):
    """A server with JSON at some paths."""

    async def talk(number, reader, writer):
        while True:
            head, _ = await request(reader)
            found = documents.get(head.split()[1])
            writer.write(answer(found) if found is not None else answer({}, "404 Not Found"))
            await writer.drain()

    return raw(talk)


def found(url, **given):
    return look(url, **{"path": None, "model": None, "key": None, **given})


OWN = {"model": "shop-1", "task": "translation", "dataset": "shop@1", "device": "cpu"}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({}, "predict"),
        ({"engine": "ctranslate2"}, "completions"),
        ({"engine": "transformers", "chats": True, "streams": True}, "chat"),
        ({"engine": "transformers", "task": "text-classification"}, "classify"),
        ({"engine": "transformers", "task": "question-answering"}, "predict"),
    ],
)
def test_our_server_says_how_it_is_asked(more, path):
    with looking({"/v1/model": {**OWN, **more}}) as server:
        target = found(server.url + "/")
        assert (target.dialect, target.url) == (path, server.url)
        assert target.says["model"] == "shop-1"
        assert target.streams == (path == "chat")
        assert found(f"{server.url}/v1/translate").dialect == "translate"


def test_an_openai_server_gives_its_models():
    with looking({"/v1/models": {"data": [{"id": "tiny"}, {"id": "big"}]}}) as server:
        target = found(f"{server.url}/v1")
        assert (target.dialect, target.model) == ("chat", "tiny")
        assert target.address == f"{server.url}/v1/chat/completions"
        assert found(server.url, model="big").model == "big"


def test_nothing_that_could_be_asked():
    with looking({"/v1/model": [1], "/v1/models": {"data": "x"}}) as server:
        with pytest.raises(WorkFailed, match="give the whole address"):
            found(server.url)
        assert found(f"{server.url}/v1/chat/completions").model is None
        with pytest.raises(BadInput, match="'talk' is none"):
            found(server.url, path="talk")
    with pytest.raises(WorkFailed, match="Nothing answers"):
        found(server.url)
