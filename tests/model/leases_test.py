#!/usr/bin/env python3
"""Checks leases.pml, the model of docs/leases.md, with spin: that a prediction counts once, that none but the poisonous item is
stored as an error, and that every item ends; and that each of these fails as soon as the safeguard behind it is taken away.

    tests/model/leases_test.py [-v]

Needs spin and gcc (deploy/setup checks). Takes about half a minute."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

MODEL = pathlib.Path(__file__).resolve().parent / "leases.pml"
MEMORY_MIB = 4096

ONE = ("FIRST_SHARDS=1", "FAULTS=2")
TWO = ("FIRST_SHARDS=2", "FAULTS=1")
TWO_AND_MORE_FAULTS = ("FIRST_SHARDS=2", "FAULTS=2")
HALVES = ("FIRST_SHARDS=1", "SHARD_ITEMS=2", "FAULTS=2")
POISON = ("FIRST_SHARDS=1", "SHARD_ITEMS=4", "FAULTS=0", "POISON=2", "IN_FLIGHT=2", "COORDINATORS=1")
CUT = ("FIRST_SHARDS=1", "SHARD_ITEMS=2", "FAULTS=1", "CUT")
TAKEN_BACK = ("FIRST_SHARDS=1", "FAULTS=1", "TAKE_BACKS=1")
CUT_AND_TAKEN_BACK = ("FIRST_SHARDS=1", "SHARD_ITEMS=2", "FAULTS=0", "CUT", "TAKE_BACKS=1")
POISON_IN_COMPANY = ("FIRST_SHARDS=2", "SHARD_ITEMS=2", "FAULTS=0", "POISON=1", "IN_FLIGHT=2", "COORDINATORS=1")


@unittest.skipUnless(shutil.which("spin"), "spin is not installed: deploy/setup checks")
class LeasesTest(unittest.TestCase):
    def explore(self, settings, liveness):
        """What spin says about every run of the model: its errors, and the number of states."""
        with tempfile.TemporaryDirectory(prefix="assay-model-") as folder:
            def run(*command):
                result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
                self.assertEqual(result.returncode, 0, f"{command}:\n{result.stdout}{result.stderr}")
                return result.stdout

            run("spin", *(f"-D{setting}" for setting in settings), "-a", str(MODEL))
            kind = ["-DNFAIR=5"] if liveness else ["-DSAFETY", "-DNOCLAIM"]
            run("gcc", "-O1", "-w", "-DVECTORSZ=2048", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MIB}", *kind, "-o", "pan", "pan.c")
            output = run("./pan", "-m200000", *(["-a", "-f"] if liveness else []))
        self.assertNotIn("search depth too small", output)
        # "Search not completed" is also said of one that ended at its first error.
        errors = int(re.search(r"errors: (\d+)", output).group(1))
        if errors == 0:
            self.assertNotIn("not completed", output)
        return errors, int(re.search(r"(\d+) states, stored", output).group(1)), output

    def expect_holds(self, *settings, liveness=True):
        for kind in [False, True] if liveness else [False]:
            errors, states, output = self.explore(settings, kind)
            print(f"  {' '.join(settings)}: {'every item ends' if kind else 'counted once'}, {states} states", flush=True)
            self.assertEqual(errors, 0, output)
            self.assertGreater(states, 1000)

    def expect_fails(self, *settings, liveness, because):
        errors, _, output = self.explore(settings, liveness)
        self.assertEqual(errors, 1, output)
        self.assertRegex(output, because)

    def test_one_item_with_every_fault(self):
        self.expect_holds(*ONE)

    def test_two_items(self):
        self.expect_holds(*TWO)
        self.expect_holds(*TWO_AND_MORE_FAULTS, liveness=False)

    def test_a_shard_that_is_split(self):
        self.expect_holds(*HALVES)

    def test_an_item_that_ends_every_worker(self):
        self.expect_holds(*POISON)
        self.expect_holds(*POISON_IN_COMPANY)

    def test_a_shard_that_is_cut_when_it_is_leased(self):
        self.expect_holds(*CUT)

    def test_a_shard_that_is_taken_back_from_a_slow_worker(self):
        self.expect_holds(*TAKEN_BACK)
        self.expect_holds(*CUT_AND_TAKEN_BACK, liveness=False)

    def test_a_rest_that_stays_with_the_lease_as_well_counts_twice(self):
        self.expect_fails(*CUT, "WITHOUT_SHORTENING", liveness=False, because=r"assertion violated.*predictions.*==1")

    def test_without_the_fence_what_was_taken_back_counts_twice(self):
        self.expect_fails(*TAKEN_BACK, "WITHOUT_FENCE", liveness=False, because=r"assertion violated.*predictions.*==1")

    def test_what_is_taken_back_without_limit_never_ends(self):
        self.expect_fails("FIRST_SHARDS=1", "WORKERS=1", "COORDINATORS=1", "FAULTS=0", "WITHOUT_LIMIT_OF_TAKE_BACKS", liveness=True,
                          because="acceptance cycle")

    def test_without_the_fence_a_prediction_counts_twice(self):
        self.expect_fails(*ONE, "WITHOUT_FENCE", liveness=False, because=r"assertion violated.*predictions.*==1")

    def test_without_the_reaper_an_item_never_ends(self):
        self.expect_fails(*ONE, "WITHOUT_REAPER", liveness=True, because="acceptance cycle")

    def test_without_splitting_an_item_never_ends(self):
        self.expect_fails("FIRST_SHARDS=1", "SHARD_ITEMS=2", "FAULTS=0", "POISON=1", "WITHOUT_SPLIT", liveness=True,
                          because="acceptance cycle")

    def test_without_isolation_an_innocent_item_is_given_up(self):
        self.expect_fails(*POISON_IN_COMPANY, "WITHOUT_ISOLATION", liveness=False, because="assertion violated")


if __name__ == "__main__":
    unittest.main()
