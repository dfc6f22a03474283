"""Mounts the canvas of `core/interpret/web` on a page.

Streamlit serves the files of a component from its own address only where a manifest names their
folder; what is written inline becomes a `blob:` script, which the page's content security policy
refuses. It looks for manifests in a `pyproject.toml` beside an installed package, which neither a
wheel nor an editable install of this one has, so the manifest is handed to it here.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

import core.interpret

FOLDER = Path(core.interpret.__file__).parent
MANIFEST = ComponentManifest("assay", "1", [ComponentConfig("attention", "web")])
NAME = "assay.attention"


def canvas(blob: bytes, *, key: str, on_place: Callable[[], None]) -> None:
    """Show what `core.interpret.canvas.blob` packed.

    Args:
        blob: Header and arrays.
        key: Unique on the page; `state.sent(key, "place")` says where the reader went.
        on_place: Called when the reader went somewhere.
    """
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(NAME) is None:
        manager.register_from_manifest(MANIFEST, FOLDER)
    _mount()(key=key, data=blob, on_place_change=on_place)


@cache
def _mount() -> Any:
    return st.components.v2.component(NAME, css="canvas.css", js="main.js")
