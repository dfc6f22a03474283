"""The data gate on the Data page: findings with a remedy each, and how often the test was seen."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from core.data import dataset as store
from core.data import languages, looks
from core.data import profile as profiles
from core.data import tokens as counts
from core.data.dataset import Dataset, Example
from core.data.findings import Finding, sentence, why
from core.data.fixes import fix
from core.data.profile import Profile
from core.data.tokens import Limits, Tokens
from core.errors import AssayError, RequestError
from core.evaluate.store import Evaluation
from core.gate import gate, limits_of, tokenizer_of
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.models.purpose import purpose_for
from core.models.resolve import ModelRef, default_base, list_models, shape_of
from core.run import CheckRequest, UncertainRequest, kind_of, start
from core.text.catalog import topic
from core.text.format import number
from core.train.config import from_preset
from dashboard import state, ui

t = ui.t

AT_ONCE_ROWS = 3_000
"""So many rows are looked over while the page is drawn, in about half a second; more by a job."""
PRESET = "balanced"
SHARES_SHOWN = 4
BADGES = {
    "blocks": ":orange-badge[:material/block: {}]",
    "risk": ":yellow-badge[:material/error: {}]",
    "note": ":gray-badge[:material/info: {}]",
}


@dataclass(frozen=True)
class Looked:
    """What the page knows of a dataset for the base that is chosen.

    Attributes:
        profile: Of the rows; None while they are looked over.
        tokens: In the base's tokens; None while they are counted, or where they cannot be.
        findings: Those that are known, the gravest first.
    """

    title: str
    base: ModelRef
    limits: Limits
    profile: Profile | None
    tokens: Tokens | None
    findings: tuple[Finding, ...]

    @property
    def request(self) -> CheckRequest:
        """The job that looks for the rest."""
        limits = self.limits
        return CheckRequest(self.title, self.base.name, limits.input, limits.target)

    @property
    def serious(self) -> list[Finding]:
        """Those that make the model worse or the score less true."""
        return [finding for finding in self.findings if finding.severity != "note"]


def look(dataset: Dataset) -> Looked:
    """What is known; what is not is looked for by a job, which is begun here."""
    workspace = state.workspace()
    names = _bases(dataset.task)
    name = state.chosen("base", list(names))
    ref = names[name or default_base(dataset.task)]
    limits = limits_of(from_preset(PRESET))
    if dataset.rows <= AT_ONCE_ROWS:
        profile: Profile | None = profiles.profile(workspace, dataset)
    else:
        profile = profiles.known(workspace, dataset)
    path = tokenizer_of(ref)
    tokens = counts.known(workspace, dataset, path) if path else None
    found = gate(profile, tokens, limits).findings if profile else ()
    looked = Looked(dataset.title, ref, limits, profile, tokens, found)
    if profile is None or (path and tokens is None):
        begin(looked.request)
    return looked


def _bases(task: str) -> dict[str, ModelRef]:
    """Models on this machine that can be tuned for a task; the task's starter first."""
    found = {}
    for ref in list_models(state.workspace()):
        shape = shape_of(ref) if ref.kind in ("run", "starter") else None
        if shape is None:
            continue
        try:
            purpose_for(shape.family, task, ref.name)
        except RequestError:
            continue  # it cannot do the task, so it is not offered
        found[ref.name] = ref
    first = default_base(task)
    return {first: found[first], **found}


def base(dataset: Dataset) -> None:
    """Choose whose tokenizer counts."""
    state.choose(t("gate.page.base"), "base", list(_bases(dataset.task)), key="data-base")


def newest(request: CheckRequest | UncertainRequest) -> Job | None:
    """The newest job that was asked for just this."""
    with JobStore(state.workspace()) as jobs:
        found = jobs.jobs(kind=kind_of(request).name, limit=20)
    return next((job for job in found if job.request == asdict(request)), None)


def begin(request: CheckRequest | UncertainRequest) -> None:
    """Begin a job, unless it was tried and did not succeed: then its card says why."""
    job = newest(request)
    if job is None or job.active or job.state == "succeeded":
        start(state.workspace(), request)


def progress(request: CheckRequest | UncertainRequest) -> None:
    """The job under way; the whole page again once it ends."""
    job = newest(request)
    st.fragment(_progress, run_every=1 if job and job.active else None)(request)


def _progress(request: CheckRequest | UncertainRequest) -> None:
    job = newest(request)
    kind = kind_of(request).name
    if job and job.state != "succeeded":
        ui.job_card(job)
        if not job.active and st.button(t("gate.page.again"), key=f"again-{kind}"):
            start(state.workspace(), request)
            st.rerun()
    if state.ended(f"{kind}-{request.dataset}", job):
        st.rerun()


def findings(dataset: Dataset, looked: Looked) -> None:
    """Every finding, the gravest first, with its reason, its examples and its remedy."""
    found = looked.findings
    key = "title_none" if not found else "title_one" if len(found) == 1 else "title"
    st.subheader(t(f"data.findings.{key}", n=len(found)), anchor=False)
    with st.container(gap="xsmall"):
        for number, finding in enumerate(found):  # one kind can be found of input and target
            _finding(dataset, finding, number)
    error = state.kept("gate-error")
    if error:
        st.markdown(ui.mark("risk"))
        st.text(error)
        state.keep("gate-error", None)
    if looked.profile:
        _spoken(looked.profile)
    st.caption(t("data.findings.looked_for"))


def _spoken(found: Profile) -> None:
    """Languages and writing systems of each part, in one line each."""
    for part, scripts in (("input", found.scripts), ("target", found.target_scripts)):
        if not scripts:
            continue
        told = found.languages.get(part, {})
        names = {
            languages.name_in(code, ui.lang()) if code else t("gate.page.untold"): share
            for code, share in told.items()
        }
        known = topic("gate", ui.lang())
        written = {known.get(f"script.{name}", name): share for name, share in scripts.items()}
        st.caption(t("gate.page.spoken", part=t(f"data.part.{part}"), languages=_shares(names),
                     scripts=_shares(written)))  # fmt: skip


def _shares(shares: dict[str, float]) -> str:
    """The largest few, in percent."""
    some = list(shares.items())[:SHARES_SHOWN]
    return ", ".join(f"{ui.literal(name)} {number(100 * share, 2)} %" for name, share in some)


def _finding(dataset: Dataset, finding: Finding, number: int) -> None:
    mark = BADGES[finding.severity].format(t(f"gate.severity.{finding.severity}"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{mark} {sentence(finding, ui.lang(), ui.literal)}", width="content")
        with st.popover(t("gate.page.why"), type="tertiary", key=f"finding-{number}"):
            st.markdown(why(finding, ui.lang(), ui.literal))
            if finding.examples:
                ui.table(list(finding.examples), key=f"examples-{number}",
                         column_config=names(finding.examples[0]))  # fmt: skip
        if not ui.presenting():
            _remedy(dataset, finding)


def _remedy(dataset: Dataset, finding: Finding) -> None:
    if finding.remedy == "setting":
        setting = dict(finding.values)["setting"]
        st.caption(t("gate.fix.setting", setting=ui.literal(setting)), width="content")
        return
    if finding.remedy is None:
        return
    label = t(f"gate.fix.{finding.name}") if finding.remedy == "split" else (
        t("gate.fix.drop_one") if finding.drops == 1
        else t("gate.fix.drop", n=f"{finding.drops:,}")
    )  # fmt: skip
    if st.button(label, key=f"fix-{finding.name}-{dataset.version}"):
        changed(lambda: fix(state.workspace(), dataset, [finding.name]).dataset)


def changed(make: Callable[[], Dataset]) -> None:
    """Make a new version and show it; or keep what is wrong with that, to be shown."""
    try:
        with st.spinner(t("data.import.reading")):
            made = make()
    except AssayError as error:
        state.keep("gate-error", str(error))
        st.rerun()
    state.keep("gate-done", made.title)
    there = state.link({"dataset": made.name})
    st.switch_page(state.page("data"), query_params=there)


def done() -> None:
    """Say, once, which version was made."""
    title = state.kept("gate-done")
    if title:
        st.toast(t("gate.fix.done", title=ui.literal(title)), icon=":material/check:")
        state.keep("gate-done", None)


def names(row: dict[str, str]) -> dict[str, str]:
    """Headings of the columns of a table of examples or refused rows."""
    kinds = {"line": "findings", "reason": "findings", "file": "findings"}
    return {name: t(f"data.{kinds.get(name, 'part')}.{name}") for name in row}


def seen(dataset: Dataset) -> None:
    """How often the test split was looked at, and what that does to a score."""
    found = looks.looks(state.workspace(), dataset)
    if found.rows:
        words = looks.words(found, ui.lang(), ui.literal)
        st.caption(" ".join(words), help=t("gate.looks.why"))


def count_rows(dataset: Dataset, rows: Sequence[Example]) -> None:
    """Count that a reader saw these rows, if test rows are among them: once a session."""
    name = f"saw-{dataset.title}"
    if rows and not state.kept(name):
        looks.add_rows(state.workspace(), dataset, "show", "page", rows)
        state.keep(name, True)


def scored_on(made: Evaluation) -> Dataset | None:
    """The version of the data that an evaluation scored; None where it is gone."""
    known = store.versions(state.workspace(), made.dataset)
    return next((one for one in known if one.version == made.data_version), None)


def count_scored(made: Evaluation) -> None:
    """Count that a reader saw the examples of an evaluation: once a session."""
    dataset = scored_on(made)
    name = f"saw-{made.evaluation}"
    if dataset and made.split == "test" and not state.kept(name):
        looks.add(state.workspace(), dataset, "show", "page", made.n)
        state.keep(name, True)
