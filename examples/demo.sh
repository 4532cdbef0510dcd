#!/usr/bin/env bash
# What the demos' scripts (examples/*/run) share: they source it. Programs run in the background, with their lines on
# the terminal and in a log; waiting is for what a program has said, and always bounded.
set -euo pipefail

readonly patience_s=30  # for anything that is waited for; a loaded machine is slow, not wrong

bin=
# shellcheck disable=SC2034 # for the demo's script
builds=true            # false: programs and firmware are taken as they are
rest=()                # arguments that belong to the demo itself
declare -A running=()  # pid of each program that runs, by name
records=$(mktemp -d)   # logs of the programs and files of the demo
interrupted=false

# shellcheck disable=SC2317 # called by the trap
clean_up() {
  local pid
  for pid in "${running[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  { wait; } 2>/dev/null
  rm -rf "$records"
}
trap clean_up EXIT
trap 'interrupted=true' INT TERM

say() { printf -- '--- %s\n' "$*"; }
stop_requested() { [[ $interrupted == true ]]; }
fail() {
  echo "$(basename "$(dirname "$0")"): $*" >&2
  exit 1
}

# Prints the comment at the top of the demo's script.
help() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

# prepare ARGUMENTS -- PROGRAM...: takes --build-dir and --help from the arguments, leaves the others in `rest`; builds
# the programs unless a build directory was given; goes to the top of the source tree.
prepare() {
  local build_dir=
  while [[ $1 != -- ]]; do
    case "$1" in
      --build-dir)
        [[ -d ${2:-} ]] || { echo "--build-dir needs a directory" >&2; exit 2; }
        build_dir=$(cd "$2" && pwd)
        # shellcheck disable=SC2034
        builds=false
        shift
        ;;
      --help | -h) help; exit 0 ;;
      *) rest+=("$1") ;;
    esac
    shift
  done
  shift
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  if [[ -z $build_dir ]]; then
    script/build release --target "$@"
    build_dir=build/release
  fi
  bin=$build_dir/bin
  local program
  for program; do [[ -x $bin/$program ]] || fail "$bin/$program is not there: build it"; done
}
bad_usage() {
  echo "unknown argument '$1'; --help tells what there is" >&2
  exit 2
}

# In short pieces, because a signal is noticed between them.
pause() {
  local tenths
  for ((tenths = $1; tenths > 0; tenths--)); do
    stop_requested && return
    sleep 0.1 || true
  done
}

log_of() { echo "$records/$1.log"; }

# run NAME PROGRAM ARGUMENT...: a program of the build, as run_command.
run() { run_command "$1" "$bin/$2" "${@:3}"; }
# run_command NAME COMMAND ARGUMENT...: in the background, its lines on the terminal with the name in front. In a process
# group of its own (set -m), so that ctrl-C reaches only this script, which then stops the programs in order.
run_command() {
  local name=$1 log
  log=$(log_of "$name")
  shift
  rm -f "$log.ended"
  set -m
  # ctrl-C reaches tee and sed, and the last lines are still to come.
  "$@" > >(
    trap '' INT
    tee -a "$log" | sed -u "s/^/$(printf '%-8s' "$name") | /"
    : >"$log.ended"
  ) 2>&1 &
  running[$name]=$!
  set +m
}
is_running() { kill -0 "${running[$1]}" 2>/dev/null; }

# until_true COMMAND...: tries it again and again; false if it never succeeds.
until_true() {
  local tenths
  for ((tenths = patience_s * 10; tenths > 0; tenths--)); do
    if "$@"; then return 0; fi
    sleep 0.1 || true
  done
  return 1
}
has_said() { grep -qF -- "$2" "$(log_of "$1")" 2>/dev/null; }
has_said_or_ended() { has_said "$@" || ! is_running "$1"; }
# wait_for NAME TEXT: until the program has printed it; false if it ended or did not print it.
wait_for() { until_true has_said_or_ended "$@" && has_said "$@"; }
# number_said NAME KEY: the number in the last KEY=NUMBER that the program printed.
number_said() { sed -n "s/.*\b$2=\([0-9]*\).*/\1/p" "$(log_of "$1")" | tail -n 1; }

# end NAME SIGNAL: signals a program (0: not at all), waits for its end and its last lines; the status is the program's.
end() {
  local name=$1 signal=$2 pid=${running[$1]} status=0
  kill "-$signal" "$pid" 2>/dev/null || true
  { wait "$pid"; } 2>/dev/null || status=$?
  # A signal to this script ends its wait early.
  while kill -0 "$pid" 2>/dev/null; do
    status=0
    { wait "$pid"; } 2>/dev/null || status=$?
  done
  unset "running[$name]"
  until_true test -e "$(log_of "$name").ended"
  return "$status"
}

# start_on_free_port VARIABLE NAME COMMAND: runs the command, which starts the program NAME, with a free port in the
# variable. Ports below those that the system gives to outgoing connections: a program that is restarted gets its own
# back.
start_on_free_port() {
  local -n port_variable=$1
  local attempt
  for attempt in {1..20}; do
    port_variable=$((20000 + RANDOM % 10000))
    "$3"
    if wait_for "$2" "listening on"; then return; fi
    echo "--- port $port_variable is not free, attempt $attempt; trying another one" >&2
  done
  fail "found no free port"
}
