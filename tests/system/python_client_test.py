"""The Python package (client/python): installed as users do, its types checked, and used against a running service."""

import hashlib
import os
import pathlib
import subprocess
import sys
import unittest

from service import ROOT, SAMPLE_DATA, Service, needs_demo_model

PACKAGE = ROOT / "client/python"
CHECKS = pathlib.Path(__file__).with_name("python_client_checks.py")


def environment():
    """The Python of an environment with what the package stands on, made once for each list of versions."""
    requirements = PACKAGE / "requirements.txt"
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "assay/python"
    folder = cache / hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    python = folder / "bin/python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        result = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements],
                                capture_output=True, text=True)
        if result.returncode != 0:
            raise unittest.SkipTest(f"pip cannot install {requirements}: {result.stderr.strip()[-300:]}")
        (folder / "complete").touch()
    return python


@needs_demo_model
class PythonClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.python = environment()
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.add_samples()
        cls.installed = cls.service.folder / "python"
        subprocess.run([cls.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation",
                        "--target", cls.installed, PACKAGE], check=True)
        cls.environment = {**cls.service.environment(), "PYTHONPATH": str(cls.installed), "SAMPLE_DATA": str(SAMPLE_DATA)}

    def test_it_does_what_it_says(self):
        result = subprocess.run([self.python, CHECKS, "-v"], env=self.environment, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        print(result.stderr.strip().splitlines()[-1])

    def test_its_types_are_sound(self):
        result = subprocess.run([self.python, "-m", "mypy", "--config-file", PACKAGE / "pyproject.toml", "-p", "assay"], cwd=self.service.folder,
                                env={**self.environment, "MYPYPATH": str(self.installed)}, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main()
