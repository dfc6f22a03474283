"""The folder where everything lives. Paths are made here and nowhere else.

assay.db                             jobs, events, feedback (SQLite, WAL)
datasets/NAME/VERSION/record.json    and train.jsonl, validation.jsonl, test.jsonl
runs/RUN/record.json                 and README.md, model/ (safetensors, tokenizer), checkpoints/
evaluations/ID/record.json           and examples.jsonl, counts.npz
answers/KEY/record.json              and answers.jsonl: what a source answered, apart from scores
robustness/ID/record.json            the same test under disturbances
imports/NAME/record.json             results of other harnesses
uploads/KEY/FILE                     predictions that were handed in on a page, by their hash
ratings/KEY/record.json              and votes.jsonl: which of two answers a person liked better
judgements/ID/record.json            and examples.jsonl: which of them a model did
plans/NAME.toml
captures/HASH.npz                    attention, by the hash of model, input and settings
studies/KEY/record.json              what a model's heads do on a dataset, by the hash of both
calibrations/KEY.json                what was measured of a machine beside its estimates
variants/NAME/record.json            and model/: a run made smaller or faster, measured
measurements/KEY.json                how large and how fast a model was here, by the hash of both
loadtests/NAME.json                  how a server did under load
converted/KEY/converted.json         a model in CTranslate2's form, by the hash of its files
jobs/ID/log.txt, lock                and jobs/dispatcher.lock
"""

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import AssayError, BadInput, Busy, DiskFull, NotFound
from core.units import MEGA

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
"""What a dataset, run or plan may be called: it becomes a folder, so nothing else gets through."""


DATABASE_SCHEMA = 3
"""Version of the layout of assay.db; who owns a table brings earlier ones up to it."""
BUSY_SECONDS = 30


class Database(sqlite3.Connection):
    """A connection whose errors are sentences; a broken constraint stays sqlite3's own."""

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Run a statement.

        Raises:
            Busy: Another program held the database for BUSY_SECONDS.
            DiskFull: There is no room to write.
            BadInput: The file is no database, damaged, or must not be written.
        """
        try:
            return super().execute(*arguments)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            path = self._path()
            raise _unusable(path, error) from error

    def _path(self) -> Path:
        cursor = super().execute("PRAGMA database_list")
        return Path(cursor.fetchone()[2] or ".")


def _unusable(path: Path, error: sqlite3.Error) -> AssayError:
    """The error of a database, as a sentence."""
    words = str(error)
    if "locked" in words or "busy" in words:
        return Busy(
            f"The database {str(path)!r} was locked by another program for {BUSY_SECONDS} s; close "
            "what has it open, then try again."
        )
    if "full" in words:
        return DiskFull(f"The disk of {str(path)!r} is full; free some space, then try again.")
    return BadInput(
        f"The database {str(path)!r} cannot be used ({words}); check the folder's permissions and "
        "free space, or name another with --workspace DIR."
    )


def check_name(name: str, what: str = "name") -> str:
    """Return `name` if it is fit to be a folder's name.

    Raises:
        BadInput: It is empty, too long, or holds a path or special characters.
    """
    if not NAME.fullmatch(name) or ".." in name:
        raise BadInput(
            f"{name!r} cannot be a {what}: use 1 to 64 letters, digits, '-', '_' and '.', "
            "beginning and ending with a letter or digit."
        )
    return name


def assets() -> Path:
    """The folder of shipped assets: inside the package when installed, else beside it."""
    here = Path(__file__).resolve().parent
    installed = here / "assets"
    return installed if installed.is_dir() else here.parent / "assets"


@dataclass(frozen=True)
class Workspace:
    """A workspace at `root`; build it with `Workspace.open`."""

    root: Path

    @classmethod
    def open(cls, root: str | Path | None = None) -> "Workspace":
        """Open, and if need be make, a workspace.

        Args:
            root: The folder; None means $ASSAY_HOME, else ~/.assay.

        Raises:
            BadInput: The folder cannot be made or written.
        """
        folder = Path(root or os.environ.get("ASSAY_HOME") or Path.home() / ".assay")
        folder = folder.expanduser().absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"The workspace {str(folder)!r} cannot be made ({error.strerror}); name a folder "
                "that can be written with --workspace DIR or $ASSAY_HOME."
            ) from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise BadInput(
                f"The workspace {str(folder)!r} cannot be written; name a folder that can be with "
                "--workspace DIR or $ASSAY_HOME."
            )
        return cls(folder)

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.root / "assay.db"

    @contextmanager
    def tables(self, schema: str) -> Iterator[sqlite3.Connection]:
        """A connection in which the tables of a schema are there; closed at the end of the block.

        Args:
            schema: Statements that make what is not there yet.

        Raises:
            BadInput: As `connect`.
        """
        connection = self.connect()
        try:
            connection.executescript(schema)
            yield connection
        finally:
            connection.close()

    def connect(self) -> sqlite3.Connection:
        """Open the database: WAL, rows by name, every statement its own transaction.

        Whoever finds it locked tries again for BUSY_SECONDS.

        Raises:
            BadInput: It cannot be used, or a newer Assay wrote it.
        """
        try:
            connection = sqlite3.connect(
                self.database_path, timeout=BUSY_SECONDS, isolation_level=None, factory=Database
            )
        except sqlite3.Error as error:
            raise _unusable(self.database_path, error) from None
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > DATABASE_SCHEMA:
            connection.close()
            raise BadInput(
                f"The database {str(self.database_path)!r} was written by a newer Assay (schema "
                f"{found}, this one reads {DATABASE_SCHEMA}); update Assay, or name another "
                "workspace with --workspace DIR."
            )
        return connection

    def datasets(self) -> Path:
        """Folder of all datasets."""
        return self.root / "datasets"

    def dataset(self, name: str, version: str) -> Path:
        """Folder of one version of a dataset."""
        return self.datasets() / check_name(name, "dataset name") / check_name(version, "version")

    def runs(self) -> Path:
        """Folder of all runs."""
        return self.root / "runs"

    def run(self, name: str) -> Path:
        """Folder of one run."""
        return self.runs() / check_name(name, "run name")

    def evaluations(self) -> Path:
        """Folder of all evaluations."""
        return self.root / "evaluations"

    def evaluation(self, name: str) -> Path:
        """Folder of one evaluation."""
        return self.evaluations() / check_name(name, "evaluation")

    def robustness_tests(self) -> Path:
        """Folder of all robustness tests."""
        return self.root / "robustness"

    def robustness_test(self, name: str) -> Path:
        """Folder of one robustness test."""
        return self.robustness_tests() / check_name(name, "robustness test")

    def answers(self, key: str) -> Path:
        """Folder of the answers of one source, by the hash of all that they depend on."""
        return self.root / "answers" / check_name(key, "answers' key")

    def upload(self, key: str) -> Path:
        """Folder of a file that was handed in on a page, by the hash of its content."""
        return self.root / "uploads" / check_name(key, "upload")

    def converted(self, key: str) -> Path:
        """Folder of a model in another form, by the hash of its files."""
        return self.root / "converted" / check_name(key, "converted model")

    def imports(self) -> Path:
        """Folder of all results of other harnesses."""
        return self.root / "imports"

    def imported(self, name: str) -> Path:
        """Folder of one of them."""
        return self.imports() / check_name(name, "import")

    def ratings(self, key: str) -> Path:
        """Folder of a person's votes between two evaluations."""
        return self.root / "ratings" / check_name(key, "ratings' key")

    def judgements(self) -> Path:
        """Folder of all judgements of a model between two evaluations."""
        return self.root / "judgements"

    def judgement(self, name: str) -> Path:
        """Folder of one of them."""
        return self.judgements() / check_name(name, "judgement")

    def plan(self, name: str) -> Path:
        """File of one saved scenario."""
        return self.root / "plans" / f"{check_name(name, 'plan name')}.toml"

    def capture(self, key: str) -> Path:
        """File of one attention capture."""
        return self.root / "captures" / f"{check_name(key, 'capture key')}.npz"

    def studies(self) -> Path:
        """Folder of all studies of heads."""
        return self.root / "studies"

    def study(self, key: str) -> Path:
        """Folder of one of them."""
        return self.studies() / check_name(key, "study's key")

    def explanation(self, key: str) -> Path:
        """File of one explanation of an output."""
        return self.root / "explanations" / f"{check_name(key, 'explanation key')}.npz"

    def trust_tests(self) -> Path:
        """Folder of all trust tests over many examples."""
        return self.root / "trust"

    def trust_test(self, name: str) -> Path:
        """Folder of one of them."""
        return self.trust_tests() / check_name(name, "trust test")

    def uploads(self) -> Path:
        """Folder of what was handed in and is not a dataset yet."""
        return self.root / "uploads"

    @property
    def calibrations(self) -> Path:
        """Folder of what was measured of machines."""
        return self.root / "calibrations"

    def variants(self) -> Path:
        """Folder of all variants of runs."""
        return self.root / "variants"

    def variant(self, name: str) -> Path:
        """Folder of one of them."""
        return self.variants() / check_name(name, "variant name")

    def measurement(self, key: str) -> Path:
        """File of how large and how fast one model was on one machine."""
        return self.root / "measurements" / f"{check_name(key, 'measurement key')}.json"

    def loadtests(self) -> Path:
        """Folder of all load tests."""
        return self.root / "loadtests"

    def loadtest(self, name: str) -> Path:
        """File of one load test."""
        return self.loadtests() / f"{check_name(name, 'load test')}.json"

    def job(self, job_id: str) -> Path:
        """Folder of one job: its log and its lock."""
        return self.root / "jobs" / check_name(job_id, "job")


def next_name(folder: Path, stem: str) -> str:
    """Claim the first free folder `stem-1`, `stem-2`, …, and return its name.

    The folder is made here, so that two callers at once get two names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        name = check_name(f"{stem[:56]}-{number}")
        try:
            (folder / name).mkdir()
        except FileExistsError:
            number += 1
        else:
            return name


def newest_first(folder: Path, file: str = "record.json") -> list[Path]:
    """Sub-folders of `folder` that hold `file`, newest record first."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if (path / file).is_file()]
    return sorted(found, key=lambda path: (path / file).stat().st_mtime_ns, reverse=True)


def require_space(folder: Path, needed_bytes: int, what: str) -> None:
    """Refuse before the work what could not be written after it.

    Raises:
        DiskFull: The disk that holds `folder` has less than `needed_bytes` left.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise DiskFull(
            f"{what} need about {needed_bytes / MEGA:,.0f} MB on the disk of {str(folder)!r}; it "
            f"has {free / MEGA:,.0f} MB left; free some space, or name another workspace."
        )


def require(path: Path, what: str, name: str, known: list[str]) -> Path:
    """Return `path` if it is there.

    Raises:
        NotFound: It is not; the message lists what is.
    """
    if path.exists():
        return path
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    listing = f"Known: {shown}." if known else f"There is no {what} in this workspace yet."
    raise NotFound(f"There is no {what} called {name!r} in this workspace. {listing}")
