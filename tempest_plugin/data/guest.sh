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
    # The node of a disk that is being unplugged goes a moment after its input and output fail.
    sleep 1
    [ -e "$node" ] && say "error $*" || say gone
    exit 1
}

# Puts blocks of kind $1, numbers $2 to $3, into "$work/block". All their texts are summed up at
# once, from a file each: programs that are started for each would take all the time.
make() {
    awk -v text="nova-assist $1 $stamp" -v n="$2" -v last="$3" -v file="$work/text-" 'BEGIN {
        for (; n <= last; n++) {
            name = sprintf("%s%012d", file, n)
            printf "%s %012d ", text, n > name
            close(name)
        }
    }'
    sha256sum "$work"/text-* | awk -v text="nova-assist $1 $stamp" -v n="$2" '{
        line = sprintf("%s %012d %s", text, n++, $1)
        for (copy = 0; copy < 32; copy++) printf "%-127s\n", line
    }' > "$work/block"
    rm -f "$work"/text-*
}

# Writes block $1, of kind $2 and number $3, and waits until it is on the disk.
put() {
    make "$2" "$3" "$3"
    dd if="$work/block" of="$device" bs=4096 count=1 seek="$1" conv=notrunc,fsync \
        2> "$work/message" || fail "$(tail -n 1 "$work/message")"
}

# Reads $2 blocks from block $1 on into "$work/read".
get() {
    dd if="$device" bs=4096 skip="$1" count="$2" 2> "$work/message" > "$work/read" \
        || fail "$(tail -n 1 "$work/message")"
}

# Tells whether what was read is what was made.
same() { [ "$(sha256sum < "$work/read")" = "$(sha256sum < "$work/block")" ]; }

# Counts in $found and $bad what records $1 to $2 are: all at once, and each alone if any is bad.
check() {
    get "$1" $(($2 - $1 + 1))
    make record "$1" "$2"
    if same; then
        [ "$bad" -gt 0 ] || found=$2
    elif [ "$1" -eq "$2" ]; then
        bad=$((bad + 1))
    else
        # Other variables are those of the whole script.
        while [ "$1" -le "$2" ]; do
            check "$1" "$1"
            set -- $(($1 + 1)) "$2"
        done
    fi
}

# Tells once a second how many records there are.
tell() {
    now=$(date +%s)
    [ "$now" = "$told" ] || say "wrote $number"
    told=$now
}

size=$(blockdev --getsize64 "$device" 2> /dev/null || wc -c < "$device")
last=$((size / 4 / 4096))
found=0
bad=0
number=0

get 0 1
stamp=$(head -c 33 "$work/read" | tail -c 16 | tr -cd 0-9a-f)
count=$(head -c 46 "$work/read" | tail -c 12 | tr -cd 0-9 | sed 's/^0*//')
count=${count:-0}
make head "$count" "$count"
if same; then
    number=$count
    first=1
    while [ "$first" -le "$count" ]; do
        end=$((first + 255))
        [ "$end" -le "$count" ] || end=$count
        check "$first" "$end"
        first=$((end + 1))
    done
else
    [ -z "$(tr -d '\000' < "$work/read")" ] || bad=1
    stamp=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
fi
say "found $found bad $bad"

told=$(date +%s)
while [ -e "$node" ]; do
    if [ "$number" -lt "$last" ]; then
        number=$((number + 1))
        put "$number" record "$number"
    fi
    put 0 head "$number"
    tell
    # Some shells sleep only for whole seconds.
    sleep 0.1 2> /dev/null || sleep 1
done
say gone
