# shellcheck shell=bash disable=SC2034
# What start, stop and node share: where things are, how a part is started, known again and ended.
# Sourced, not run.
#
# Below DIR:
#   kassa-ha            says that DIR is one of ours; ports and times, as NAME=value
#   secrets             passwords, likewise, mode 0600
#   PART/               a part's configuration and data: etcd1 … pg1 … haproxy, gateway1 …, kassa
#   log/PART.log        what it said
#   run/PART.pid        its process and when that began, so that nobody who got its number later is
#                       taken for it

HERE=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
readonly HERE
readonly DIR_DEFAULT=${TMPDIR:-/tmp}/kassa-ha
readonly ETCDS=(etcd1 etcd2 etcd3)
readonly DATABASES=(pg1 pg2)
readonly GATEWAYS=(gateway1 gateway2)
readonly PROGRAMS=/usr/lib/postgresql/15/bin
export LC_ALL=C.UTF-8

# PostgreSQL refuses to run as root; etcd, Patroni and HAProxy need not either.
AS_POSTGRES=()
((EUID != 0)) || AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --init-groups)

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# read_dir DIR: what `start` wrote there.
read_dir() {
  if ! DIR=$(readlink -e -- "$1") || [[ ! -f $DIR/kassa-ha ]]; then
    fail "$1 is not a folder that deploy/ha/start made"
  fi
  local file
  for file in kassa-ha secrets; do
    # shellcheck source=/dev/null
    [[ ! -f $DIR/$file ]] || source "$DIR/$file"
  done
}

# port_of NODE KIND: port_of pg1 rest is what PG1_REST_PORT says.
port_of() {
  local name=${1^^}_${2^^}_PORT
  echo "${!name}"
}

# ---- processes -----------------------------------------------------------------------------------

# launch PART COMMAND…: in the background, apart from this terminal, and from its environment: a
# PGPASSWORD would be Patroni's too, a KASSA_LISTEN both gateways'.
launch() {
  local part=$1
  shift
  setsid env -i PATH="$PATH" LC_ALL="$LC_ALL" "$@" </dev/null >>"$DIR/log/$part.log" 2>&1 &
  echo "$! $(began $!)" >"$DIR/run/$part.pid"
}

launch_database() { launch "$1" "${AS_POSTGRES[@]}" patroni "$DIR/$1/patroni.yml"; }

# When a process began, in ticks since the machine did; nothing if there is no such process.
began() {
  local fields
  fields=$(fields_of "$1") || return 0
  read -ra fields <<<"$fields"
  [[ ${fields[0]} == Z ]] || echo "${fields[19]}"
}

# /proc/PID/stat behind the name, which stands in brackets and may hold anything.
fields_of() {
  local line
  { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  echo "${line##*) }"
}

# The pid of a part that runs; nothing otherwise.
pid_of() {
  local pid start
  { read -r pid start <"$DIR/run/$1.pid"; } 2>/dev/null || return 0
  [[ -z $start || $(began "$pid") != "$start" ]] || echo "$pid"
}

# The pid of a node's PostgreSQL, which may outlive its Patroni; nothing if it doesn't run.
postmaster_of() {
  local pid
  { read -r pid <"$DIR/$1/data/postmaster.pid"; } 2>/dev/null || return 0
  [[ $(readlink "/proc/$pid/cwd" 2>/dev/null) != "$DIR/$1/data" ]] || echo "$pid"
}

children_of() {
  local folder fields
  for folder in /proc/[0-9]*; do
    fields=$(fields_of "${folder#/proc/}") || continue
    read -ra fields <<<"$fields"
    [[ ${fields[1]} != "$1" ]] || echo "${folder#/proc/}"
  done
}

# all_gone SECONDS PID…: whether they end in time.
all_gone() {
  local until=$((SECONDS + $1)) pid
  shift
  for pid in "$@"; do
    while [[ -n $(began "$pid") ]]; do
      ((SECONDS < until)) || return 1
      sleep 0.05
    done
  done
}

# ---- health --------------------------------------------------------------------------------------

# await SECONDS PART WHAT COMMAND…: until it succeeds, while PART runs.
await() {
  local until=$((SECONDS + $1)) part=$2 what=$3
  shift 3
  until "$@" >/dev/null 2>&1; do
    [[ -n $(pid_of "$part") ]] || fail "$part has ended: $(tail -5 "$DIR/log/$part.log")"
    ((SECONDS < until)) || fail "$what: not in time. $DIR/log/$part.log ends: $(tail -5 "$DIR/log/$part.log")"
    sleep 0.1
  done
}

# http_ok PORT PATH
http_ok() { curl -fsS -m 2 "http://127.0.0.1:$1$2"; }

# What Patroni says of all nodes, as JSON, by whichever of them answers.
cluster_state() { http_ok "$PG1_REST_PORT" /cluster 2>/dev/null || http_ok "$PG2_REST_PORT" /cluster; }

# Whether there is a standby that commits wait for.
has_sync_standby() { [[ $(cluster_state) == *'"role": "sync_standby"'* ]]; }

# The node that is primary; fails if none is.
primary() {
  local node
  for node in "${DATABASES[@]}"; do
    if http_ok "$(port_of "$node" rest)" /primary >/dev/null 2>&1; then
      echo "$node"
      return
    fi
  done
  return 1
}
