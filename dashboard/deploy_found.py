"""What the Deploy page is about: the model that is chosen, and the servers of the workspace."""

import os
from dataclasses import dataclass

import streamlit as st

from core.deploy.keys import Doorkeeper
from core.deploy.loadtest_target import TOKEN
from core.deploy.service import Service, services
from core.models.resolve import ModelRef
from dashboard import state, ui

t = ui.t

KINDS = ("run", "variant", "starter")
"""Kinds of model that are served and played with; the newest first."""


@dataclass(frozen=True)
class Found:
    """Servers, newest first, and the model of the page.

    Attributes:
        model: The one that is chosen; None = there is none.
        servers: Of all models, the ended ones too.
    """

    model: ModelRef | None
    servers: list[Service]

    @property
    def own(self) -> list[Service]:
        """Those of the model."""
        return [one for one in self.servers if self.model and one.model == self.model.name]

    @property
    def live(self) -> list[Service]:
        """Those under way, of all models."""
        return [one for one in self.servers if one.job.active]

    @property
    def answering(self) -> Service | None:
        """The model's server, if it answers."""
        return answering(self.model.name, self.servers) if self.model else None

    @property
    def measured(self) -> Service | None:
        """The model's newest server that has measured its latency."""
        return next((one for one in self.own if one.milliseconds), None)


def find(model: ModelRef | None) -> Found:
    """Look."""
    return Found(model, services(state.workspace()))


def answering(model: str, servers: list[Service]) -> Service | None:
    """A server of a model that has loaded it and answers."""
    return next((one for one in servers if one.model == model and one.ready), None)


def token() -> str | None:
    """What opens servers that were started with it; None = there is no such."""
    return os.environ.get(TOKEN) or None


def guarded() -> bool:
    """Whether callers must show a key."""
    return Doorkeeper(state.workspace(), token()).guarded


def name_of(one: Service) -> str:
    """A server in a list: who answers where. Plain text."""
    return t("deploy.serving_page.option", model=one.model, url=one.url)


def warn(servers: list[Service]) -> None:
    """Say of bundles that nobody evaluated that it is so."""
    for one in servers:
        if one.unevaluated:
            words = t("deploy.serving_page.unevaluated", model=ui.literal(one.model))
            st.markdown(f"{ui.mark('risk')} {words}")


def pick(servers: list[Service]) -> Service | None:
    """The server that the URL names, else the newest; a box where there are several."""
    known = {one.job.id: one for one in servers}
    if ui.presenting() or len(known) < 2:
        return servers[0] if servers else None
    wanted = state.choose(
        t("deploy.serving_page.which"), "server", list(known), key="deploy-server",
        show=lambda job: name_of(known[job]),
    )  # fmt: skip
    return known[wanted or servers[0].job.id]
