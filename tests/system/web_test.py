"""The web page of a running service in Debian's Chromium: every view, on real runs and on many rows.

    tests/run -R system.web                          as a test
    ASSAY_WEB_PREDICTIONS=1000000 python3 tests/system/web_test.py       with a million predictions to scroll through

The pictures of all views lie in build/release/screenshots (ASSAY_SCREENSHOTS names another folder).
"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest
import urllib.request

import web_data
from service import PROGRAMS, ROOT, Service, wait_until
from slurm_cluster import free_ports

BUILD = PROGRAMS.parent
PACKAGES = BUILD / "npm/tests/browser"
SCREENSHOTS = pathlib.Path(os.environ.get("ASSAY_SCREENSHOTS", BUILD / "screenshots"))
PREDICTIONS = int(os.environ.get("ASSAY_WEB_PREDICTIONS", "80000"))
SECONDS = 240


@unittest.skipUnless(shutil.which("chromium"), "chromium is missing: deploy/setup checks")
@unittest.skipUnless((PACKAGES / "node_modules").is_dir(), f"{PACKAGES} is missing: it is made by a build with ASSAY_WEB_PAGE=ON")
class WebTest(unittest.TestCase):
    def test_every_view(self):
        (port,) = free_ports(1)
        page = f"http://127.0.0.1:{port}"
        with Service(workers=1, options=["--web-listen", f"127.0.0.1:{port}"]) as service:
            facts = service.folder / "facts.json"
            web_data.write_facts(facts, web_data.fill(service, PREDICTIONS))
            wait_until(lambda: urllib.request.urlopen(page).status == 200, 10, "the page is served")
            environment = {**os.environ, "ASSAY_PAGE": page, "ASSAY_FACTS": str(facts), "ASSAY_SCREENSHOTS": str(SCREENSHOTS),
                           "ASSAY_BROWSER_PACKAGES": str(PACKAGES)}
            node = os.environ.get("ASSAY_NODE", "node")
            result = subprocess.run([node, "--test-reporter=spec", ROOT / "tests/browser/all.mjs"], env=environment, text=True,
                                    stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
            print(result.stdout, file=sys.stderr)
            self.assertEqual(result.returncode, 0, result.stdout[-6000:] + result.stderr[-3000:] + service.log())


if __name__ == "__main__":
    unittest.main()
