#!/usr/bin/env bash
# Proves that each rule of check.py can fail: in a tree that breaks each rule once, each must be found by its name in its
# file; a tree of look-alikes that break nothing must pass.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
check=$here/check.py
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

mkdir -p "$folder/good/desktop" "$folder/good/core" "$folder/good/brokerd"
cp "$here/../../.clang-format" "$folder/good"
cat >"$folder/good/core/link.cpp" <<'CPP'
#include "core/frame.h"
// a comment may say socket.ignoreSslErrors() and /bin/sh
/* and QEventLoop
   over lines */
const char *name = "system.info(";
void f()
{
    if (crypto_sign_detached(a, b, c, d, e) != 0)
        return;
    auto n = socket.bytesToWrite() + socket.encryptedBytesToWrite();
    auto g = ::open(path, O_RDONLY | O_CLOEXEC);
    auto text = QString("%1 %2").arg(a, b(c));
    device.open(QIODevice::ReadOnly);
    worker.system(1);
}
CPP
printf '#pragma once\n' >"$folder/good/core/frame.h"
cat >"$folder/good/desktop/main.cpp" <<'CPP'
#include "core/frame.h"
#include <QLabel>
int main()
{
    auto *label = new QLabel(this);
    button->setToolTip(tr("Ends it"));
    query.exec();
    m_list.append(1);
    return app.exec();
}
CPP
output=$(python3 "$check" --root "$folder/good") || {
    printf 'check_selftest: what breaks no rule was refused:\n%s\n' "$output"
    exit 1
}

mkdir "$folder/bad"
cp "$here/../../.clang-format" "$folder/bad"
python3 "$check" --plant "$folder/bad" >"$folder/expected"
status=0
python3 "$check" --root "$folder/bad" >"$folder/output" || status=$?
[ "$status" -eq 1 ] || {
    printf 'check_selftest: a tree that breaks every rule left with status %s\n' "$status"
    exit 1
}
sed -n 's/^\([^:]*\):[0-9]*: \(\[[a-z-]*\]\) .*/\1 \2/p' "$folder/output" | sort -u >"$folder/found"
missed=$(sort "$folder/expected" | comm -23 - "$folder/found")
[ -z "$missed" ] || {
    printf 'check_selftest: not found where it stands:\n%s\n' "$missed"
    exit 1
}
printf 'check_selftest: each of %s rules can fail\n' "$(wc -l <"$folder/expected")"
