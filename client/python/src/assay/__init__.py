"""Assay from Python: submit evaluations, wait for them, take their results as pandas.

    import assay

    service = assay.connect("coordinator.example:7420")
    job = service.submit(models=["my-model"], benchmarks=["mmlu", "bbh"], limit=10)
    job.wait(progress=True)
    job.results()

Everything that the package does not wrap is there as messages and stubs in `assay.v1`; `Service.call` sends them.
"""

from .errors import (AssayError, FailedPrecondition, InvalidArgument, JobFailed, NotFound, PermissionDenied, ResourceExhausted, Unauthenticated,
                     Unavailable)
from .job import Job, Prediction
from .service import Service, connect

__all__ = ["AssayError", "FailedPrecondition", "InvalidArgument", "Job", "JobFailed", "NotFound", "PermissionDenied", "Prediction",
           "ResourceExhausted", "Service", "Unauthenticated", "Unavailable", "connect"]
