"""How models are asked, by the names that the command line has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .v1 import evaluation_service_pb2, types_pb2


def _known(enum: Any, prefix: str, name: str, what: str) -> str:
    """The enum's own name of it; ValueError names those there are."""
    names = {value.name.removeprefix(prefix).lower().replace("llm_int8", "llm-int8"): value.name
             for value in enum.DESCRIPTOR.values if not value.name.endswith("_UNSPECIFIED")}
    if name not in names:
        raise ValueError(f'{what}: there is no "{name}"; there are: {", ".join(names)}')
    return str(names[name])


def settings_of(*, protocol: str = "", shots: int | None = None, precision: str = "bfloat16", limit: int = 0, template: str = "none",
                system_prompt: str = "", bos: str = "default", temperature: float | None = None, top_p: float | None = None, top_k: int = 0,
                seed: int = 0, samples: int = 1) -> types_pb2.RunSettings:
    """As the options of `assay eval`; what is left out is the benchmark's own."""
    settings = types_pb2.RunSettings(
        protocol=protocol, limit=limit, system_prompt=system_prompt,
        precision=_known(types_pb2.Precision, "PRECISION_", precision, "precision"),
        prompt_template=_known(types_pb2.PromptTemplate, "PROMPT_TEMPLATE_", template, "template"),
        bos=_known(types_pb2.BosHandling, "BOS_HANDLING_", bos, "bos"))
    if shots is not None:
        settings.shots = shots
    settings.sampling.top_k = top_k
    settings.sampling.seed = seed
    settings.sampling.samples = samples
    if temperature is not None:
        settings.sampling.temperature = temperature
    if top_p is not None:
        settings.sampling.top_p = top_p
    return settings


def request_of(models: Sequence[str] | str, benchmarks: Sequence[str] | str, settings: types_pb2.RunSettings, *, reuse: bool,
               priority: int) -> evaluation_service_pb2.SubmitJobRequest:
    def listed(names: Sequence[str] | str) -> list[str]:
        return [names] if isinstance(names, str) else list(names)

    return evaluation_service_pb2.SubmitJobRequest(models=listed(models), benchmarks=listed(benchmarks), settings=settings,
                                                   no_reuse=not reuse, priority=priority)
