"""What can go wrong, as a tree; the class decides the exit status of the command line.

    AssayError                 exit 1: the work failed
    ├── WorkFailed             a job or a computation broke; says what is safe
    │   ├── OutOfMemory        of the GPU or of the machine
    │   ├── DiskFull           before the work, or in it
    │   └── Diverged           the loss was no number any more
    ├── Offline                a model was asked for that only the network has
    └── RequestError           exit 2: the request was wrong; names the value and what was expected
        ├── NotFound           no such dataset, run, model, file
        ├── BadInput           a file or a value that cannot be used
        ├── Busy               somebody else has it: a port, a workspace, a running job
        └── TooMany            more than is taken in that time; says when to come again

Every message is one sentence or two: what was given, what was expected, what to do. `reason` is the
same in a word that programs can tell apart (`core.jobs.job.REASONS`).
"""

import errno


class AssayError(Exception):
    """Any failure that a person can be told about in a sentence."""

    exit_status = 1
    reason = "work_failed"


class WorkFailed(AssayError):
    """The request was right, the work was not."""


class OutOfMemory(WorkFailed):
    """More memory was asked for than there is."""

    reason = "out_of_memory"


class DiskFull(WorkFailed):
    """There is no room for what must be written."""

    reason = "disk_full"


class Diverged(WorkFailed):
    """The loss, or a weight, was no number any more."""

    reason = "diverged"


class Offline(AssayError):
    """Something is only on the network, and there is no network."""

    reason = "offline"


class RequestError(AssayError):
    """The request was wrong; the message names the value and what to do."""

    exit_status = 2
    reason = "refused"


class NotFound(RequestError):
    """A name that is not known."""


class BadInput(RequestError):
    """A file or a value that cannot be used."""


class Busy(RequestError):
    """A port, a workspace or a job that is taken."""


class TooMany(RequestError):
    """More requests than are taken in that time.

    Attributes:
        retry_after_seconds: When the next one is taken.
    """

    def __init__(self, message: str, retry_after_seconds: float = 60.0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


def is_full(number: int | None) -> bool:
    """Whether an `errno` says that a file could not grow: no space, file limit, quota."""
    return number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
