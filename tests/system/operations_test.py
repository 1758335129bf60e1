"""What an operator does with a cluster: backup and restore, as docs/operations.md describes them, and `assay doctor`."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import unittest

from fault_cluster import Cluster, Process, free_port
from service import PROGRAMS, START_SECONDS, wait_until

SETTINGS = ("--precision", "float32", "--shard-items", 2)


class OperationsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(workers=2, coordinators=1)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.archive = cls.cluster.folder / "archive"
        cls.archive.mkdir()
        if os.geteuid() == 0:
            shutil.chown(cls.archive, "postgres")
        # As docs/operations.md says; archive_mode needs a restart.
        cls.cluster.sql("ALTER SYSTEM SET archive_mode = on")
        cls.cluster.sql(f"ALTER SYSTEM SET archive_command = 'test ! -f {cls.archive}/%f && cp %p {cls.archive}/%f'")
        cls.cluster.postgres.signal_itself(signal.SIGINT)
        cls.cluster.postgres.wait()
        cls.cluster.start_postgres()
        job = cls.cluster.submit(*SETTINGS)
        cls.cluster.wait(job)
        cls.expected = cls.cluster.predictions(job)

    def as_postgres(self, program, *arguments):
        user = {} if os.geteuid() else {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid, "extra_groups": []}
        result = subprocess.run([self.cluster._binaries / program, *map(str, arguments)], text=True, capture_output=True, cwd="/", **user)
        self.assertEqual(result.returncode, 0, f"{program}: {result.stderr}")
        return result.stdout

    def connection(self):
        return ("-h", "127.0.0.1", "-p", self.cluster._postgres_port, "-U", "assay")

    def submit_and_wait_for(self, items):
        job = self.cluster.submit(*SETTINGS)
        wait_until(lambda: (self.cluster.done(job) or 0) >= items, START_SECONDS, f"{items} items are done")
        return job

    def folder_for_postgres(self, name):
        folder = self.cluster.folder / name
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        return folder

    def test_restore_to_a_point_in_time(self):
        cluster = self.cluster
        base = self.folder_for_postgres("base")
        self.as_postgres("pg_basebackup", *self.connection(), "-D", base, "--checkpoint=fast", "--wal-method=fetch")
        job = self.submit_and_wait_for(4)
        moment, done = cluster.sql(f"SELECT clock_timestamp() || '|' || sum(items_done) FROM runs WHERE job_id = {job}").split("|")
        wait_until(lambda: cluster.done(job) >= int(done) + 4, START_SECONDS, "more items are done")
        lost = cluster.submit(*SETTINGS)
        self.assertFalse(cluster.ended(job), "the job was over before the disaster")
        segment = cluster.sql("SELECT pg_walfile_name(pg_switch_wal())")
        wait_until(lambda: (self.archive / segment).exists(), START_SECONDS, f"{segment} is archived")
        # The disaster: the server and its disk are gone, while coordinator and workers go on. Then the restore.
        cluster.postgres.kill()
        cluster.coordinators[0].kill()
        shutil.rmtree(cluster._database_folder)
        base.rename(cluster._database_folder)
        with open(cluster._database_folder / "postgresql.auto.conf", "a") as settings:
            settings.write(f"restore_command = 'cp {self.archive}/%f %p'\n"
                           f"recovery_target_time = '{moment}'\nrecovery_target_action = 'promote'\n")
        (cluster._database_folder / "recovery.signal").touch()
        cluster.start_postgres()
        wait_until(lambda: cluster.sql("SELECT pg_is_in_recovery()", check=False) == "f", START_SECONDS, "the restore is over")
        self.assertEqual(cluster.done(job), int(done))
        self.assertEqual(cluster.sql(f"SELECT count(*) FROM jobs WHERE job_id = {lost}"), "0")
        cluster.sql("SELECT setval('lease_ids', nextval('lease_ids') + 1000000)")
        cluster.coordinators[0].start()
        cluster.wait(job, 60)
        self.assertEqual(cluster.predictions(job), self.expected)

    def test_dump_and_restore_in_the_middle_of_a_job(self):
        cluster = self.cluster
        job = self.submit_and_wait_for(4)
        dump = cluster.folder / "assay.dump"
        with open(dump, "wb") as file:
            subprocess.run([cluster._binaries / "pg_dump", *map(str, self.connection()), "--format=custom", "assay"],
                           stdout=file, check=True)
        cluster.wait(job)
        cluster.sql("CREATE DATABASE restored TEMPLATE template0 ENCODING 'UTF8'", database="postgres")
        subprocess.run([cluster._binaries / "pg_restore", *map(str, self.connection()), "--exit-on-error", "--no-owner",
                        "--dbname=restored", dump], check=True)
        done = cluster.sql(f"SELECT sum(items_done) FROM runs WHERE job_id = {job}", database="restored")
        self.assertGreaterEqual(int(done), 4)
        self.assertLess(int(done), len(self.expected))
        port = free_port()
        coordinator = Process("restored", [PROGRAMS / "assay-coordinator", "--listen", f"127.0.0.1:{port}", "--lease-seconds", 2],
                              cluster.folder / "restored.log",
                              {**os.environ, "ASSAY_DATABASE": f"postgresql://assay@127.0.0.1:{cluster._postgres_port}/restored"})
        worker = Process("worker-restored", [PROGRAMS / "assay-worker", "--coordinator", f"127.0.0.1:{port}", "--threads", 1],
                         cluster.folder / "worker-restored.log")
        address = f"127.0.0.1:{port}"
        try:
            coordinator.start()
            worker.start()
            wait_until(lambda: cluster.run("health", addresses=address, check=False).returncode == 0, START_SECONDS,
                       lambda: f"the restored service answers:\n{coordinator.log_end()}")
            cluster.run("watch", job, addresses=address)
            rows = json.loads(cluster.run("predictions", job, "--format", "json", addresses=address).stdout)["predictions"]
        finally:
            worker.kill()
            coordinator.kill()
        for row in rows:
            del row["cached_tokens"], row["run_id"]
        self.assertEqual(rows, self.expected)

    def test_doctor(self):
        result = self.cluster.run("doctor", "--format", "json", check=False)
        findings = json.loads(result.stdout)["findings"]
        # The tests' PostgreSQL runs without fsync, which is what there is to be found.
        problems = [finding["finding"] for finding in findings if finding["level"] == "problem"]
        self.assertEqual(problems, ["fsync is off: a crash of its machine can damage the whole database"])
        self.assertEqual(result.returncode, 1)
        texts = [finding["finding"] for finding in findings if finding["level"] == "ok"]
        for expected in ("write-ahead logs are archived", "its clock agrees with this machine's", "sandbox namespaces runs programs",
                         f"is at {self.cluster.folder}/model"):
            self.assertIn(expected, texts)
        self.assertTrue(any(text.startswith("2 connected: 2 × cpu") for text in texts), texts)
        self.assertTrue(all(finding["advice"] for finding in findings if finding["level"] in ("problem", "warning")))
        unreachable = self.cluster.run("doctor", "--quiet", check=False, addresses=f"127.0.0.1:{free_port()}")
        self.assertEqual(unreachable.returncode, 1)
        self.assertIn("does not answer", unreachable.stdout)

    def doctor(self, *options, before=(), environment=None):
        """Level and text of what `assay doctor` finds, of all that is not good; each must say what to do. `before` the command line."""
        result = subprocess.run([*before, PROGRAMS / "assay", "doctor", "--format", "json", *options], capture_output=True, text=True,
                                timeout=60, env={**os.environ, "ASSAY_COORDINATOR": self.cluster.direct_addresses, **(environment or {})})
        found = [finding for finding in json.loads(result.stdout)["findings"] if finding["level"] in ("warning", "problem")]
        self.assertEqual([finding for finding in found if not finding["advice"]], [])
        self.assertEqual(result.returncode, 1 if any(finding["level"] == "problem" for finding in found) else 0)
        return [f"{finding['level']}: {finding['subject']}: {finding['finding']}" for finding in found]

    def expect_found(self, found, *expected):
        for text in expected:
            self.assertTrue(any(text in line for line in found), f"{text!r} is not among {found}")

    def test_doctor_finds_what_is_wrong_with_the_database(self):
        cluster = self.cluster
        wrong = {"full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off", "track_counts": "off",
                 "archive_command": "'false'", "default_transaction_read_only": "on"}
        for name, value in wrong.items():
            cluster.sql(f"ALTER SYSTEM SET {name} = {value}")

        def restore():
            for name in wrong:
                cluster.sql(f"ALTER SYSTEM SET {name} = DEFAULT" if name != "archive_command" else
                            f"ALTER SYSTEM SET archive_command = 'test ! -f {self.archive}/%f && cp %p {self.archive}/%f'")
            cluster.sql("SELECT pg_reload_conf()")
            wait_until(lambda: cluster.sql("SHOW default_transaction_read_only") == "off", START_SECONDS, "the settings are as before")

        self.addCleanup(restore)
        cluster.sql("SELECT pg_reload_conf()")
        wait_until(lambda: cluster.sql("SHOW default_transaction_read_only") == "on", START_SECONDS, "the settings are wrong")
        cluster.sql("SELECT pg_switch_wal()")
        wait_until(lambda: int(cluster.sql("SELECT failed_count FROM pg_stat_archiver")) > 0, START_SECONDS, "archiving has failed")
        expected = ("problem: database: full_page_writes is off", "warning: database: synchronous_commit is off",
                    "warning: database: autovacuum is off", "warning: database: track_counts is off",
                    "problem: database: takes no writes", "problem: database: archiving its write-ahead logs fails")
        # The coordinator's sessions read their settings again before their next statement.
        wait_until(lambda: all(any(text in line for line in self.doctor()) for text in expected), START_SECONDS, lambda: str(self.doctor()))

    def test_doctor_finds_what_is_wrong_with_clocks_workers_and_this_machine(self):
        cluster = self.cluster
        limited = cluster.make_worker("limited", {"ASSAY_CPU_KERNELS": "avx2"}, "--sandbox", "rlimits")
        limited.start()
        self.addCleanup(limited.kill)
        wait_until(lambda: any(w["worker_id"].startswith("limited") and w["connected"] for w in cluster.json("workers")["workers"]),
                   START_SECONDS, limited.log_end)
        early = {"LD_PRELOAD": str(PROGRAMS.parent / "lib/clock_shift.so"), "ASSAY_CLOCK_SHIFT": "3600"}
        model, elsewhere = cluster.folder / "model", cluster.folder / "elsewhere"
        model.rename(elsewhere)
        found = self.doctor("--device", "cuda:63", environment=early)
        elsewhere.rename(model)
        self.assertRegex(" ".join(found), f"problem: coordinator {cluster.direct_addresses}: its clock is (1h|59m[0-9.]+s) behind this machine's")
        self.expect_found(found, "warning: workers: run programs of models with limits only, not apart from their machines: limited.1",
                          f"problem: model tiny: is not on this machine: there is no {model}", "problem: this machine: device cuda:63: ")
        for worker in [*cluster.workers, limited]:
            worker.signal_itself(signal.SIGTERM)
            worker.wait(20)
        job = cluster.submit(*SETTINGS)
        self.addCleanup(cluster.run, "cancel", job)
        without_bubblewrap = ()
        if os.geteuid() == 0:
            hide = 'mount --bind /dev/null /usr/bin/bwrap && exec "$@"'
            without_bubblewrap = ("unshare", "--mount", "sh", "-c", hide, "sh")
        found = self.doctor(before=without_bubblewrap)
        self.expect_found(found, "problem: workers: none is connected")
        if without_bubblewrap:
            self.expect_found(found, "warning: this machine: sandbox namespaces: ")
        for worker in cluster.workers:
            worker.start()
        cluster.wait_for_workers()

    def test_doctor_over_tls(self):
        cluster, port = self.cluster, free_port()
        certificate, key = cluster.folder / "tls.crt", cluster.folder / "tls.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "10",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        key.chmod(0o600)
        database = {**os.environ, "ASSAY_DATABASE": f"postgresql://assay@127.0.0.1:{cluster._postgres_port}/assay"}
        program = PROGRAMS / "assay-coordinator"
        token = subprocess.run([program, "--create-admin-token", "operator"], env=database, check=True, capture_output=True, text=True).stdout.strip()
        coordinator = Process("tls", [program, "--listen", f"127.0.0.1:{port}", "--tls-certificate", certificate, "--tls-key", key],
                              cluster.folder / "tls.log", database)
        client = {**os.environ, "ASSAY_COORDINATOR": f"127.0.0.1:{port}", "ASSAY_TLS_CA": str(certificate)}

        def assay(*arguments, **variables):
            return subprocess.run([PROGRAMS / "assay", *arguments], env={**client, **variables}, capture_output=True, text=True, timeout=60)

        try:
            coordinator.start()
            # Health is told to everybody, the rest to who has a token.
            wait_until(lambda: assay("health").returncode == 0, START_SECONDS, coordinator.log_end)
            refused = assay("doctor")
            findings = json.loads(assay("doctor", "--format", "json", ASSAY_TOKEN=token).stdout)["findings"]
            late = assay("doctor", "--quiet", ASSAY_TOKEN=token, LD_PRELOAD=str(PROGRAMS.parent / "lib/clock_shift.so"),
                         ASSAY_CLOCK_SHIFT=str(11 * 86400))
        finally:
            coordinator.kill()
        self.assertEqual(refused.returncode, 1)
        self.assertIn("give a token that may do this", refused.stdout)
        self.assertEqual(late.returncode, 1)
        self.assertIn(f"{certificate}: the certificate is out of date", late.stderr)
        by_text = {(finding["subject"], finding["finding"].rsplit(" ", 1)[0]): finding["level"] for finding in findings}
        subject = f"coordinator 127.0.0.1:{port}"
        self.assertEqual(by_text[subject, "the connection is"], "ok", findings)
        self.assertEqual(by_text[f"{subject}, certificate", "is valid until"], "warning", findings)
        self.assertEqual(by_text[str(certificate), "is valid until"], "warning", findings)


if __name__ == "__main__":
    unittest.main()
