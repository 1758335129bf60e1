"""Tests of the include checker: every rule refuses what it is there for, and lets its neighbour pass."""

import unittest

import includes


def problems(path, line):
    return [p for p in includes.check({path: line + "\n"}) if "header guard" not in p]


class IncludesTest(unittest.TestCase):
    def refused(self, path, line, reason):
        self.assertEqual(len(problems(path, line)), 1, (path, line))
        self.assertIn(reason, problems(path, line)[0])

    def allowed(self, path, line):
        self.assertEqual(problems(path, line), [])

    def test_parts_do_not_know_each_other(self):
        self.refused("worker/session/a.cc", '#include "coordinator/store/store.h"', "worker does not know coordinator")
        self.refused("coordinator/lease/a.cc", '#include "worker/engine/engine.h"', "coordinator does not know worker")
        self.refused("client/a.cc", '#include "coordinator/store/store.h"', "client does not know coordinator")
        self.refused("common/rpc/a.cc", '#include "client/a.h"', "common does not know client")
        self.allowed("worker/session/a.cc", '#include "common/rpc/convert.h"')
        self.allowed("worker/session/a.cc", '#include "worker/engine/engine.h"')

    def test_a_unit_test_has_the_rules_of_what_it_mirrors(self):
        self.refused("tests/unit/worker/engine/a_test.cc", '#include "coordinator/lease/a.h"', "worker does not know coordinator")
        self.allowed("tests/unit/worker/engine/a_test.cc", '#include "worker/engine/engine.h"')
        self.allowed("tests/unit/worker/engine/a_test.cc", '#include "tests/support/fake.h"')
        self.allowed("tests/system/both.cc", '#include "coordinator/lease/a.h"')

    def test_sources_do_not_include_tests(self):
        self.refused("common/base/a.cc", '#include "tests/support/fake.h"', "only tests include tests")

    def test_domain_is_plain(self):
        self.allowed("common/domain/a.h", "#include <string>")
        self.allowed("common/domain/a.h", '#include "absl/status/status.h"')
        self.allowed("common/domain/a.h", '#include "common/domain/item.h"')
        self.refused("common/domain/a.h", "#include <unistd.h>", "common/domain includes")
        self.refused("common/domain/a.h", "#include <nlohmann/json.hpp>", "common/domain includes")
        self.refused("common/domain/a.h", '#include "common/base/clock.h"', "common/domain includes")

    def test_libraries_are_kept_to_their_place(self):
        self.allowed("coordinator/store/a.cc", "#include <pqxx/pqxx>")
        self.refused("coordinator/lease/a.cc", "#include <pqxx/pqxx>", "pqxx stays")
        self.allowed("worker/model/a.cc", "#include <ATen/ATen.h>")
        self.refused("common/base/a.cc", "#include <torch/torch.h>", "torch stays")
        self.allowed("common/rpc/a.cc", '#include "assay/v1/types.pb.h"')
        self.allowed("client/commands/a.cc", '#include "assay/v1/types.grpc.pb.h"')
        self.refused("coordinator/planner/a.cc", '#include "assay/v1/types.pb.h"', "at the edges")
        self.allowed("tests/unit/coordinator/service/a_test.cc", '#include "assay/v1/types.pb.h"')

    def test_includes_are_paths_from_the_root(self):
        self.refused("common/base/a.cc", '#include "clock.h"', "path from the root")

    def test_a_circle_of_folders_is_named(self):
        found = includes.check({
            "worker/a/x.cc": '#include "worker/b/y.h"\n',
            "worker/b/y.cc": '#include "worker/c/z.h"\n',
            "worker/c/z.cc": '#include "worker/a/x.h"\n',
        })
        self.assertEqual(found, ["folders include each other in a circle: worker/a -> worker/b -> worker/c -> worker/a"])

    def test_folders_without_a_circle_pass(self):
        self.assertEqual(includes.check({
            "worker/a/x.cc": '#include "worker/b/y.h"\n#include "worker/c/z.h"\n',
            "worker/b/y.cc": '#include "worker/c/z.h"\n',
        }), [])

    def test_header_guards_follow_the_path(self):
        good = "#ifndef ASSAY_COMMON_BASE_CLOCK_H_\n#define ASSAY_COMMON_BASE_CLOCK_H_\n#endif\n"
        self.assertEqual(includes.check({"common/base/clock.h": good}), [])
        self.assertEqual(includes.check({"common/base/time.h": good}),
                         ["common/base/time.h:1: the header guard is not ASSAY_COMMON_BASE_TIME_H_"])

    def test_lines_are_counted_and_spaces_do_not_hide_an_include(self):
        found = includes.check({"common/base/a.cc": "\n#  include <torch/torch.h>\n"})
        self.assertEqual(found, ["common/base/a.cc:2: torch/torch.h: torch stays under worker"])


if __name__ == "__main__":
    unittest.main()
