"""The commands of docs/tutorial.md, block by block, as they stand there, in a fresh home.

What stands behind ```sh says how a block is run: nothing: in the reader's own terminal; `everywhere`: there and first in each other one;
`terminal`: in one of its own, until the end; `at-the-end`: when those have ended; `elsewhere`: not at all, since it needs another machine.
`<!-- by hand: NAME -->` is what a reader does in a browser, and a method of that name does here.
"""

import ctypes
import fcntl
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import urllib.request

from service import CACHE, PROGRAMS, ROOT, needs_demo_model, wait_until

TUTORIAL = ROOT / "docs/tutorial.md"
KINDS = {"", "everywhere", "terminal", "at-the-end", "elsewhere"}
STEP = re.compile(r"^```sh ?(?P<kind>\S*)\n(?P<text>.*?)^```$|<!-- by hand: (?P<by_hand>\w+) -->", re.DOTALL | re.MULTILINE)
ELSEWHERE = 1
BLOCK_SECONDS = 240
STOP_SECONDS = 60
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1
PORTS = (("127.0.0.1", 7420), ("127.0.0.1", 7421), ("127.0.0.2", 7420))
PAGE = "http://127.0.0.1:7421"


def steps():
    """(kind, text) in order; kind "by hand" has the name."""
    found = [(match["kind"], match["text"]) if match["by_hand"] is None else ("by hand", match["by_hand"])
             for match in STEP.finditer(TUTORIAL.read_text())]
    assert {kind for kind, _ in found} <= KINDS | {"by hand"}, found
    return found


def take_own_network():
    """The ports that the text names, for this process and its children alone, where the system lets us."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) == 0:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def taken_ports():
    for address in PORTS:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(address)
            except OSError:
                yield f"{address[0]}:{address[1]}"


@needs_demo_model
class TutorialTest(unittest.TestCase):
    def setUp(self):
        take_own_network()
        if taken := list(taken_ports()):
            self.skipTest(f"{', '.join(taken)} is taken, and there is no network namespace")
        home = tempfile.TemporaryDirectory(prefix="assay-home-")
        folder = tempfile.TemporaryDirectory(prefix="assay-tutorial-")
        self.addCleanup(home.cleanup)
        self.addCleanup(folder.cleanup)
        self.home, self.tutorial = pathlib.Path(home.name), pathlib.Path(folder.name)
        self.tutorial.chmod(0o755)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ASSAY_", "XDG_"))}
        self.environment = {**clean, "HOME": str(self.home), "ASSAY_CACHE": str(CACHE), "TUTORIAL": str(self.tutorial),
                            "NO_COLOR": "1"}
        self.everywhere = ""
        self.terminals = []

    def script(self, text, before=""):
        path = self.home / "block.sh"
        path.write_text(f"set -e -o pipefail\n{before}\n{text}")
        return ["bash", path]

    def run_block(self, text):
        """In the reader's terminal: what one block exports, the next one has."""
        state = self.home / "state"
        before = f"[ ! -e {state} ] || source {state}\ntrap 'export -p > {state}' EXIT"
        begin = time.monotonic()
        result = subprocess.run(self.script(text, before), cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, timeout=BLOCK_SECONDS)
        print(f"  {time.monotonic() - begin:5.1f} s  {text.strip().splitlines()[-1]}", flush=True)
        self.assertEqual(result.returncode, 0, f"{text}\n{result.stdout}{result.stderr}\n{self.logs()}")
        return result.stdout

    def open_terminal(self, text):
        log = self.home / f"terminal-{len(self.terminals) + 1}.log"
        # Ctrl-C reaches the program in the foreground.
        *first, last = text.strip().splitlines()
        with log.open("w") as output:
            program = subprocess.Popen(self.script("\n".join([*first, f"exec {last}"]), self.everywhere), cwd=ROOT,
                                       env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.terminals.append(program)
        self.addCleanup(lambda: (program.kill(), program.wait()))
        time.sleep(0.2)  # until its script is read: the next block takes the file

    def logs(self):
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in sorted(self.home.glob("*.log")))

    def rate(self):
        """Each rater rates every answer that their link shows."""
        tokens = re.findall(r"/#/rate/(\S+)", (self.tutorial / "links").read_text())
        self.assertEqual(len(tokens), 2)
        for place, token in enumerate(tokens):
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

            def ask(body=None, headers=headers):
                request = urllib.request.Request(f"{PAGE}/api/v1/ratings/task", body and json.dumps(body).encode(), headers)
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)

            task = ask()
            while not task["finished"]:
                ratings = [{"answer": answer["answer"], "criterion": criterion["name"],
                            "rating": 1 + (len(answer["text"]) + place) % 5}
                           for answer in task["answers"] for criterion in task["criteria"]]
                task = ask({"task": task["task"], "ratings": ratings, "seconds": 1})

    def test_every_command_works_as_it_stands(self):
        kinds = [kind for kind, _ in steps()]
        self.assertEqual(kinds.count("elsewhere"), ELSEWHERE)
        for kind, text in steps():
            if kind == "elsewhere":
                print(f"  not run here:\n{text}", flush=True)
            elif kind == "by hand":
                getattr(self, text)()
            elif kind == "terminal":
                self.open_terminal(text)
            elif kind != "at-the-end":
                if kind == "everywhere":
                    self.everywhere = f"{text}\nexport PATH={PROGRAMS}:$PATH"
                    text = self.everywhere
                self.run_block(text)
        self.check_outcome()
        for terminal in reversed(self.terminals):
            terminal.send_signal(signal.SIGINT)
            self.assertEqual(terminal.wait(timeout=STOP_SECONDS), 0, self.logs())
        for text in [text for kind, text in steps() if kind == "at-the-end"]:
            self.run_block(text)
        self.assertFalse(self.tutorial.exists())
        self.tutorial.mkdir()  # for its cleanup

    def check_outcome(self):
        """What the text promises, beyond exit codes."""
        report = (self.tutorial / "report/report.html").read_text(encoding="utf-8")
        self.assertIn("smol-tuned", report)
        self.assertTrue((self.tutorial / "export/export.json").is_file())
        # 2 raters, 2 answers of each of 2 runs, relevance and coherence.
        self.assertEqual(len((self.tutorial / "ratings.csv").read_text().splitlines()), 1 + 2 * 2 * 2 * 2)
        jobs = json.loads(self.run_block("assay jobs --format json"))["jobs"]
        self.assertEqual([job["job_id"] for job in jobs], [3, 2, 1])
        wait_until(lambda: all(terminal.poll() is None for terminal in self.terminals), 1, "every terminal still runs")


if __name__ == "__main__":
    unittest.main()
