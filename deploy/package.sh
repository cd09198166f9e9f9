#!/usr/bin/env bash
# Makes build/package/kassa_VERSION_ARCH.deb of build/release/kassa: `./dev package`.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."

readonly OUT=build/package
readonly TREE=$OUT/tree

main() {
  local version architecture
  version=$(sed -n 's/^project(kassa VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
  architecture=$(dpkg --print-architecture)
  # The same commit gives the same bytes.
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
  export SOURCE_DATE_EPOCH
  version+="~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d.%H%M%S)"
  rm -rf -- "$OUT"
  mkdir -p "$TREE/DEBIAN"
  program
  configuration
  documentation
  control "$version" "$architecture"
  find "$TREE" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --build "$TREE" "$OUT/kassa_${version}_${architecture}.deb"
}

# put MODE FILE TARGET
put() { install -D -m "$1" "$2" "$TREE/$3"; }

program() {
  put 0755 build/release/kassa usr/bin/kassa
  strip --strip-unneeded "$TREE/usr/bin/kassa"
  local unit
  for unit in kassa.service kassa-backup.service kassa-backup.timer; do
    put 0644 "deploy/$unit" "lib/systemd/system/$unit"
  done
  put 0644 deploy/kassa.sysusers usr/lib/sysusers.d/kassa.conf
  put 0644 deploy/kassa.logrotate etc/logrotate.d/kassa
}

# The example, with the places of a Debian system.
configuration() {
  mkdir -p "$TREE/etc/kassa"
  sed -e 's|^store = .*|store = "sqlite:/var/lib/kassa/kassa.db"|' \
    -e 's|^key_ring = .*|key_ring = "/etc/kassa/keys/key-ring.toml"|' \
    -e 's|^admin_socket = .*|admin_socket = "/run/kassa/admin.sock"|' \
    -e 's|^migrate_on_start = .*|migrate_on_start = true|' \
    kassa.example.toml >"$TREE/etc/kassa/kassa.toml"
  chmod 0644 "$TREE/etc/kassa/kassa.toml"
  build/release/kassa config check --config "$TREE/etc/kassa/kassa.toml" >/dev/null
}

documentation() {
  local doc=usr/share/doc/kassa file
  put 0644 LICENSE "$doc/copyright"
  put 0644 web/dist/docs/licences.txt "$doc/licences-of-docs-page.txt"
  put 0644 README.md "$doc/README.md"
  put 0644 CHANGELOG.md "$doc/changelog"
  gzip -9n "$TREE/$doc/changelog"
  put 0644 deploy/credential.conf "$doc/examples/credential.conf"
  for file in docs/*.md docs/decisions/*.md; do put 0644 "$file" "$doc/$file"; done
  put 0644 deploy/kassa.1 usr/share/man/man1/kassa.1
  gzip -9n "$TREE/usr/share/man/man1/kassa.1"
}

# control VERSION ARCHITECTURE
control() {
  local depends installed_kb
  # dpkg-shlibdeps wants a source package around it; only its answer is of interest.
  mkdir -p "$OUT/shlibdeps/debian"
  printf 'Source: kassa\n\nPackage: kassa\nArchitecture: any\n' >"$OUT/shlibdeps/debian/control"
  depends=$(cd "$OUT/shlibdeps" && dpkg-shlibdeps -O -e ../tree/usr/bin/kassa 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
  [[ -n $depends ]] || { echo "dpkg-shlibdeps found no dependencies" >&2; exit 1; }
  installed_kb=$(du -sk --exclude=DEBIAN "$TREE" | cut -f1)
  sed -e "s|@VERSION@|$1|" -e "s|@ARCHITECTURE@|$2|" -e "s|@DEPENDS@|$depends|" \
    -e "s|@INSTALLED_KB@|$installed_kb|" deploy/debian/control.in >"$TREE/DEBIAN/control"
  install -m 0644 deploy/debian/conffiles "$TREE/DEBIAN/conffiles"
  local script
  for script in postinst prerm postrm; do
    install -m 0755 "deploy/debian/$script" "$TREE/DEBIAN/$script"
  done
  (cd "$TREE" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum) \
    >"$TREE/DEBIAN/md5sums"
}

main
