/*
 * reader: values of a template, checked against their key's row. Internal to lib/template.
 *
 * Every function returns false after a diagnostic, and writes its output on success only.
 */
#ifndef UNUM_TEMPLATE_READER_H
#define UNUM_TEMPLATE_READER_H

#include "template/app.h"
#include "template/key.h"
#include "json/doc.h"

struct template_reader {
    struct unum_arena *arena;
    struct unum_diags *diags;
    struct app *app;
};

bool template_text(struct template_reader *r, const struct template_key *key,
                   const struct doc *value, struct unum_str *ret);
bool template_bool(struct template_reader *r, const struct template_key *key,
                   const struct doc *value, bool *ret);
/* INTEGER and DURATION (in seconds), within the row's bounds. */
bool template_number(struct template_reader *r, const struct template_key *key,
                     const struct doc *value, int64_t *ret);
bool template_choice(struct template_reader *r, const struct template_key *key,
                     const struct doc *value, struct unum_str *ret);
/* A list of texts, or one text. */
bool template_list(struct template_reader *r, const struct template_key *key,
                   const struct doc *value, struct unum_str **ret, size_t *ret_len);
/* Names to texts; numbers and booleans count as their text. */
bool template_map(struct template_reader *r, const struct template_key *key,
                  const struct doc *value, struct app_pair **ret, size_t *ret_len);

/* `own` over `defaults`, in the order of first appearance; *ret in the arena. */
size_t template_pairs_merge(struct unum_arena *arena, const struct app_pair *defaults, size_t len,
                            const struct app_pair *own, size_t own_len, struct app_pair **ret);

/* Diagnose keys of `object` that are unknown in `scope` and required ones that are absent; false
 * if it is no object. `where` names it in messages. */
bool template_check_keys(struct template_reader *r, const struct doc *object,
                         enum template_scope scope, struct unum_str where, struct unum_span place);
/* A feature that is designed but does not exist: never silently ignored. */
void template_not_yet(struct template_reader *r, struct unum_span span, const char *what,
                      const char *instead);

/* "7 days", "90s", "1h", plain seconds: the whole text. False if it is anything else. */
bool template_duration_parse(struct unum_str text, int64_t *ret_seconds);

/* Policies of a function. */
void template_policies(struct template_reader *r, const struct template_key *key,
                       const struct doc *value, struct app_function *function);

/* Environment of Globals or of a function, checked against what Lambda and the runtime reserve. */
bool template_environment(struct template_reader *r, const struct template_key *key,
                          const struct doc *value, struct app_pair **ret, size_t *ret_len);
/* `own` over `defaults`, in the order of first appearance; Lambda's 4 KB limit is checked. */
void template_environment_merge(struct template_reader *r, const struct app_function *defaults,
                                struct app_function *own);

#endif
