"""The whole exception tree, and the only place that words its messages.

    ModelInspectError                exit 1, HTTP 500
      UserError                      exit 2, HTTP 400   the request is wrong
        NotFound                            HTTP 404   no such file, artifact or tensor
        UnknownFormat                                   no reader recognises the file
        BadRequest                                      a parameter is wrong
        ForbiddenHost                       HTTP 403   the page's own name is not to be trusted
        ForbiddenOrigin                     HTTP 403   another page may have sent it
        RunDisabled                         HTTP 403   nobody allowed the tab to run models
        BadContentType                      HTTP 415   what is sent is not JSON
      FormatError                    exit 3, HTTP 422   the file is wrong
        Truncated                                       it ends before what it declares
        BadChecksum                                     bytes differ from their checksum
        LimitExceeded                                   it asks for more than we allow
        PathEscape                                      it leads outside the logdir
      Unsupported                    exit 4, HTTP 501   a valid file, a feature we lack
      RunnerError                    exit 5, HTTP 502   the TensorFlow process failed
        RunnerMissing                                   TensorFlow is not installed
        RunnerTimeout                       HTTP 504   it took longer than it may
        RunnerCancelled                     HTTP 499   somebody asked for its end
        RunnerCrashed                                   it ended by itself, or by a signal
        RunnerOutOfMemory                               it needs more memory than it may take
        LoadFailed                                      TensorFlow cannot load the model
        CallFailed                                      TensorFlow cannot run it on these inputs

Low layers raise only these; `struct.error`, `IndexError`, `MemoryError` and protobuf's own errors
never leave them.
"""

from __future__ import annotations


class ModelInspectError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = 1
    http_status = 500

    @property
    def message(self) -> str:
        """The text a person reads: what, where, and what to do next."""
        return str(self)


class UserError(ModelInspectError):
    """The request cannot be met as it was made."""

    exit_code = 2
    http_status = 400


class NotFound(UserError):
    """No file, artifact or tensor of that name."""

    http_status = 404


class UnknownFormat(UserError):
    """No reader recognises the file or folder."""


class BadRequest(UserError):
    """A parameter or option has a value that makes no sense."""


class ForbiddenHost(UserError):
    """A request came under a host name that a page may have rebound to this machine."""

    http_status = 403


class ForbiddenOrigin(UserError):
    """A request to act may come from another page than the tab."""

    http_status = 403


class RunDisabled(UserError):
    """Models are run only where whoever started TensorBoard allowed it."""

    http_status = 403


class BadContentType(UserError):
    """A request to act does not say that it is JSON."""

    http_status = 415


class FormatError(ModelInspectError):
    """A file does not hold what its format says.

    Args:
        path: The file, as the user would name it.
        offset: Absolute byte in that file, if one place can be named.
        field: The thing that is wrong, e.g. `tensor "dense/kernel"`; long text from a file is
            shortened, here and in the next two.
        expected: What should be there.
        found: What is there.
        next_step: A sentence that says what to do; each class has a default.
    """

    exit_code = 3
    http_status = 422
    next_step = "Copy or save the file again."

    def __init__(
        self,
        *,
        path: str,
        offset: int | None = None,
        field: str = "",
        expected: str = "",
        found: str = "",
        next_step: str = "",
    ) -> None:
        self.path = path
        self.offset = offset
        self.field = shortened(field)
        self.expected = shortened(expected)
        self.found = shortened(found)
        if next_step:
            self.next_step = next_step
        super().__init__(self._text())

    @property
    def fact(self) -> str:
        """What is wrong, without the place and without what to do."""
        return self._fact()

    def _place(self) -> str:
        place = self.path if self.offset is None else f"{self.path} at byte {self.offset}"
        return f"{place}, {self.field}" if self.field else place

    def _fact(self) -> str:
        parts = []
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.found:
            parts.append(f"found {self.found}")
        return ", ".join(parts) or "cannot be read"

    def _text(self) -> str:
        return f"{self._place()}: {self._fact()}. {self.next_step}"


def shortened(text: str) -> str:
    """Text of a file that may be a megabyte long, at a length that a sentence can hold."""
    return text if len(text) <= 400 else f"{text[:300]}…{text[-90:]}"


class Truncated(FormatError):
    """A file ends before what it declares; `expected` and `found` are byte counts."""

    next_step = "Wait if it is still being written, else copy it again."

    def _fact(self) -> str:
        return f"needs {self.expected} bytes, file has {self.found}"


class BadChecksum(FormatError):
    """Bytes do not match the checksum stored for them."""

    next_step = "The bytes changed after they were saved: copy or save the file again."


class LimitExceeded(FormatError):
    """A file declares more than a sane file of its kind holds, or more than is asked for."""

    next_step = "The file is damaged, or made to exhaust memory."


class PathEscape(FormatError):
    """A name or link in a file leads outside the folder that may be read."""

    next_step = "Move the file below the logdir, or start TensorBoard on a folder that holds both."


class Unsupported(ModelInspectError):
    """A valid file that uses a feature this version cannot read."""

    exit_code = 4
    http_status = 501


class RunnerError(ModelInspectError):
    """The separate process that runs TensorFlow failed."""

    exit_code = 5
    http_status = 502


class RunnerMissing(RunnerError):
    """TensorFlow is not installed where it is needed."""


class RunnerTimeout(RunnerError):
    """Starting, loading or a call took longer than it may."""

    http_status = 504


class RunnerCancelled(RunnerError):
    """Somebody asked for its end before there was an answer."""

    http_status = 499


class RunnerCrashed(RunnerError):
    """The process ended by itself, or was ended by a signal."""


class RunnerOutOfMemory(RunnerError):
    """The model needs more memory than it may take."""


class LoadFailed(RunnerError):
    """TensorFlow cannot load the model; the message holds its reason."""


class CallFailed(RunnerError):
    """TensorFlow cannot run the model on these inputs; the message holds its reason."""
