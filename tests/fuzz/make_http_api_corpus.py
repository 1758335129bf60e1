#!/usr/bin/env python3
"""Writes the seeds of http_api_fuzz: requests as they are meant, with parameters of each kind. Run from the root."""

import pathlib

REQUESTS = {
    "server": ("GET /api/v1/server", ""),
    "openapi": ("GET /api/v1/openapi.json", ""),
    "job": ("GET /api/v1/jobs/7", ""),
    "jobs": ("GET /api/v1/jobs?limit=20", ""),
    "escaped": ("GET /api/v1//./benchmarks/a%2Fb/../%C3%A9?x=%20+&y", ""),
    "samples": ("GET /api/v1/runs/11/samples?verdicts=VERDICT_WRONG&verdicts=VERDICT_CORRECT&page_size=20&text=a%20b", ""),
    "sample": ("GET /api/v1/runs/11/samples/3", ""),
    "comparison": ("GET /api/v1/comparison?run_ids=1&run_ids=2&groups=true&resamples=200&confidence=0.9", ""),
    "table": ("GET /api/v1/leaderboard/table?view=suite&baselines=true", ""),
    "pause": ("POST /api/v1/jobs/7/pause", "{}"),
    "cancel": ("POST /api/v1/jobs/7/cancel", '{"job_id": "8"}'),
    "campaign": ("POST /api/v1/ratings/campaigns",
                 '{"name": "n", "jobs": ["1", 2], "raters": ["anna", "ben"], "raters_per_answer": 2, "pairs": true, "seed": "3"}'),
    "ratings": ("POST /api/v1/ratings/task", '{"task_id": "1", "ratings": [{"answer": 0, "criterion": "relevance", "value": 4}]}'),
    "method": ("DELETE /api/v1/jobs/7", ""),
    "absolute": ("HEAD http://host:1/api/v1/work?", ""),
}


def main():
    folder = pathlib.Path("tests/fuzz/corpus/http_api_fuzz")
    folder.mkdir(parents=True, exist_ok=True)
    for name, (line, body) in REQUESTS.items():
        (folder / name).write_text(f"{line}\n{body}")


if __name__ == "__main__":
    main()
