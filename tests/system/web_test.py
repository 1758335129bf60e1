"""The web page of a running service in Debian's Chromium: every view, on real runs and on many rows.

    tests/run -R system.web                          as a test
    ASSAY_WEB_PREDICTIONS=1000000 python3 tests/system/web_test.py       with a million predictions to scroll through

The pictures of all views lie in build/release/screenshots (ASSAY_SCREENSHOTS names another folder).
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest
import urllib.parse
import urllib.request

import web_data
from fake_endpoint import KEY
from service import PROGRAMS, ROOT, Service, wait_until
from slurm_cluster import free_ports

BUILD = PROGRAMS.parent
PACKAGES = BUILD / "npm/tests/browser"
SCREENSHOTS = pathlib.Path(os.environ.get("ASSAY_SCREENSHOTS", BUILD / "screenshots"))
PREDICTIONS = int(os.environ.get("ASSAY_WEB_PREDICTIONS", "80000"))
SECONDS = 240
SIDE_BY_SIDE = (("page", "leaderboard", "samples"), ("compare", "rate", "live", "tokens"))  # about as long as each other


@contextlib.contextmanager
def guarded(service, owner):
    """A second coordinator on the service's database, which asks for tokens: of `owner`, and of others; yields what the browser's tests have to know of it."""
    run = service.data / "run"
    database = f"postgresql://assay@/assay?host={urllib.parse.quote(str(run), safe='')}&port=5432"
    addresses = [service.folder / name for name in ("guarded.rpc", "guarded.http")]
    program = [PROGRAMS / "assay-coordinator", "--database", database]
    admin = subprocess.run([*program, "--create-admin-token", "root"], capture_output=True, text=True, check=True).stdout.strip()
    with open(service.folder / "guarded.log", "w") as log:
        process = subprocess.Popen(
            [*program, "--listen", "127.0.0.1:0", "--address-file", addresses[0], "--http-listen", "127.0.0.1:0",
             "--http-address-file", addresses[1], "--require-tokens"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        rpc, http = (wait_until(lambda path=path: path.exists() and path.read_text().strip(), 30, f"{path} is written")
                     for path in addresses)
        # The token is a file, so that no list of processes shows it.
        key = service.folder / "admin.token"
        key.touch(mode=0o600)
        key.write_text(admin)
        assay = [str(PROGRAMS / "assay"), "--coordinator", rpc, "--token-file", str(key)]

        def token(user, roles):
            made = subprocess.run([*assay, "token", "create", user, "--user", user, "--roles", roles], capture_output=True, text=True,
                                  check=True)
            return made.stdout.strip()

        yield {"page": f"http://{http}", "read": token("reader", "read"), "submit": token(owner, "read,submit"),
               "other": token("other", "read,submit"),
               "neither": token("sender", "submit"), "revoked": token("guest", "read"), "revoke": [*assay, "token", "revoke", "guest"]}
    finally:
        process.terminate()
        process.wait(timeout=30)


@unittest.skipUnless(shutil.which("chromium"), "chromium is missing: deploy/setup checks")
@unittest.skipUnless((PACKAGES / "node_modules").is_dir(), f"{PACKAGES} is missing: it is made by a build with ASSAY_WEB_PAGE=ON")
class WebTest(unittest.TestCase):
    def test_every_view(self):
        os.environ[web_data.KEY_NAME] = KEY
        (port,) = free_ports(1)
        page = f"http://127.0.0.1:{port}"
        with Service(workers=1, options=["--web-listen", f"127.0.0.1:{port}"]) as service:
            facts = web_data.fill(service, PREDICTIONS)
            wait_until(lambda: urllib.request.urlopen(page).status == 200, 10, "the page is served")
            with guarded(service, facts["owner"]) as tokens:
                self.browse(service, page, {**facts, "tokens": tokens})

    def browse(self, service, page, facts):
        file = service.folder / "facts.json"
        web_data.write_facts(file, facts)
        environment = {**os.environ, "ASSAY_PAGE": page, "ASSAY_FACTS": str(file), "ASSAY_SCREENSHOTS": str(SCREENSHOTS),
                       "ASSAY_BROWSER_PACKAGES": str(PACKAGES)}
        node = os.environ.get("ASSAY_NODE", "node")
        # Each has a browser of its own; what one waits for leaves a processor to the other.
        started = []
        for views in SIDE_BY_SIDE:
            with open(service.folder / f"{views[0]}.txt", "w") as output:
                started.append((output.name, subprocess.Popen(
                    [node, "--test-reporter=spec", ROOT / "tests/browser/all.mjs", *views], env=environment,
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output)))
        end = time.monotonic() + SECONDS
        for name, process in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, end - time.monotonic()))
            process.kill()
            process.wait()
        texts = [pathlib.Path(name).read_text() for name, _ in started]
        print(*texts, file=sys.stderr)
        for text, (_, process) in zip(texts, started):
            self.assertEqual(process.returncode, 0, text[-6000:] + service.log())


if __name__ == "__main__":
    unittest.main()
