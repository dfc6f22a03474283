"""Score what is not a model on this machine: an endpoint, or a file of answers made elsewhere."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.cost.prices import ApiPrice, api_prices
from core.data.dataset import Dataset
from core.errors import RequestError
from core.evaluate.answers import KINDS
from core.evaluate.ask import LARGEST_ANSWER_TOKENS
from core.evaluate.endpoint import CONCURRENCY, MOST_CONCURRENCY, Endpoint
from core.evaluate.imports import list_imports
from core.evaluate.prepare import prepare
from core.evaluate.prompt import MOST_CHARACTERS, MOST_SHOTS, PLACEHOLDERS, SHOTS
from core.evaluate.store import Evaluation, slug
from core.evaluate.token_price import token_price
from core.record import now
from core.run import AskRequest, EvaluateRequest, start
from core.text.format import fixed
from dashboard import state, ui

t = ui.t

KEY_ENDS = "API_KEY"
"""Which variables a page may send: any name would let a reader have any secret sent anywhere."""


def endpoint(dataset: Dataset, splits: list[str], most: int) -> None:
    """The form for a model behind an address, and the button that begins."""
    how = _how(dataset, splits, most)
    if ui.action(t("asking.begin"), key="ask", icon=":material/cloud_upload:"):
        try:
            _begin(dataset, how)
        except RequestError as error:
            st.markdown(ui.mark("failed"))
            st.text(str(error))
            return
        st.rerun()
    st.caption(t("asking.words"))


def _how(dataset: Dataset, splits: list[str], most: int) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        found["url"] = st.text_input(t("asking.url"), key="ask-url", width=320, max_chars=300,
                                     placeholder="https://api.example.com/v1")  # fmt: skip
        found["model"] = st.text_input(t("asking.model"), key="ask-model", width=220, max_chars=100)
        found["key_env"] = st.selectbox(
            t("asking.key"), [None, *keys()], key="ask-key", width=220, help=t("asking.key_help"),
            format_func=lambda name: name or t("asking.no_key"),
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        rows = {row.name: row for row in api_prices()}
        found["price"] = st.selectbox(
            t("asking.price"), [None, *rows], key="ask-price", width=420,
            format_func=lambda name: _priced(rows[name]) if name else t("asking.no_price"),
        )  # fmt: skip
        found["split"] = st.selectbox(
            t("evaluate.form.split"), splits, key=f"ask-split-{dataset.name}", width=130,
            format_func=lambda name: t(f"evaluate.split.{name}"),
        )  # fmt: skip
        found["limit"] = st.number_input(t("evaluate.form.limit"), 1, None, most, width=150,
                                         key="ask-limit")  # fmt: skip
    with st.expander(t("asking.more")):
        found["concurrency"] = st.number_input(
            t("asking.concurrency"), 1, MOST_CONCURRENCY, CONCURRENCY, width=200, key="ask-many"
        )
        found["requests_per_minute"] = st.number_input(
            t("asking.per_minute"), 1.0, None, None, width=200, key="ask-rate"
        )
        found["max_tokens"] = st.number_input(
            t("asking.max_tokens"), 1, LARGEST_ANSWER_TOKENS, None, width=200, key="ask-tokens",
            help=t("asking.max_tokens_help"),
        )  # fmt: skip
        if not dataset.chat:
            found["shots"] = st.number_input(
                t("asking.shots"), 0, min(MOST_SHOTS, dataset.splits.get("train", 0)),
                min(SHOTS, dataset.splits.get("train", 0)), width=200, key="ask-shots",
            )  # fmt: skip
            found["prompt"] = st.text_area(
                t("asking.prompt"), key="ask-prompt", max_chars=MOST_CHARACTERS,
                help=t("asking.prompt_help", **{name: f"{{{name}}}" for name in PLACEHOLDERS}),
            )  # fmt: skip
    return found


def keys() -> list[str]:
    """Variables of this server that hold a key of an API, by name."""
    return sorted(name for name in os.environ if name.endswith(KEY_ENDS))


def _priced(row: ApiPrice) -> str:
    into, out = (fixed(usd, 2, ui.lang()) for usd in
                 (row.usd_per_million_input_tokens, row.usd_per_million_output_tokens))  # fmt: skip
    return t("asking.priced", provider=row.provider, model=row.model, input=into, output=out,
             tier="" if row.tier == "standard" else f" ({row.tier})", as_of=row.as_of)  # fmt: skip


def _begin(dataset: Dataset, how: Mapping[str, Any]) -> None:
    key = how["key_env"] if how["key_env"] in keys() else None
    asked = Endpoint(how["url"].strip(), how["model"].strip(), key, int(how["concurrency"]),
                     how["requests_per_minute"])  # fmt: skip
    asked.read_key()
    price = token_price(how["price"], None, None, now()[:10])
    limit = int(how["limit"])
    most = limit if limit < dataset.splits[how["split"]] else None
    request = AskRequest(
        dataset.title, asdict(asked), prompt=(how.get("prompt") or "").strip() or None,
        shots=how.get("shots"), max_tokens=how["max_tokens"],
        price=price.to_json() if price else None, split=how["split"], limit=most,
    )  # fmt: skip
    start(state.workspace(), request)


def upload(dataset: Dataset) -> None:
    """The form for a file of answers, and the button that begins."""
    kinds = [kind.removeprefix(".") for kind in KINDS]
    given = st.file_uploader(t("asking.file"), type=kinds, key="ask-file", help=t("asking.columns"))
    if given is None:
        st.markdown(t("evaluate.form.file"))
        return
    if ui.action(t("asking.score"), key="ask-upload", icon=":material/straighten:"):
        path = _kept(given)
        try:
            ready = prepare(state.workspace(), dataset.title, model=None, predictions=str(path),
                            split=None, metrics=(), limit=None)  # fmt: skip
        except RequestError as error:
            st.markdown(ui.mark("failed"))
            st.text(str(error))
            return
        start(state.workspace(), EvaluateRequest(dataset.title, None, str(path), ready.metrics,
                                                 "all"))  # fmt: skip
        st.rerun()


def _kept(given: UploadedFile) -> Path:
    """The file under a name made of plain letters, in a folder called by its content."""
    content = given.getvalue()
    place = state.workspace().upload(hashlib.sha256(content).hexdigest()[:16])
    place.mkdir(parents=True, exist_ok=True)
    suffix = Path(given.name).suffix.lower()
    path = place / f"{slug(Path(given.name).stem)}{suffix if suffix in KINDS else ''}"
    path.write_bytes(content)
    return path


def provenance(made: Evaluation) -> None:
    """How a model was asked that was not tuned here: where, in what words, at what price."""
    where, words, price = (made.settings.get(name) for name in ("endpoint", "prompt", "price"))
    said = []
    if where:
        said.append(t("asking.asked_at", url=ui.literal(where["url"]),
                      model=ui.literal(where["model"]),
                      tokens=f"{made.settings['max_tokens']:,}"))  # fmt: skip
    if words and words["template"] is None:
        said.append(t("asking.asked_chat"))
    elif words:
        said.append(t("asking.asked_in", hash=words["hash"], shots=len(words["shots"])))
    if price:
        into, out = (fixed(price[f"usd_per_million_{way}_tokens"], 2, ui.lang())
                     for way in ("input", "output"))  # fmt: skip
        said.append(t("asking.asked_price", input=into, output=out, as_of=price["as_of"],
                      source=ui.literal(price["source"])))  # fmt: skip
    if said:
        st.caption(" ".join(said))
    if words and words["template"] and not ui.presenting():
        with st.popover(t("asking.template"), type="tertiary", icon=":material/chat:"):
            st.code(words["template"], language=None, wrap_lines=True)


def imported() -> None:
    """Results of other harnesses, which stand beside ours and are not ranked with them."""
    rows = [
        {
            t("asking.imported.tool"): " ".join(filter(None, (kept.tool, kept.version))),
            t("evaluate.control.model"): kept.model,
            t("asking.imported.task"): score.task,
            t("evaluate.control.metric"): score.metric,
            t("asking.imported.value"): fixed(score.value, 4, ui.lang()),
            t("asking.imported.interval"): "" if score.low is None or score.high is None else
            f"{fixed(score.low, 4, ui.lang())}–{fixed(score.high, 4, ui.lang())}",
            "n": "" if score.n is None else f"{score.n:,}",
        }
        for kept in list_imports(state.workspace())
        for score in kept.scores
    ]  # fmt: skip
    if not rows:
        return
    with st.container(gap="xxsmall"):
        st.subheader(t("asking.imported.title", n=f"{len(rows):,}"), anchor=False)
        st.caption(t("asking.imported.words"))
        ui.table(rows, key="imported", height=ui.height(len(rows)))
