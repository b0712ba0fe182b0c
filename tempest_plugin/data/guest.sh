#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes numbered records to a disk, and says what it found and wrote, as the console guest does.
#
#     sh guest.sh DEVICE SERIAL
#
# Block 0 is the head, block I is record I; a block is 32 times a line of 128 characters, which
# ends with the SHA-256 of what stands before it.

node=$1
serial=$2
# A disk that is unplugged takes its node with it, and dd would make a file of that name.
exec 3<> "$node" || exit 1
device=/proc/$$/fd/3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

say() { echo "nova-assist-guest: $serial $*"; }

fail() {
    [ -e "$node" ] && say "error $*" || say gone
    exit 1
}

# Prints a line of 127 characters for a text that ends with a blank.
line() { printf '%-127s\n' "$1$(printf %s "$1" | sha256sum | cut -c 1-64)"; }

# Writes text $2 as block $1, and waits until it is on the disk.
put() {
    line "$2" | awk '{ for (n = 0; n < 32; n++) print }' > "$work/block"
    dd if="$work/block" of="$device" bs=4096 count=1 seek="$1" conv=notrunc,fsync \
        2> "$work/message" || fail "$(tail -n 1 "$work/message")"
}

# Reads $2 blocks from block $1 on; a NUL is no character of a line.
get() {
    dd if="$device" bs=4096 skip="$1" count="$2" 2> "$work/message" > "$work/read" \
        || fail "$(tail -n 1 "$work/message")"
    tr '\000' '?' < "$work/read"
}

# Checks the block's 32 lines in $work/block: equal, and with the right sum.
whole() {
    first=$(head -n 1 "$work/block")
    sum=${first#* * * * }
    [ "$(uniq "$work/block" | wc -l)" -eq 1 ] && [ "$(wc -l < "$work/block")" -eq 32 ] \
        && [ "$(line "${first%"$sum"}")" = "$first" ]
}

size=$(blockdev --getsize64 "$device" 2> /dev/null || wc -c < "$device")
last=$((size / 4 / 4096))
found=0
bad=0
stamp=

get 0 1 > "$work/block"
if whole && [ "$(cut -d ' ' -f 1-2 "$work/block" | head -n 1)" = 'nova-assist head' ]; then
    stamp=$(head -n 1 "$work/block" | cut -d ' ' -f 3)
    count=$(head -n 1 "$work/block" | cut -d ' ' -f 4 | sed 's/^0*//')
    count=${count:-0}
    number=1
    while [ "$number" -le "$count" ]; do
        get "$number" 1 > "$work/block"
        expected="nova-assist record $stamp $(printf %012d "$number") "
        if whole && [ "$(head -n 1 "$work/block" | cut -c 1-49)" = "$expected" ]; then
            [ "$bad" -gt 0 ] || found=$number
        else
            bad=$((bad + 1))
        fi
        number=$((number + 1))
    done
elif [ -n "$(tr -d '?\n' < "$work/block")" ]; then
    bad=1
fi
say "found $found bad $bad"

if [ -z "$stamp" ]; then
    stamp=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
    found=0
    count=0
fi
number=${count:-0}
told=$(date +%s)
while [ "$number" -lt "$last" ]; do
    number=$((number + 1))
    put "$number" "nova-assist record $stamp $(printf %012d "$number") "
    put 0 "nova-assist head $stamp $(printf %012d "$number") "
    now=$(date +%s)
    [ "$now" = "$told" ] || say "wrote $number"
    told=$now
done
say "wrote $number"
