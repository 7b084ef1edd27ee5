#!/usr/bin/env bash
# Performs the Dockerfile's RUN and COPY steps in an empty folder, where no container engine is at
# hand, and starts the image's command there. Not covered: the base image, the user, the ports.
set -euo pipefail
cd "$(dirname "$0")/.."
python="$("${PYTHON:-python3}" -c "import sys; print(sys.executable)")"
root="$(mktemp -d)"
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/srv"
workdir="$root"

# Runs $1 as the image would, with /srv in the folder and nothing of our own environment.
in_image() {
  local command="${1//\/srv\//$root/srv/}"
  command="${command/#python -m venv/$python -m venv}"
  (cd "$workdir" && env -i HOME="$root" LANG=C.UTF-8 PATH="$root/srv/venv/bin:/usr/bin:/bin" \
    PIP_CERT="${PIP_CERT:-}" bash -euc "$command")
}

copy() {
  local sources=("${@:1:$#-1}") target="${*: -1}" source
  [[ $target = /* ]] && target="$root$target" || target="$workdir/$target"
  for source in "${sources[@]}"; do
    grep -qxF "!$source" .dockerignore || { echo "$source is not in .dockerignore" >&2; exit 1; }
    cp -R "$source" "$target"
  done
}

# One instruction a line: comments out, continued lines joined.
while read -r instruction arguments; do
  case "$instruction $arguments" in
    "RUN useradd "* | "COPY --from="*) echo "left out: $instruction $arguments" ;;
    RUN*) echo "RUN $arguments"; in_image "$arguments" ;;
    COPY*) echo "COPY $arguments"; read -ra words <<<"$arguments"; copy "${words[@]}" ;;
    WORKDIR*) workdir="$root$arguments"; mkdir -p "$workdir" ;;
  esac
done < <(sed -e '/^[[:space:]]*#/d' -e '/^$/d' Dockerfile | sed -e ':a' -e '/\\$/N; s/\\\n//; ta')

in_image "python -m volunteer_svc --help"
in_image "python -c 'import volunteer_svc.app, workers.relay, workers.work'"
echo "image steps: passed"
