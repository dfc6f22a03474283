"""What can go wrong, as a tree; the class decides the exit status of the command line.

    AssayError                 exit 1: the work failed
    ├── WorkFailed             a job or a computation broke; says what is safe
    ├── Offline                a model was asked for that only the network has
    └── RequestError           exit 2: the request was wrong; names the value and what was expected
        ├── NotFound           no such dataset, run, model, file
        ├── BadInput           a file or a value that cannot be used
        └── Busy               somebody else has it: a port, a workspace, a running job

Every message is one sentence or two: what was given, what was expected, what to do.
"""


class AssayError(Exception):
    """Any failure that a person can be told about in a sentence."""

    exit_status = 1


class WorkFailed(AssayError):
    """The request was right, the work was not."""


class Offline(AssayError):
    """Something is only on the network, and there is no network."""


class RequestError(AssayError):
    """The request was wrong; the message names the value and what to do."""

    exit_status = 2


class NotFound(RequestError):
    """A name that is not known."""


class BadInput(RequestError):
    """A file or a value that cannot be used."""


class Busy(RequestError):
    """A port, a workspace or a job that is taken."""
