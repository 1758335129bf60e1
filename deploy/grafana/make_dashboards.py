#!/usr/bin/env python3
"""Writes dashboards/*.json, Grafana's dashboards of Assay, from the table below.

    python3 deploy/grafana/make_dashboards.py [--check]

--check changes nothing, and fails when a file is not what this script writes. Every query is run against a real Prometheus by
tests/system/monitoring_test.py.
"""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent / "dashboards"
WIDTH = 24
HEIGHT = 8

RATE = "[$__rate_interval]"


def by_quantile(metric):
    """Queries of a histogram's median and its 99th percentile."""
    return [(f"histogram_quantile({q}, sum by (le) (rate({metric}_bucket{RATE})))", f"p{int(q * 100)}") for q in (0.5, 0.99)]


# name -> (title, uid, variables, [(panel, unit, [(query, legend)])]); a panel of unit "stat:..." shows one number.
DASHBOARDS = {
    "cluster": ("Assay: cluster", "assay-cluster", [], [
        ("Predictions stored", "ops", [("sum by (benchmark) (rate(assay_predictions_total[$__rate_interval]))", "{{benchmark}}")]),
        ("Tokens", "ops", [(f"sum(rate(assay_prompt_tokens_total{RATE}))", "prompt"),
                           (f"sum(rate(assay_prompt_tokens_cached_total{RATE}))", "prompt, from the cache"),
                           (f"sum(rate(assay_generated_tokens_total{RATE}))", "generated")]),
        ("Shards", "short", [('max by (state) (assay_queue_shards)', "{{state}}")]),
        ("Items that are left", "stat:short", [("max(assay_queue_items)", "")]),
        ("Age of the oldest pending job", "stat:s", [("max(assay_queue_oldest_seconds)", "")]),
        ("Jobs", "short", [("max by (state) (assay_jobs)", "{{state}}")]),
        ("Connected workers", "short", [("max by (engine) (assay_workers)", "{{engine}}")]),
        ("Leases that ended without a result", "ops",
         [(f"sum by (reason) (rate(assay_coordinator_leases_ended_total{RATE}))", "{{reason}}")]),
        ("Share of verdicts", "percentunit",
         [(f"sum by (verdict) (rate(assay_predictions_total{RATE})) / ignoring (verdict) group_left "
           f"sum(rate(assay_predictions_total{RATE}))", "{{verdict}}")]),
    ]),
    "models": ("Assay: models and benchmarks", "assay-models", [
        ("model", "label_values(assay_predictions_total, model)"),
        ("benchmark", "label_values(assay_predictions_total, benchmark)"),
    ], [
        ("Predictions stored", "ops",
         [(f'sum by (model, benchmark) (rate(assay_predictions_total{{model=~"$model",benchmark=~"$benchmark"}}{RATE}))',
           "{{model}} on {{benchmark}}")]),
        ("Verdicts so far", "short",
         [('sum by (verdict) (assay_predictions_total{model=~"$model",benchmark=~"$benchmark"})', "{{verdict}}")]),
        ("Prompt tokens", "ops", [(f'sum by (model) (rate(assay_prompt_tokens_total{{model=~"$model"}}{RATE}))', "{{model}}")]),
        ("Prompt tokens from the cache", "percentunit",
         [(f'sum by (model) (rate(assay_prompt_tokens_cached_total{{model=~"$model"}}{RATE})) / '
           f'sum by (model) (rate(assay_prompt_tokens_total{{model=~"$model"}}{RATE}))', "{{model}}")]),
        ("Generated tokens", "ops",
         [(f'sum by (model) (rate(assay_generated_tokens_total{{model=~"$model"}}{RATE}))', "{{model}}")]),
    ]),
    "workers": ("Assay: workers", "assay-workers", [
        ("worker", 'label_values(assay_build_info{job="assay-worker"}, instance)'),
    ], [
        ("Requests finished", "ops",
         [(f'sum by (instance) (rate(assay_worker_requests_total{{instance=~"$worker"}}{RATE}))', "{{instance}}")]),
        ("Requests in the engine", "short", [('assay_worker_requests{instance=~"$worker"}', "{{instance}}")]),
        ("Forward pass", "s", by_quantile("assay_worker_step_duration_seconds")),
        ("Requests that a pass finishes, mean", "short",
         [(f'rate(assay_worker_step_completions_sum{{instance=~"$worker"}}{RATE}) / '
           f'rate(assay_worker_step_completions_count{{instance=~"$worker"}}{RATE})', "{{instance}}")]),
        ("Prompt tokens from the cache", "percentunit",
         [(f'sum by (instance) (rate(assay_worker_prompt_tokens_cached_total{{instance=~"$worker"}}{RATE})) / '
           f'sum by (instance) (rate(assay_worker_prompt_tokens_total{{instance=~"$worker"}}{RATE}))', "{{instance}}")]),
        ("Loaded model", "short", [('assay_worker_model_loaded{instance=~"$worker"} == 1', "{{instance}} {{model}}")]),
        ("Model loads", "short", [('sum by (outcome) (assay_worker_model_loads_total{instance=~"$worker"})', "{{outcome}}")]),
        ("Time to load a model, mean", "s",
         [('assay_worker_model_load_duration_seconds_sum{instance=~"$worker"} / '
           'assay_worker_model_load_duration_seconds_count{instance=~"$worker"}', "{{instance}}")]),
        ("Resident memory", "bytes",
         [('process_resident_memory_bytes{job="assay-worker",instance=~"$worker"}', "{{instance}}")]),
        ("Processors in use", "short",
         [(f'rate(process_cpu_seconds_total{{job="assay-worker",instance=~"$worker"}}{RATE})', "{{instance}}")]),
    ]),
    "database": ("Assay: coordinators and database", "assay-database", [], [
        ("Database reached", "short", [("assay_database_up", "{{instance}}")]),
        ("Commits", "ops", [(f"sum by (outcome) (rate(assay_coordinator_commits_total{RATE}))", "{{outcome}}")]),
        ("Time of a commit", "s", by_quantile("assay_coordinator_commit_duration_seconds")),
        ("Time to lease", "s", by_quantile("assay_coordinator_lease_duration_seconds")),
        ("Leases granted", "ops", [(f"sum by (instance) (rate(assay_coordinator_leases_granted_total{RATE}))", "{{instance}}")]),
        ("Resident memory", "bytes", [('process_resident_memory_bytes{job="assay-coordinator"}', "{{instance}}")]),
        ("Open files", "short", [('process_open_fds{job="assay-coordinator"}', "{{instance}}")]),
    ]),
}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def panel(number, title, unit, queries):
    statistic = unit.startswith("stat:")
    column = (number - 1) % 2
    return {
        "id": number,
        "type": "stat" if statistic else "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"x": column * WIDTH // 2, "y": (number - 1) // 2 * HEIGHT, "w": WIDTH // 2, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit.removeprefix("stat:"), "min": 0}, "overrides": []},
        "options": {} if statistic else {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                                         "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": [{"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": query, "legendFormat": legend or "__auto"}
                    for i, (query, legend) in enumerate(queries)],
    }


def variable(name, query):
    return {"name": name, "label": name, "type": "query", "datasource": SOURCE, "query": {"query": query, "refId": name},
            "definition": query, "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*",
            "current": {"text": "All", "value": "$__all"}}


def dashboard(title, uid, variables, panels):
    return {
        "uid": uid,
        "title": title,
        "tags": ["assay"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "",
        "templating": {"list": [{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus",
                                 "current": {}}] + [variable(*v) for v in variables]},
        "panels": [panel(i + 1, *p) for i, p in enumerate(panels)],
    }


def main():
    check = sys.argv[1:] == ["--check"]
    stale = []
    for name, parts in DASHBOARDS.items():
        path = FOLDER / f"{name}.json"
        text = json.dumps(dashboard(*parts), indent=2) + "\n"
        if check and (not path.exists() or path.read_text() != text):
            stale.append(path.name)
        elif not check:
            path.write_text(text)
    if stale:
        sys.exit(f"{', '.join(stale)}: not what deploy/grafana/make_dashboards.py writes; run it")


if __name__ == "__main__":
    main()
