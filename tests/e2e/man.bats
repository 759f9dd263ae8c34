load e2e.bash

@test "there is a page for every verb, and those written by hand" {
    for verb in $(unum __complete verb); do
        [ -e "$UNUM_SOURCE/man/unum-$verb.1" ]
    done
    for page in unum.1 unum.3 unum-template.5 unum-ir.5 unum-runtime.7 unum-guarantees.7; do
        [ -e "$UNUM_SOURCE/man/$page" ]
    done
}

@test "mandoc finds nothing wrong with them" {
    need mandoc
    mandoc -Tlint -W warning "$UNUM_SOURCE"/man/*.[1357]
}

@test "they can be read" {
    need mandoc
    for page in "$UNUM_SOURCE"/man/*.[1357]; do
        [ "$(mandoc -Tascii "$page" | wc -l)" -gt 20 ]
    done
}

@test "pages name only files that are there" {
    cd "$UNUM_SOURCE/man"
    grep -ho '^\.Xr unum[a-z-]* [0-9]' ./*.[1357] | sort -u | while read -r _ name section; do
        [ -e "$name.$section" ] || { echo "no $name.$section"; exit 1; }
    done
}
