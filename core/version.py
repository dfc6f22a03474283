"""The version of Assay, from the installed package."""

from importlib import metadata

VERSION = metadata.version("llm-assay")
