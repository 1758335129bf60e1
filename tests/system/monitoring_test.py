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
from service import ROOT, SAMPLE_DATA, START_SECONDS, Service, wait_until
from slurm_cluster import free_ports

DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
SCRAPE_SECONDS = 1
# What Grafana puts in; a rate needs a few scrapes.
VARIABLES = {"$__rate_interval": "30s", "$model": ".*", "$benchmark": ".*", "$worker": ".*"}


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
        self.service = Service(workers=1, options=["--metrics-listen", f"127.0.0.1:{first}"])
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
        for dashboard, panel, query in queries():
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


if __name__ == "__main__":
    unittest.main()
