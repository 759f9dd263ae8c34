/*
 * yaml_doc: YAML 1.1 through libyaml into the same tree as JSON, with positions.
 *
 * Plain scalars get their type by the YAML 1.2 core schema (so "yes", "no", "on" and "off" are
 * strings); quoted ones are strings. Anchors and aliases are followed (with a ceiling on the
 * expanded size); merge keys, several documents in a file, duplicate keys and non-scalar keys are
 * diagnosed (E02xx). Local tags such as !Ref are kept in doc.tag.
 */
#ifndef UNUM_YAML_YAML_DOC_H
#define UNUM_YAML_YAML_DOC_H

#include "json/doc.h"

struct doc *doc_parse_yaml(const struct unum_source *source, struct unum_arena *arena,
                           struct unum_diags *diags);

/* By the file's name: .json is JSON, anything else YAML unless its first character that is no
 * blank is "{" (JSON then). */
struct doc *doc_parse_file(const struct unum_source *source, struct unum_arena *arena,
                           struct unum_diags *diags);

#endif
