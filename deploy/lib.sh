# Sourced by the scripts of this project: where things are, and steps that say what they do.
# shellcheck shell=bash

ASSAY_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# Downloads that every checkout shares.
ASSAY_CACHE="${ASSAY_CACHE:-${HOME:?is not set}/.cache/assay}"
# The names of these two hold their versions, so that two checkouts can need different ones.
ASSAY_LIBTORCH="$ASSAY_CACHE/libtorch-2.15.0"
ASSAY_DEMO_MODEL="$ASSAY_CACHE/models/SmolLM2-135M-Instruct.Q4_1.gguf"
ASSAY_MANIFEST_TOOLS="$ASSAY_CACHE/tools/manifests"
ASSAY_KUSTOMIZE="$ASSAY_CACHE/tools/kustomize-v5.8.1"
ASSAY_BUILD="$ASSAY_ROOT/build/release"
export ASSAY_CACHE ASSAY_DEMO_MODEL ASSAY_MANIFEST_TOOLS ASSAY_KUSTOMIZE

assay_program="$(basename "$0")"
assay_step=""

# step TEXT...: says what comes now; a later failure is reported as a failure of this step.
step() {
  assay_step="$*"
  printf '==> %s\n' "$*"
}

# fail TEXT...: ends the script with the reason.
fail() {
  printf '%s: failed: %s\n' "$assay_program" "${assay_step:-start}" >&2
  printf '%s: reason: %s\n' "$assay_program" "$*" >&2
  exit 1
}

# For `trap '...' ERR`: the command that failed, and in which step.
report_failure() {
  local code=$1 line=$2 command=$3
  fail "line $line, exit code $code: $command"
}

can_be_root() {
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null
}

# as_root COMMAND...: runs it as root, by sudo where need be.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo -- "$@"
  fi
}

# configure_release: configures build/release once; ninja configures again by itself when a CMakeLists.txt changes.
configure_release() {
  if [ -f "$ASSAY_BUILD/build.ninja" ]; then return; fi
  (cd "$ASSAY_ROOT" && cmake --preset release -DASSAY_LIBTORCH="$ASSAY_LIBTORCH")
}

# build_release TARGET...: builds them in build/release.
build_release() {
  NINJA_STATUS='[%f/%t, %es] ' cmake --build "$ASSAY_BUILD" --parallel "$(nproc)" --target "$@"
}
