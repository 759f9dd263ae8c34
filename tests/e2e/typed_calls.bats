# Every typed call of lib/aws once, against moto.
load e2e.bash
load moto.bash

@test "each typed call against moto" {
    start_moto
    python3 -c 'import zipfile; zipfile.ZipFile("f.zip", "w").writestr("bootstrap", "#!/bin/sh\n")'
    truncate -s 40M large
    split "$(dirname "$UNUM_PREFIX")/tests/conformance/typed_calls" f.zip large
    is "$stderr" ""
    has "$stdout" ", failed 0"
    is "$status" 0
}
