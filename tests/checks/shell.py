#!/usr/bin/env python3
"""Checks the shell scripts with shellcheck."""

import subprocess
import sys

import sources


def main():
    scripts = [str(p) for p in sources.shell_scripts()]
    code = subprocess.run(["shellcheck", "--external-sources"] + scripts, cwd=sources.ROOT).returncode
    print(f"shellcheck: {len(scripts)} files")
    return code if scripts else 1


if __name__ == "__main__":
    sys.exit(main())
