load e2e.bash

# A network that has nothing but loopback, and an empty home.
alone() {
    unshare -rn sh -c 'ip link set lo up 2>/dev/null || ifconfig lo up; HOME=/nonexistent exec "$@"' sh "$@"
}

@test "from nothing to a result without a network" {
    unshare -rn true 2>/dev/null || skip "unshare is not permitted"
    alone unum -q init app
    alone unum -q -C app validate
    alone unum -q -C app build
    is "$(alone unum -C app run -d '""')" '"Hello world!"'
}
