"""A real Prometheus scrapes a real service while a job runs; every panel of the dashboards and every alert is asked of it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request

import tiny_models
from monitoring.otlp_receiver import OtlpReceiver
from service import ROOT, SAMPLE_DATA, START_SECONDS, Service, wait_until
from slurm_cluster import free_ports

DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
SCRAPE_SECONDS = 1
# What Grafana puts in; a rate needs a few scrapes.
VARIABLES = {"$__rate_interval": "30s", "$model": ".*", "$job": ".*", "$worker": ".*"}
# Of what this test's job has nothing: it is not judged, and runs no program. Their rates are asked of a service that has some in
# coordinator_metrics_test.
NOT_IN_THIS_JOB = ("assay_judge_",)


def queries():
    """(dashboard, panel, query) of all."""
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text())
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                query = target["expr"]
                for name, value in VARIABLES.items():
                    query = query.replace(name, value)
                yield path.stem, panel["title"], query


class DashboardFilesTest(unittest.TestCase):
    def test_they_are_what_the_script_writes(self):
        subprocess.run([sys.executable, ROOT / "deploy/grafana/make_dashboards.py", "--check"], check=True)

    def test_every_panel_has_a_query_and_no_two_have_a_place(self):
        for path in DASHBOARDS:
            panels = json.loads(path.read_text())["panels"]
            self.assertTrue(all(panel["targets"] for panel in panels), path.name)
            places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
            self.assertEqual(len(places), len(set(places)), path.name)


@unittest.skipIf(shutil.which("promtool") is None, "promtool is not installed (Debian: prometheus)")
class AlertsTest(unittest.TestCase):
    def test_they_fire_when_they_should(self):
        result = subprocess.run(["promtool", "test", "rules", ROOT / "tests/system/monitoring/alerts_test.yml"], text=True,
                                capture_output=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


@unittest.skipIf(shutil.which("prometheus") is None, "prometheus is not installed (Debian: prometheus)")
class PrometheusTest(unittest.TestCase):
    def setUp(self):
        ports = free_ports(1)
        # The coordinator's port and the worker's, one behind the other.
        first = next(port for port in range(20000 + os.getpid() % 20000, 60000, 7) if self.both_free(port))
        self.spans = OtlpReceiver()
        self.addCleanup(self.spans.close)
        # For all that `assay up` starts.
        environment = {"ASSAY_LOG_FORMAT": "json", "OTEL_EXPORTER_OTLP_ENDPOINT": self.spans.url}
        os.environ.update(environment)
        self.addCleanup(lambda: [os.environ.pop(name) for name in environment])
        self.service = Service(workers=1, options=["--metrics-listen", f"127.0.0.1:{first}", "--log-level", "debug"])
        self.addCleanup(self.service.close)
        self.service.start()
        folder = tempfile.TemporaryDirectory(prefix="assay-prometheus-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)
        configuration = {
            "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": "1s"},
            "rule_files": [str(ALERTS)],
            "scrape_configs": [
                {"job_name": "assay-coordinator", "static_configs": [{"targets": [f"127.0.0.1:{first}"]}]},
                {"job_name": "assay-worker", "static_configs": [{"targets": [f"127.0.0.1:{first + 1}"]}]}]}
        with open(f"{self.folder}/prometheus.yml", "w") as file:
            json.dump(configuration, file)  # which is YAML
        self.url = f"http://127.0.0.1:{ports[0]}"
        with open(f"{self.folder}/prometheus.log", "w") as log:
            prometheus = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{ports[0]}"], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(lambda: (prometheus.kill(), prometheus.wait()))

    @staticmethod
    def both_free(port):
        for each in (port, port + 1):
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", each))
                except OSError:
                    return False
        return True

    def ask(self, query):
        url = f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    def ready(self):
        try:
            return len(self.ask("up == 1")) == 2
        except OSError:
            return False

    def test_every_panel_has_data_and_the_counts_are_right(self):
        self.service.run("dataset", "import", "mmlu", SAMPLE_DATA / "mmlu")
        models = tiny_models.make(self.folder, {"llama": tiny_models.checkpoints()["llama"]})
        self.service.run("model", "add", "tiny", models["llama"])
        wait_until(self.ready, START_SECONDS, "both are scraped")
        job = self.service.submit("--shard-items", 2, benchmark="mmlu", model="tiny")
        # A second one, so that there is something to be seen while the queries are asked.
        self.service.submit("--shots", 1, "--shard-items", 2, benchmark="mmlu", model="tiny")
        self.service.wait(job)
        wait_until(lambda: not [j for j in self.service.json("jobs")["jobs"] if j["state"] != "completed"], 120,
                   "both jobs are done")
        items = sum(j["items_done"] for j in self.service.json("jobs")["jobs"])

        def stored():
            values = self.ask("sum(assay_predictions_total)")
            return values and float(values[0]["value"][1]) == items

        wait_until(stored, 60, lambda: f"{items} predictions are counted: {self.ask('assay_predictions_total')}")
        with self.subTest("logs and spans"):
            self.check_logs_and_spans(job)
        for dashboard, panel, query in queries():
            if any(name in query for name in NOT_IN_THIS_JOB):
                continue
            with self.subTest(dashboard=dashboard, panel=panel, query=query):
                wait_until(lambda: self.ask(query), 30, "the query returns something")
        # The worker counts the same requests: a choice of letters is one.
        requests = self.ask('sum(assay_worker_requests_total{model="tiny"})')
        self.assertGreaterEqual(float(requests[0]["value"][1]), items)
        with urllib.request.urlopen(f"{self.url}/api/v1/rules", timeout=10) as answer:
            (group,) = json.load(answer)["data"]["groups"]
        for rule in group["rules"]:
            with self.subTest(alert=rule["name"]):
                self.assertEqual(rule["health"], "ok", rule)
                self.assertEqual(rule["state"], "inactive", rule)


    def log_lines(self, name):
        lines = []
        for path in self.service.data.glob(f"log/*{name}*.log"):
            for line in path.read_text().splitlines():
                entry = json.loads(line)  # every line is one
                self.assertLessEqual({"timestamp", "severity", "message", "program"}, set(entry), line)
                self.assertRegex(entry["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
                self.assertRegex(entry["source"], r"^(coordinator|worker|common)/[a-z_/]+\.(cc|h):\d+$", line)
                lines.append(entry)
        return lines

    def check_logs_and_spans(self, job):
        """A shard's lines and spans of both programs are found by its id, and tell of the same job, run, model and trace."""
        coordinator, worker = self.log_lines("coordinator"), self.log_lines("worker")
        submitted = [e for e in coordinator if e["message"].startswith("job_submitted") and e["job_id"] == job]
        ended = [e for e in coordinator if e["message"] == "job_ended: completed" and e["job_id"] == job]
        self.assertEqual((len(submitted), len(ended)), (1, 1))
        shards = {}
        for entry in coordinator:
            if entry.get("job_id") == job and entry["message"].endswith("predictions stored"):
                shards[entry["shard_id"]] = entry
        self.assertTrue(shards)
        for shard, stored in shards.items():
            (leased,) = [e for e in coordinator if e.get("shard_id") == shard and "is leased" in e["message"]]
            (computed,) = [e for e in worker if e.get("shard_id") == shard and "tokens/s computed" in e["message"]]
            for key in ("job_id", "run_id", "shard_id", "worker_id", "model", "trace_id"):
                self.assertEqual(leased[key], stored[key], key)
                self.assertEqual(leased[key], computed[key], key)

        def lease_spans():
            return [s for s in self.spans.spans if s["name"] == "lease" and s["attributes"]["assay.job_id"] == job]

        wait_until(lambda: len(lease_spans()) == len(shards), 30, lambda: f"{len(lease_spans())} of {len(shards)} leases")
        # The worker's are sent a second after they ended, at the latest.
        wait_until(lambda: {s["parentSpanId"] for s in self.spans.spans if s["name"] == "shard"}
                   >= {s["spanId"] for s in lease_spans()}, 30, "the worker's spans of all shards")
        self.assertEqual(self.spans.problems, [])
        (trace,) = {s["traceId"] for s in lease_spans()}
        of_trace = [s for s in self.spans.spans if s["traceId"] == trace]
        (submission,) = [s for s in of_trace if s["name"] == "assay.v1.EvaluationService/SubmitJob"]
        for lease in lease_spans():
            self.assertEqual(lease["parentSpanId"], submission["spanId"])
            self.assertEqual(lease["attributes"]["assay.outcome"], "accepted")
            (shard,) = [s for s in of_trace if s.get("parentSpanId") == lease["spanId"]]
            self.assertEqual((shard["name"], shard["service"]), ("shard", "assay-worker"))
            parts = {s["name"]: s["service"] for s in of_trace if s.get("parentSpanId") == shard["spanId"]}
            parts.pop("load model", None)  # of the first shard
            self.assertEqual(parts, {"tokenize": "assay-worker", "forward": "assay-worker", "commit": "assay-coordinator"})
        self.assertTrue([s for s in self.spans.spans if s["name"] == "load model"])


if __name__ == "__main__":
    unittest.main()
