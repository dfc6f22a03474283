"""The data gate: a dataset, a base and the limits of its training, before money is spent.

Standard library only, and only what was found before: `core.work.check` does the looking.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data import profile as profiles
from core.data import tokens as counts
from core.data.dataset import Dataset
from core.data.findings import Finding, ordered
from core.data.profile import Profile
from core.data.tokens import Limits, Tokens, token_findings
from core.models.resolve import ModelRef
from core.train.config import TrainConfig
from core.workspace import Workspace


@dataclass(frozen=True)
class Gate:
    """What is known of a dataset for a base.

    Attributes:
        profile: Of the rows alone.
        tokens: In the base's tokens; None = not counted.
        findings: All of them, the gravest first.
    """

    profile: Profile
    tokens: Tokens | None
    findings: tuple[Finding, ...]

    @property
    def fit(self) -> bool:
        """Whether nothing stands in the way of training and testing."""
        return not any(finding.blocks for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "fit": self.fit,
            **profiles.to_json(self.profile),
            "tokens": self.tokens.to_json() if self.tokens else None,
            "findings": [finding.to_json() for finding in self.findings],
        }


def limits_of(config: TrainConfig) -> Limits:
    """Where training cuts rows."""
    return Limits(config.max_input_tokens, config.max_target_tokens)


def gate(profile: Profile, tokens: Tokens | None, limits: Limits) -> Gate:
    """Put together what the rows and the tokens say."""
    more = token_findings(tokens, limits) if tokens else []
    return Gate(profile, tokens, ordered([*profile.findings, *more]))


def tokenizer_of(ref: ModelRef) -> Path | None:
    """The file of a model's tokenizer; None where the model does not lie here, or has none."""
    path = ref.path / "tokenizer.json" if ref.path else None
    return path if path and path.is_file() else None


def known(workspace: Workspace, dataset: Dataset, ref: ModelRef, limits: Limits) -> Gate | None:
    """What was found before; None where rows or tokens have yet to be looked at."""
    made = profiles.known(workspace, dataset)
    path = tokenizer_of(ref)
    tokens = counts.known(workspace, dataset, path) if path else None
    if made is None or (path and tokens is None):
        return None
    return gate(made, tokens, limits)
