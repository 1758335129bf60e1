"""TLS, mutual TLS, tokens, limits of users and the audit log, with the real programs, by gRPC and by HTTP; and that no secret shows anywhere."""

import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import unittest
import urllib.error
import urllib.request

from service import PROGRAMS, ROOT, START_SECONDS, Service, needs_demo_model, processes, wait_until

PASSWORD = "a-password-of-the-database"
REVOKED_SECONDS = 10  # two would do; this machine may be busy
RELOAD_SECONDS = 40


class SecurityTest(unittest.TestCase):
    def setUp(self):
        # Its database is what the coordinators of the tests stand on.
        self.service = Service(workers=0)
        self.addCleanup(self.service.close)
        self.service.start()
        self.service.add_samples()
        self.certificates = self.service.folder / "certificates"
        self.secrets = []
        self.logs = []
        self.certify("ca")
        self.certify("server", "coordinator", "127.0.0.1", "localhost")

    def certify(self, *arguments):
        subprocess.run([ROOT / "deploy/certificates", self.certificates, *arguments], check=True, stdout=subprocess.PIPE)

    def pem(self, name):
        return self.certificates / f"{name}.pem"

    def key(self, name):
        return self.certificates / f"{name}.key"

    def environment(self, **variables):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ASSAY_")}
        return {**clean, **{k: str(v) for k, v in variables.items()}}

    def database(self):
        (pid,) = [p for p in self.service.pids_of("assay-coordinator") if "--tls-key" not in processes()[p][1]]
        variables = pathlib.Path(f"/proc/{pid}/environ").read_text().split("\0")
        return next(v.split("=", 1)[1] for v in variables if v.startswith("ASSAY_DATABASE="))

    def start_program(self, name, *arguments, within=(), **variables):
        log = self.service.folder / f"{name}-{len(self.logs)}.log"
        self.logs.append(log)
        with open(log, "w") as output:
            program = subprocess.Popen([*within, PROGRAMS / name, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT, env=self.environment(**variables))
        self.addCleanup(lambda: (program.kill(), program.wait()))
        return program

    def unprivileged(self):
        """What starts a program as nobody, without capabilities, with every file of the machine to be read only, and a /tmp of its own."""
        return ["bwrap", "--unshare-user", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev",
                "--proc", "/proc", "--tmpfs", "/tmp", "--ro-bind", self.service.folder, self.service.folder]

    def serve(self, *arguments):
        """A coordinator with TLS, whose database's URL holds a password; its address. That of its HTTPS is self.web."""
        address = self.service.folder / f"address-{len(self.logs)}"
        web = address.with_suffix(".web")
        url = self.database()
        self.start_program("assay-coordinator", "--listen", "127.0.0.1:0", "--address-file", address, "--http-listen", "127.0.0.1:0",
                           "--http-address-file", web, "--tls-certificate", self.pem("coordinator"), "--tls-key",
                           self.key("coordinator"), *arguments, ASSAY_DATABASE=f"{url}{'&' if '?' in url else '?'}password={PASSWORD}")
        address = wait_until(lambda: address.exists() and address.read_text().strip(), START_SECONDS, "the coordinator serves")
        self.web = f"https://{web.read_text().strip()}"
        return address

    def trusting(self, ca=None, certificate=None):
        context = ssl.create_default_context(cafile=ca or self.pem("ca"))
        if certificate:
            context.load_cert_chain(self.pem(certificate), self.key(certificate))
        return context

    def fetch(self, path, token=None, body=None, address=None, **trust):
        """(status, text) of an answer by HTTPS."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request((address or self.web) + path, headers=headers, data=body)
        try:
            with urllib.request.urlopen(request, context=self.trusting(**trust), timeout=30) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read().decode()
        for secret in (*self.secrets, PASSWORD):
            self.assertNotIn(secret, text)
        return status, text

    def assay(self, address, *arguments, code=0, **variables):
        """Runs the client over TLS; what it says."""
        result = subprocess.run([PROGRAMS / "assay", "--coordinator", address, *map(str, arguments)], capture_output=True,
                                text=True, timeout=60,
                                env=self.environment(ASSAY_TLS_CA=self.pem("ca"), **variables))
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        if arguments[:2] != ("token", "create"):
            for secret in self.secrets:
                self.assertNotIn(secret, result.stdout + result.stderr)
        return result.stdout + result.stderr if code else result.stdout

    def admin_token(self):
        made = subprocess.run([PROGRAMS / "assay-coordinator", "--create-admin-token", "root"], capture_output=True, text=True,
                              check=True, env=self.environment(ASSAY_DATABASE=self.database()))
        self.secrets.append(made.stdout.strip())
        return self.secrets[-1]

    def make_token(self, address, admin, name, *options):
        token = self.assay(address, "token", "create", name, "--user", name, *options, ASSAY_TOKEN=admin).strip()
        self.secrets.append(token)
        return token

    def expect_no_secret(self):
        """In no log, and in no command line."""
        texts = {log.name: log.read_text(errors="replace") for log in self.logs} | {"up": self.service.log()}
        texts["processes"] = "\n".join(command for _, command in processes().values())
        for name, text in texts.items():
            for secret in (*self.secrets, PASSWORD):
                self.assertNotIn(secret, text, name)

    def test_nothing_is_served_to_others_unprotected(self):
        for listen in ("0.0.0.0:0", "[::]:0"):
            program = self.start_program("assay-coordinator", "--listen", listen, ASSAY_DATABASE=self.database())
            self.assertEqual(program.wait(timeout=START_SECONDS), 1)
            self.assertIn("--tls-certificate", self.logs[-1].read_text())
            program = self.start_program("assay-coordinator", "--listen", "127.0.0.1:0", "--http-listen", listen,
                                         ASSAY_DATABASE=self.database())
            self.assertEqual(program.wait(timeout=START_SECONDS), 1)
            self.assertIn("without TLS", self.logs[-1].read_text())
        program = self.start_program("assay-worker", "--coordinator", "127.0.0.1:1", "--threads", 1, "--metrics-listen", "0.0.0.0:0")
        self.assertEqual(program.wait(timeout=START_SECONDS), 1)
        self.assertIn("--metrics-insecure", self.logs[-1].read_text())
        # The key of another certificate, one that others may read, one that is not there.
        self.certify("server", "other", "localhost")
        shutil.copy(self.key("coordinator"), self.certificates / "open.key")
        (self.certificates / "open.key").chmod(0o644)
        for key, reason in (("other", "is not the key of the certificate"), ("open", "chmod"), ("none", "No such file")):
            program = self.start_program("assay-coordinator", "--listen", "127.0.0.1:0", "--tls-certificate",
                                         self.pem("coordinator"), "--tls-key", self.key(key),
                                         ASSAY_DATABASE=self.database())
            self.assertEqual(program.wait(timeout=START_SECONDS), 1)
            self.assertIn(reason, self.logs[-1].read_text())
        # A password that does not fit, and a database that is not there.
        program = self.start_program("assay-coordinator", "--database-wait-seconds", 1, "--log-level", "debug",
                                     ASSAY_DATABASE=f"postgresql://assay:{PASSWORD}@127.0.0.1:1/assay")
        self.assertEqual(program.wait(timeout=START_SECONDS), 1)
        self.expect_no_secret()

    def test_tokens(self):
        address = self.serve()
        admin = self.admin_token()
        # Without TLS, with another's CA, without a token, with one that is made up.
        result = subprocess.run([PROGRAMS / "assay", "--coordinator", address, "jobs"], capture_output=True, text=True,
                                env=self.environment(), timeout=60)
        self.assertEqual(result.returncode, 3)
        subprocess.run([ROOT / "deploy/certificates", self.service.folder / "others", "ca"], check=True, stdout=subprocess.PIPE)
        self.assay(address, "--tls-ca", self.service.folder / "others/ca.pem", "jobs", code=3, ASSAY_TOKEN=admin)
        self.assertIn("ASSAY_TOKEN", self.assay(address, "jobs", code=1))
        self.assertIn("not valid", self.assay(address, "jobs", code=1, ASSAY_TOKEN=admin[:-1] + "_"))
        # A token in a file that others may read is not used; nor is one shown on an unprotected line.
        file = self.service.folder / "token"
        file.write_text(admin + "\n")
        file.chmod(0o644)
        self.assertIn("chmod", self.assay(address, "--token-file", file, "jobs", code=1))
        file.chmod(0o600)
        self.assay(address, "--token-file", file, "jobs")
        result = subprocess.run([PROGRAMS / "assay", "--coordinator", "192.0.2.1:7420", "jobs"], capture_output=True, text=True,
                                env=self.environment(ASSAY_TOKEN=admin), timeout=60)
        self.assertIn("--tls-ca", result.stderr)
        self.assertNotIn(admin, result.stderr)

        ann = self.make_token(address, admin, "ann", "--roles", "read,submit")
        guest = self.make_token(address, admin, "guest", "--roles", "read")
        self.assertIn("submit", self.assay(address, "cancel", 1, code=1, ASSAY_TOKEN=guest))
        self.assertIn("admin", self.assay(address, "token", "list", code=1, ASSAY_TOKEN=ann))
        self.assertIn("guest", self.assay(address, "token", "list", ASSAY_TOKEN=admin))

        # The same by HTTP: errors say what is missing, and what is done is written down.
        status, text = self.fetch("/api/v1/jobs")
        self.assertEqual((status, json.loads(text)["code"]), (401, "UNAUTHENTICATED"))
        self.assertEqual(self.fetch("/api/v1/jobs", guest)[0], 200)
        status, text = self.fetch("/api/v1/jobs/1/cancel", guest, body=b"{}")
        self.assertEqual((status, json.loads(text)["code"]), (403, "PERMISSION_DENIED"))
        self.assertEqual(self.fetch("/api/v1/jobs/1/cancel", ann, body=b"{}")[0], 404)
        self.assertIn("assay_queue_shards", self.fetch("/metrics")[1])
        with self.assertRaises(urllib.error.URLError):
            self.fetch("/metrics", ca=self.service.folder / "others/ca.pem")

        # What a user may submit is limited.
        self.assay(address, "limit", "set", "ann", "--open-jobs", 0, ASSAY_TOKEN=admin)
        self.assertIn("ann", self.assay(address, "limit", "list", ASSAY_TOKEN=admin))

        # A revocation acts at once, and who did what is written down.
        self.assay(address, "token", "revoke", "guest", ASSAY_TOKEN=admin)
        wait_until(lambda: subprocess.run([PROGRAMS / "assay", "--coordinator", address, "jobs"], capture_output=True,
                                          env=self.environment(ASSAY_TLS_CA=self.pem("ca"), ASSAY_TOKEN=guest)).returncode == 1,
                   REVOKED_SECONDS, "the revoked token opens nothing")
        audit = self.assay(address, "audit", "--format", "csv", ASSAY_TOKEN=admin)
        for words in ("AdminService/CreateToken,\"name=ann user=ann", "AdminService/RevokeToken,name=guest",
                      "EvaluationService/CancelJob", "PERMISSION_DENIED", "http:127.0.0.1"):
            self.assertIn(words, audit)
        self.expect_no_secret()

    def test_certificates_are_read_again(self):
        address = self.serve()

        def serial(server=address):
            shown = subprocess.run(["openssl", "s_client", "-connect", server, "-alpn", "h2"], stdin=subprocess.DEVNULL,
                                   capture_output=True, timeout=30)
            named = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=shown.stdout, capture_output=True)
            return named.stdout

        first = serial()
        self.assertIn(b"serial=", first)
        self.assertEqual(serial(self.web.removeprefix("https://")), first)
        self.certify("server", "coordinator", "127.0.0.1", "localhost")
        self.assertNotEqual(serial(self.web.removeprefix("https://")), first)
        wait_until(lambda: b"serial=" in (now := serial()) and now != first, RELOAD_SECONDS, "the new certificate is shown")
        self.assay(address, "jobs", ASSAY_TOKEN=self.admin_token())

    @needs_demo_model
    def test_a_job_over_mutual_tls(self):
        address = self.serve("--tls-client-ca", self.pem("ca"))
        self.certify("client", "worker-1", "worker")
        self.certify("client", "ann", "read", "submit")
        self.certify("client", "stranger")
        ann = {"ASSAY_TLS_CERTIFICATE": self.pem("ann"), "ASSAY_TLS_KEY": self.key("ann")}
        self.assay(address, "jobs", code=3)  # no certificate, no connection
        self.assertIn("token", self.assay(address, "jobs", code=1, ASSAY_TLS_CERTIFICATE=self.pem("stranger"),
                                          ASSAY_TLS_KEY=self.key("stranger")))
        # By HTTP likewise: the connection, then the role.
        with self.assertRaises((urllib.error.URLError, OSError)):
            self.fetch("/metrics")
        self.assertEqual(self.fetch("/metrics", certificate="stranger")[0], 200)
        self.assertEqual(self.fetch("/api/v1/jobs", certificate="stranger")[0], 401)
        self.assertEqual(self.fetch("/api/v1/jobs", certificate="ann")[0], 200)
        self.assertEqual(self.fetch("/api/v1/jobs", certificate="worker-1")[0], 403)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        worker = self.start_program("assay-worker", "--coordinator", address, "--threads", 1, "--tls-ca", self.pem("ca"),
                                    "--tls-certificate", self.pem("worker-1"), "--tls-key", self.key("worker-1"),
                                    "--metrics-listen", f"127.0.0.1:{port}", "--metrics-tls-certificate", self.pem("coordinator"),
                                    "--metrics-tls-key", self.key("coordinator"), "--metrics-tls-client-ca", self.pem("ca"),
                                    within=self.unprivileged())
        worker_log = self.logs[-1]
        submitted = self.assay(address, "eval", "--model", "smol", "--benchmark", "mmlu", "--limit", 1, **ann)
        self.assertIn("mmlu", submitted)
        self.assertIn("assay_build_info", self.fetch("/metrics", address=f"https://127.0.0.1:{port}", certificate="stranger")[1])
        self.assertIn("submit", self.assay(address, "cancel", 1, code=1, ASSAY_TLS_CERTIFICATE=self.pem("worker-1"),
                                           ASSAY_TLS_KEY=self.key("worker-1")))
        # It had no privilege, and nothing to write to but its /tmp.
        (pid,) = [p for p, (parent, command) in processes().items() if parent == worker.pid]
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        for privileges in ("CapEff", "CapPrm", "CapAmb"):
            self.assertRegex(status, rf"{privileges}:\s+0+\n")
        self.assertNotIn("runs as root", worker_log.read_text())
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(worker.wait(timeout=60), 0)
        self.expect_no_secret()


if __name__ == "__main__":
    unittest.main()
