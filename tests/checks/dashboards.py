#!/usr/bin/env python3
"""Checks Grafana's dashboards against Grafana's own schema, as grafana-foundation-sdk has it for Python.

  - Every key of a dashboard is one that Grafana reads: what is read and written again has all of them, with the same values.
  - Values are of the types that Grafana's schema says.
  - Every variable that a query uses is one of the dashboard.

`deploy/setup checks` brings the SDK; without it only the variables are checked, and it is said so.
"""

import enum
import json
import os
import pathlib
import re
import sys
import types
import typing

import sources

CACHE = pathlib.Path(os.environ.get("ASSAY_CACHE", pathlib.Path.home() / ".cache/assay"))
sys.path.append(str(CACHE / "tools/manifests"))
try:
    from grafana_foundation_sdk.cog import encoder
    from grafana_foundation_sdk.models import dashboard as schema
    from grafana_foundation_sdk.models import stat, timeseries
except ImportError:
    schema = None

FOLDER = sources.ROOT / "deploy/grafana/dashboards"
# Grafana's own.
BUILT_IN = {"__rate_interval"}


def lost(wanted, read, where=""):
    """Paths of what is in `wanted` and not, or not so, in `read`."""
    if isinstance(wanted, dict) and isinstance(read, dict):
        return [path for key, value in wanted.items()
                for path in ([f"{where}.{key}"] if key not in read else lost(value, read[key], f"{where}.{key}"))]
    if isinstance(wanted, list) and isinstance(read, list) and len(wanted) == len(read):
        return [path for i, pair in enumerate(zip(wanted, read)) for path in lost(*pair, f"{where}[{i}]")]
    return [] if wanted == read else [where]


def fits(value, wanted):
    """Whether a value is of a type as the SDK's models annotate it."""
    origin = typing.get_origin(wanted)
    if wanted is typing.Any or isinstance(wanted, typing.TypeVar):
        return True
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, each) for each in typing.get_args(wanted))
    if origin is typing.Literal:
        return value in typing.get_args(wanted)
    if origin is list:
        return isinstance(value, list) and all(fits(each, typing.get_args(wanted)[0]) for each in value)
    if origin is dict:
        return isinstance(value, dict)
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(wanted, type) and issubclass(wanted, enum.Enum):
        return isinstance(value, wanted) or value in [each.value for each in wanted]
    return isinstance(value, wanted) if isinstance(wanted, type) else True


def mistyped(model, where=""):
    """Paths of the fields of a model of the SDK, and of those within, that are not of their types."""
    if isinstance(model, list):
        return [path for i, each in enumerate(model) for path in mistyped(each, f"{where}[{i}]")]
    if not type(model).__module__.startswith("grafana_foundation_sdk.models") or isinstance(model, enum.Enum):
        return []
    hints = typing.get_type_hints(type(model))
    found = []
    for name, value in vars(model).items():
        if value is not None and name in hints and not fits(value, hints[name]):
            found.append(f"{where}.{name}")
        found += mistyped(value, f"{where}.{name}")
    return found


def check(path):
    text = json.loads(path.read_text())
    problems = []
    variables = {variable["name"] for variable in text["templating"]["list"]}
    for panel in text["panels"]:
        for target in panel["targets"]:
            for name in re.findall(r"\$\{?(\w+)", target["expr"]):
                if name not in variables | BUILT_IN:
                    problems.append(f"{path.name}: panel \"{panel['title']}\": there is no variable ${name}")
    if schema is None:
        return problems
    try:
        model = schema.Dashboard.from_json(text)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return problems + [f"{path.name}: Grafana's schema does not read it: {type(error).__name__}: {error}"]
    written = json.loads(encoder.JSONEncoder().encode(model))
    problems += [f"{path.name}: Grafana does not read {each[1:]}, or reads something else" for each in lost(text, written)]
    problems += [f"{path.name}: {each[1:]} is of a wrong type" for each in mistyped(model)]
    for panel in text["panels"]:
        kind = {"timeseries": timeseries, "stat": stat}.get(panel["type"])
        if kind is None:
            problems.append(f"{path.name}: panel \"{panel['title']}\" is of the kind {panel['type']}, which this check does not know")
            continue
        options = kind.Options.from_json(panel["options"])
        read = json.loads(encoder.JSONEncoder().encode(options))
        for each in lost(panel["options"], read) + mistyped(options):
            problems.append(f"{path.name}: panel \"{panel['title']}\": options{each} is none that Grafana reads")
    return problems


def main():
    paths = sorted(FOLDER.glob("*.json"))
    problems = [problem for path in paths for problem in check(path)]
    print("\n".join(problems + [f"dashboards: {len(paths)} files, {len(problems)} problems"]))
    if schema is None:
        print("left out: Grafana's schema (grafana-foundation-sdk is missing: deploy/setup checks)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
