"""Messages as rows of tables."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas

from .v1 import types_pb2


def name_of(enum: Any, prefix: str, value: int) -> str:
    """"completed" of STATE_COMPLETED; "unknown" of a value that this package does not know."""
    try:
        return str(enum.Name(value)).removeprefix(prefix).lower()
    except ValueError:
        return "unknown"


def run_columns(spec: types_pb2.RunSpec) -> dict[str, Any]:
    settings = spec.settings
    return {"run_id": spec.run_id, "job_id": spec.job_id, "model": spec.judged_model or spec.model_name, "benchmark": spec.benchmark,
            "dataset": spec.dataset_name, "dataset_sha256": spec.dataset_sha256, "protocol": settings.protocol,
            "protocol_version": settings.protocol_version, "shots": settings.shots if settings.HasField("shots") else None,
            "precision": name_of(types_pb2.Precision, "PRECISION_", settings.precision), "limit": settings.limit,
            "template": name_of(types_pb2.PromptTemplate, "PROMPT_TEMPLATE_", settings.prompt_template),
            "judge": spec.model_name if spec.judged_run else None}


def metric_columns(metric: types_pb2.Metric) -> dict[str, Any]:
    return {"metric": metric.name, "group": metric.group, "value": metric.value, "standard_error": metric.standard_error,
            "low": metric.low if metric.HasField("low") else math.nan, "high": metric.high if metric.HasField("high") else math.nan,
            "items": metric.items, "errors": metric.errors, "unanswered": metric.unanswered, "unparsable": metric.unparsable}


def frame(rows: Iterable[dict[str, Any]], columns: Iterable[str]) -> pandas.DataFrame:
    """With these columns also where there is no row."""
    listed = list(rows)
    return pandas.DataFrame(listed) if listed else pandas.DataFrame(columns=list(columns))


RUN_COLUMNS = list(run_columns(types_pb2.RunSpec()))
METRIC_COLUMNS = list(metric_columns(types_pb2.Metric()))
