"""What goes wrong, as exceptions that carry the service's own words."""

from __future__ import annotations

import grpc


class AssayError(Exception):
    """`code` is gRPC's name of it: "NOT_FOUND"."""

    def __init__(self, message: str, code: str = "UNKNOWN") -> None:
        super().__init__(message)
        self.code = code


class InvalidArgument(AssayError, ValueError):
    """The request is wrong, whatever the service's state."""


class NotFound(AssayError, LookupError):
    """What it names does not exist."""


class FailedPrecondition(AssayError):
    """Not in the present state: pausing a job that has ended."""


class ResourceExhausted(AssayError):
    """A quota, or a limit of sizes."""


class Unauthenticated(AssayError, PermissionError):
    """No token, or one that is not valid any more."""


class PermissionDenied(AssayError, PermissionError):
    """The token has not the role that the call asks for."""


class Unavailable(AssayError, ConnectionError):
    """No coordinator, or its database, can be reached."""


class JobFailed(AssayError):
    """A job that was waited for failed or was cancelled."""


_BY_CODE: dict[grpc.StatusCode, type[AssayError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgument,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.FAILED_PRECONDITION: FailedPrecondition,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ResourceExhausted,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
}


def error_of(error: grpc.RpcError) -> AssayError:
    """The exception for a failed call."""
    code = error.code()
    return _BY_CODE.get(code, AssayError)(error.details() or code.name, code.name)
