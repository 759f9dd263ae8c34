/*
 * yaml_scalar: the type of a plain scalar by the core schema of YAML 1.2.2, section 10.3.2.
 */
#ifndef UNUM_YAML_YAML_SCALAR_INTERNAL_H
#define UNUM_YAML_YAML_SCALAR_INTERNAL_H

#include "json/doc.h"

enum yaml_scalar_note {
    YAML_SCALAR_FINE,
    YAML_SCALAR_NOT_FINITE, /* .inf or .nan */
    YAML_SCALAR_TOO_LARGE,  /* octal or hexadecimal beyond 64 bits */
    YAML_SCALAR_ZEROS,      /* a decimal number with zeros in front */
};

struct yaml_scalar {
    enum doc_kind kind; /* null, boolean, number or string */
    bool boolean;
    bool whole;           /* a number that the schema calls int */
    struct unum_str text; /* DOC_NUMBER: in JSON syntax; else as given */
    enum yaml_scalar_note note;
};

struct yaml_scalar yaml_scalar(struct unum_str text, struct unum_arena *arena);

#endif
