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


def by_quantile(metric, chosen=""):
    """Queries of a histogram's median and its 99th percentile."""
    series = f"{metric}_bucket{{{chosen}}}" if chosen else f"{metric}_bucket"
    return [(f"histogram_quantile({q}, sum by (le) (rate({series}{RATE})))", f"p{int(q * 100)}") for q in (0.5, 0.99)]


MODEL = 'model=~"$model"'
WORKER = 'instance=~"$worker"'
JOB = 'job_id=~"$job",model=~"$model"'

# name -> (title, uid, variables, [(panel, unit, [(query, legend)])]); a panel of unit "stat:..." shows one number.
DASHBOARDS = {
    "cluster": ("Assay: cluster", "assay-cluster", [
        ("model", "label_values(assay_predictions_total, model)"),
    ], [
        ("Predictions stored", "ops",
         [(f"sum by (model, benchmark) (rate(assay_predictions_total{{{MODEL}}}{RATE}))", "{{model}} on {{benchmark}}")]),
        ("Tokens", "ops", [(f"sum(rate(assay_prompt_tokens_total{{{MODEL}}}{RATE}))", "prompt"),
                           (f"sum(rate(assay_prompt_tokens_cached_total{{{MODEL}}}{RATE}))", "prompt, from the cache"),
                           (f"sum(rate(assay_generated_tokens_total{{{MODEL}}}{RATE}))", "generated")]),
        ("Shards", "short", [("max by (state) (assay_queue_shards)", "{{state}}")]),
        ("Items that are left", "stat:short", [("max(assay_queue_items)", "")]),
        ("Age of the oldest pending job", "stat:s", [("max(assay_queue_oldest_seconds)", "")]),
        ("Jobs", "short", [("max by (state) (assay_jobs)", "{{state}}")]),
        ("Connected workers", "short", [("max by (engine) (assay_workers)", "{{engine}}")]),
        ("Leases that ended without a result", "ops",
         [(f"sum by (reason) (rate(assay_coordinator_leases_ended_total{RATE}))", "{{reason}}")]),
        ("Reports that were not stored", "ops",
         [(f'sum by (outcome) (rate(assay_coordinator_commits_total{{outcome!="accepted"}}{RATE}))', "{{outcome}}")]),
        ("Time of a shard, grant to commit", "s", by_quantile("assay_coordinator_shard_duration_seconds")),
        ("Share of verdicts", "percentunit",
         [(f"sum by (verdict) (rate(assay_predictions_total{{{MODEL}}}{RATE})) / ignoring (verdict) group_left "
           f"sum(rate(assay_predictions_total{{{MODEL}}}{RATE}))", "{{verdict}}")]),
        ("Programs of models", "ops", [(f"sum by (outcome) (rate(assay_sandbox_programs_total{RATE}))", "{{outcome}}")]),
        ("Calls", "ops", [(f"sum by (code) (rate(assay_coordinator_rpcs_total{RATE}))", "{{code}}")]),
        ("Versions", "short", [("count by (job, version, engine) (assay_build_info)", "{{job}} {{version}} {{engine}}")]),
    ]),
    "job": ("Assay: jobs, models and benchmarks", "assay-job", [
        ("job", "label_values(assay_job_items, job_id)"),
        ("model", "label_values(assay_predictions_total, model)"),
    ], [
        ("Items done", "percentunit",
         [(f"max by (job_id, model, benchmark) (assay_job_items_done{{{JOB}}}) / "
           f"max by (job_id, model, benchmark) (assay_job_items{{{JOB}}})", "job {{job_id}}: {{model}} on {{benchmark}}")]),
        ("Items a second", "ops",
         [(f"sum by (job_id) (deriv(assay_job_items_done{{{JOB}}}{RATE}))", "job {{job_id}}")]),
        ("Items that ended as errors", "short",
         [(f"max by (job_id, model, benchmark) (assay_job_items_failed{{{JOB}}})", "job {{job_id}}: {{model}} on {{benchmark}}")]),
        ("Predictions stored", "ops",
         [(f"sum by (model, benchmark) (rate(assay_predictions_total{{{MODEL}}}{RATE}))", "{{model}} on {{benchmark}}")]),
        ("Verdicts so far", "short", [(f"sum by (verdict) (assay_predictions_total{{{MODEL}}})", "{{verdict}}")]),
        ("Prompt tokens", "ops", [(f"sum by (model) (rate(assay_prompt_tokens_total{{{MODEL}}}{RATE}))", "{{model}}")]),
        ("Prompt tokens from the cache", "percentunit",
         [(f"sum by (model) (rate(assay_prompt_tokens_cached_total{{{MODEL}}}{RATE})) / "
           f"sum by (model) (rate(assay_prompt_tokens_total{{{MODEL}}}{RATE}))", "{{model}}")]),
        ("Generated tokens", "ops", [(f"sum by (model) (rate(assay_generated_tokens_total{{{MODEL}}}{RATE}))", "{{model}}")]),
        ("Ratings by judges", "ops", [(f"sum by (model) (rate(assay_judge_predictions_total{{{MODEL}}}{RATE}))", "{{model}}")]),
        ("Tokens of a rating, mean", "short",
         [(f"sum by (model, kind) (rate(assay_judge_tokens_total{{{MODEL}}}{RATE})) / ignoring (kind) group_left "
           f"sum by (model) (rate(assay_judge_predictions_total{{{MODEL}}}{RATE}))", "{{model}} {{kind}}")]),
    ]),
    "worker": ("Assay: workers", "assay-worker", [
        ("worker", 'label_values(assay_build_info{job="assay-worker"}, instance)'),
        ("model", "label_values(assay_worker_model_loaded, model)"),
    ], [
        ("Requests finished", "ops",
         [(f"sum by (instance, model) (rate(assay_worker_requests_total{{{WORKER},{MODEL}}}{RATE}))", "{{instance}} {{model}}")]),
        ("Requests in the engine", "short", [(f"assay_worker_requests{{{WORKER}}}", "{{instance}}")]),
        ("Share of time in forward passes", "percentunit",
         [(f"rate(assay_worker_step_duration_seconds_sum{{{WORKER}}}{RATE})", "{{instance}}")]),
        ("Forward pass", "s", by_quantile("assay_worker_step_duration_seconds", WORKER)),
        ("Tokenization of a shard", "s", by_quantile("assay_worker_tokenization_duration_seconds", WORKER)),
        ("Time of a shard", "s", by_quantile("assay_worker_shard_duration_seconds", WORKER)),
        ("Batch fill: tokens of a pass, share of the budget", "percentunit",
         [(f"rate(assay_worker_step_tokens_sum{{{WORKER}}}{RATE}) / rate(assay_worker_step_tokens_count{{{WORKER}}}{RATE}) / "
           f"assay_worker_token_budget{{{WORKER}}}", "{{instance}}")]),
        ("Requests that a pass finishes, mean", "short",
         [(f"rate(assay_worker_step_completions_sum{{{WORKER}}}{RATE}) / "
           f"rate(assay_worker_step_completions_count{{{WORKER}}}{RATE})", "{{instance}}")]),
        ("Cache of keys and values in use", "percentunit",
         [(f"assay_worker_kv_blocks_held{{{WORKER}}} / assay_worker_kv_blocks{{{WORKER}}}", "{{instance}}")]),
        ("Prompt tokens from the cache", "percentunit",
         [(f"sum by (instance) (rate(assay_worker_prompt_tokens_cached_total{{{WORKER},{MODEL}}}{RATE})) / "
           f"sum by (instance) (rate(assay_worker_prompt_tokens_total{{{WORKER},{MODEL}}}{RATE}))", "{{instance}}")]),
        ("Speculated tokens", "ops", [(f"rate(assay_worker_drafted_tokens_total{{{WORKER}}}{RATE})", "{{instance}} guessed"),
                                      (f"rate(assay_worker_accepted_tokens_total{{{WORKER}}}{RATE})", "{{instance}} right")]),
        ("Loaded model", "short", [(f"assay_worker_model_loaded{{{WORKER},{MODEL}}} == 1", "{{instance}} {{model}}")]),
        ("Model loads", "short", [(f"sum by (outcome) (assay_worker_model_loads_total{{{WORKER}}})", "{{outcome}}")]),
        ("Time to load a model, mean", "s",
         [(f"assay_worker_model_load_duration_seconds_sum{{{WORKER}}} / "
           f"assay_worker_model_load_duration_seconds_count{{{WORKER}}}", "{{instance}}")]),
        ("Shards that failed", "ops",
         [(f"sum by (part) (rate(assay_worker_shard_failures_total{{{WORKER}}}{RATE}))", "{{part}}")]),
        ("Items that ended as errors", "ops", [(f"rate(assay_worker_item_errors_total{{{WORKER}}}{RATE})", "{{instance}}")]),
        ("Device memory in use", "percentunit",
         [(f"assay_device_memory_used_bytes{{{WORKER}}} / assay_device_memory_bytes{{{WORKER}}}", "{{instance}} {{device}}")]),
        ("Device in use", "percentunit", [(f"assay_device_utilization_ratio{{{WORKER}}}", "{{instance}} {{device}}")]),
        ("Resident memory", "bytes", [(f'process_resident_memory_bytes{{job="assay-worker",{WORKER}}}', "{{instance}}")]),
        ("Processors in use", "short", [(f'rate(process_cpu_seconds_total{{job="assay-worker",{WORKER}}}{RATE})', "{{instance}}")]),
    ]),
    "database": ("Assay: coordinators and database", "assay-database", [], [
        ("Database reached", "short", [("assay_database_up", "{{instance}}")]),
        ("Commits", "ops", [(f"sum by (outcome) (rate(assay_coordinator_commits_total{RATE}))", "{{outcome}}")]),
        ("Time of a commit", "s", by_quantile("assay_coordinator_commit_duration_seconds")),
        ("Time to lease", "s", by_quantile("assay_coordinator_lease_duration_seconds")),
        ("Leases granted", "ops", [(f"sum by (instance) (rate(assay_coordinator_leases_granted_total{RATE}))", "{{instance}}")]),
        ("Connections", "short", [("assay_database_connections", "{{instance}} {{state}}"),
                                  ("assay_database_connections_limit", "{{instance}} limit")]),
        ("Time waited for a connection", "s", by_quantile("assay_database_acquire_duration_seconds")),
        ("Time in transactions, by operation", "percentunit",
         [(f"topk(10, sum by (operation) (rate(assay_database_transaction_duration_seconds_sum{RATE})))", "{{operation}}")]),
        ("Time of a transaction, p99 by operation", "s",
         [(f"topk(10, histogram_quantile(0.99, sum by (le, operation) "
           f"(rate(assay_database_transaction_duration_seconds_bucket{RATE}))))", "{{operation}}")]),
        ("Time of a prepared statement, mean", "s",
         [(f"sum by (statement) (rate(assay_database_statement_duration_seconds_sum{RATE})) / "
           f"sum by (statement) (rate(assay_database_statement_duration_seconds_count{RATE}))", "{{statement}}")]),
        ("Transactions that were not committed", "ops", [(f"rate(assay_database_rollbacks_total{RATE})", "{{instance}}")]),
        ("Size of the database", "bytes", [("max(assay_database_size_bytes)", "database")]),
        ("Free on its disk", "percentunit",
         [("min(assay_database_disk_free_bytes / assay_database_disk_bytes)", "free")]),
        ("Time of a call, p99 by method", "s",
         [(f"topk(10, histogram_quantile(0.99, sum by (le, method) (rate(assay_coordinator_rpc_duration_seconds_bucket{RATE}))))",
           "{{method}}")]),
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
            "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*",
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
