"""The files of this project that the checks look at."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("client", "common", "coordinator", "worker", "tests")
SCRIPT_FOLDERS = ("deploy", "tests", ".ci")


def source_files(root=ROOT, suffixes=(".h", ".cc")):
    """Paths relative to `root`, sorted; nothing that a build makes."""
    found = []
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            relative = path.relative_to(root)
            if path.suffix in suffixes and "target" not in relative.parts and path.is_file():
                found.append(relative)
    return sorted(found)


def shell_scripts(root=ROOT):
    """Files whose first line names a shell, and *.sh."""
    found = []
    for folder in SCRIPT_FOLDERS:
        for path in (root / folder).rglob("*"):
            if not path.is_file():
                continue
            with path.open("rb") as file:
                first_line = file.readline(200)
            if path.suffix == ".sh" or (first_line.startswith(b"#!") and b"sh" in first_line.split(b"/")[-1]):
                found.append(path.relative_to(root))
    return sorted(found)
