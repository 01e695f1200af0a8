# Shell functions shared by the scripts in tools/. Source it; do not run it.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die WHAT [WHAT TO DO]
die() {
  printf '%s: error: %s\n' "${0##*/}" "$1" >&2
  if [ $# -gt 1 ]; then printf '  %s\n' "$2" >&2; fi
  exit 1
}

# The folder that holds this checkout.
repo_root() { (cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P); }

# How many jobs to run at once: MUSTER_JOBS, else one for each processor.
job_count() { printf '%s\n' "${MUSTER_JOBS:-$(nproc)}"; }

# The per-user cache in which tools/setup keeps what it builds.
muster_cache_dir() { printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/muster"; }

# Prints the folder of the conformance data, or nothing when there is none: the variable
# MUSTER_CONFORMANCE_DIR, else a sibling folder shared/conformance of this checkout.
conformance_dir() {
  local sibling
  if [ -n "${MUSTER_CONFORMANCE_DIR:-}" ]; then
    printf '%s\n' "$MUSTER_CONFORMANCE_DIR"
    return
  fi
  sibling="$(repo_root)/../shared/conformance"
  if [ -d "$sibling" ]; then (cd "$sibling" && pwd -P); fi
}
