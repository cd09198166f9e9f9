#!/usr/bin/env bash
# Tries build/package/kassa_*.deb on a bare Debian 12 in a folder: install, start, first payment,
# backup, the same again over itself, remove, purge.
#
# `./dev package --try [FOLDER]`: FOLDER is a bare system that debootstrap made; it is copied, not
# touched. Without one, debootstrap makes it. Needs root.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

readonly PORT=18080
readonly BASE=http://127.0.0.1:$PORT
BARE=""
SERVER=""
STEP="the bare system"

main() {
  ((EUID == 0)) || fail "a bare system in a folder needs root"
  local package
  package=$(ls build/package/kassa_*.deb) || fail "there is no package: ./dev package makes it"
  BARE=$(mktemp -d /tmp/kassa-bare-XXXXXX)
  trap clean_up EXIT
  bare_system "${1:-}"
  step "install" install_package "$package"
  step "what is installed" look_around
  step "start" start
  step "first payment" first_payment
  step "backup" back_up
  step "install again over itself" install_again "$package"
  step "stop" stop
  step "remove" remove
  step "purge" purge
  echo "the package installs, serves, and goes"
}

bare_system() {
  if [[ -n $1 ]]; then
    echo "copying $1"
    cp --archive --one-file-system "$1/." "$BARE"
  else
    echo "making a bare Debian 12"
    debootstrap --variant=minbase bookworm "$BARE" >build/package/debootstrap.log ||
      fail "debootstrap failed: $(tail -5 build/package/debootstrap.log)"
  fi
  # No package starts anything here, and apt works without the host's mounts.
  printf '#!/bin/sh\nexit 101\n' >"$BARE/usr/sbin/policy-rc.d"
  chmod +x "$BARE/usr/sbin/policy-rc.d"
  local device
  for device in null zero random urandom; do
    [[ -c $BARE/dev/$device ]] || cp --archive "/dev/$device" "$BARE/dev/$device"
  done
  cp /etc/resolv.conf "$BARE/etc/resolv.conf"
}

inside() { chroot "$BARE" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
  http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" "$@"; }
as_kassa() { inside setpriv --reuid=kassa --regid=kassa --init-groups env KASSA_LISTEN=127.0.0.1:$PORT "$@"; }

install_package() {
  cp "$1" "$BARE/tmp/kassa.deb"
  inside apt-get update
  inside apt-get install -y --no-install-recommends /tmp/kassa.deb
}

look_around() {
  inside /usr/bin/kassa version
  [[ $(inside stat -c '%a %U' /etc/kassa/keys /var/lib/kassa) == $'700 kassa\n700 kassa' ]]
  [[ $(inside stat -c '%a %U %G' /etc/kassa/kassa.toml) == '640 root kassa' ]]
  ! inside ldd /usr/bin/kassa | grep 'not found'
  as_kassa kassa config check
  # As the first user of the package does it: from root's own folder, which the service can't see.
  inside sh -c 'cd /root && chmod 0700 . && runuser -u kassa -- kassa config check'
}

# As the unit does: its user, its folders, its limits, its command.
start() {
  inside install -d -m 0700 -o kassa -g kassa /run/kassa
  # LimitNOFILE of the unit.
  (ulimit -n 20000 && as_kassa /usr/bin/kassa serve --config /etc/kassa/kassa.toml) \
    >build/package/serve.log 2>&1 &
  SERVER=$!
  local try
  for try in $(seq 100); do
    if curl -fsS "$BASE/readyz" 2>/dev/null; then return 0; fi
    kill -0 "$SERVER" || fail "it ended: $(cat build/package/serve.log)"
    sleep 0.1
  done
  fail "it never was ready: $(cat build/package/serve.log)"
}

# The README's way: N, M, H with openssl.
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

first_payment() {
  local merchant keys key project token id=first-1 now n m signature answer
  merchant=$(as_kassa kassa merchant create --name Shop --json | member merchant_id)
  as_kassa kassa project create --merchant "$merchant" --name Shop --currency KZT \
    --keys-dir /var/lib/kassa/keys-of-shop --json >build/package/project.json
  project=$(member project_id <build/package/project.json)
  keys=$BARE/var/lib/kassa/keys-of-shop
  key=$(ls "$keys"/private_key_*.pem)
  token=$(openssl pkey -in "$key" -pubout -outform DER | base64url)
  now=$(date +%s)
  n=$(printf '%s\n' general:project_id:$project general:payment_id:$id payment:method:card-p2p \
    payment:amount:500000 payment:currency:KZT customer:id:c-7 customer:ip_address:192.0.2.1 \
    customer:country:KZ | LC_ALL=C sort | paste -sd ';')
  m=$(printf %s "$n" | base64url)$now
  signature=$(printf %s "$m" | openssl dgst -sha256 -binary | openssl dgst -sha256 -sign "$key" | base64url)
  answer=$(curl -sS "$BASE/api/v1/payment/p2p/payin" -H 'content-type: application/json' \
    -H "x-access-timestamp: $now" -H "x-access-merchant-id: $project" \
    -H "x-access-token: $token" -H "x-access-signature: $signature" \
    -d '{"general":{"project_id":"'"$project"'","payment_id":"'$id'"},"payment":{"method":"card-p2p","amount":500000,"currency":"KZT"},"sender":{},"customer":{"id":"c-7","ip_address":"192.0.2.1","country":"KZ"}}')
  echo "$answer"
  [[ $answer == *'"sub_status":"requisites"'* ]]
  as_kassa kassa payment show $id --project "$project"
  as_kassa kassa ledger check
}

member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

back_up() {
  as_kassa kassa backup /var/backups/kassa --keep 14 --verify
  [[ $(ls "$BARE/var/backups/kassa" | wc -l) == 1 ]]
}

# An upgrade keeps what was configured and what was stored.
install_again() {
  echo '# a line of the operator' >>"$BARE/etc/kassa/kassa.toml"
  inside dpkg --force-confold -i /tmp/kassa.deb
  grep -q 'a line of the operator' "$BARE/etc/kassa/kassa.toml"
  as_kassa kassa payment list --json | grep -q first-1
}

stop() {
  local code=0
  kill -TERM "$(<"$BARE/var/lib/kassa/kassa.db.lock")"  # its own pid is in there
  wait "$SERVER" || code=$?
  SERVER=""
  ((code == 0)) || fail "it ended with $code"
}

remove() {
  inside dpkg --remove kassa
  [[ ! -e $BARE/usr/bin/kassa && -f $BARE/etc/kassa/kassa.toml && -f $BARE/var/lib/kassa/kassa.db ]]
}

purge() {
  inside dpkg --purge kassa
  [[ ! -e $BARE/etc/kassa/kassa.toml && ! -e $BARE/var/log/kassa ]]
  # Books and keys outlive the package.
  [[ -f $BARE/var/lib/kassa/kassa.db && -f $BARE/etc/kassa/keys/key-ring.toml ]]
}

# step NAME COMMAND…: in this shell, so that `set -e` ends the try at whatever fails.
step() {
  local name=$1
  shift
  exec 3>&1 >>build/package/try.log 2>&1
  echo "== $name"
  STEP=$name
  "$@"
  exec >&3 2>&1 3>&-
  printf 'ok   %s\n' "$name"
}

clean_up() {
  local code=$?
  if ((code != 0)); then
    { true >&3; } 2>/dev/null && exec >&3 2>&1
    printf 'FAIL %s\n' "$STEP"
    tail -15 build/package/try.log | sed 's/^/     /'
  fi
  [[ -z $SERVER ]] || kill "$SERVER" 2>/dev/null || true
  rm -rf -- "$BARE"
}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

main "$@"
