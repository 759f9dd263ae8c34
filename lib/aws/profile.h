/*
 * profile: the shared AWS config and credentials files (~/.aws/config, ~/.aws/credentials).
 *
 * Both are read once and merged: a profile that is in both has the keys of both, and of a key that
 * is in both the credentials file's. Nothing here interprets a value. Values may be secrets: no
 * message holds one.
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files"; where SDKs and
 * the AWS CLI differ in what they accept, either is accepted.
 *
 *   [default]                      config: the default profile; credentials: any [name]
 *   [profile NAME]                 config file; NAME may be in quotation marks
 *   [sso-session NAME]  [services NAME]
 *   key = value                    keys without regard to case; ":" serves as "=" too
 *     nested = value               indented, below a key without a value
 *   # comment, ; comment           whole lines, and behind a value and a blank, except in
 *                                  credential_process, where they would be part of a command
 */
#ifndef UNUM_AWS_PROFILE_H
#define UNUM_AWS_PROFILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"

enum aws_profile_file { AWS_FILE_CONFIG, AWS_FILE_CREDENTIALS, AWS_PROFILE_FILES };

struct aws_setting {
    struct unum_str key; /* lower case */
    struct unum_str value;
    enum aws_profile_file file;
    uint32_t line;
    struct aws_setting *nested; /* of a key without a value; in order */
    struct aws_setting *next;
};

enum aws_section_kind { AWS_SECTION_PROFILE, AWS_SECTION_SSO_SESSION, AWS_SECTION_SERVICES };

struct aws_section {
    enum aws_section_kind kind;
    struct unum_str name;
    bool in_file[AWS_PROFILE_FILES];
    bool explicit_default; /* named [profile default], which replaces [default] */
    struct aws_setting *settings;
    struct aws_section *next;
};

struct aws_profiles {
    struct unum_arena arena;
    struct unum_str path[AWS_PROFILE_FILES]; /* as named in messages */
    struct unum_str text[AWS_PROFILE_FILES];
    bool present[AWS_PROFILE_FILES];
    struct aws_section *sections;
    struct aws_section *strays; /* sections whose name makes them no profile: for hints only */
};

/* Read both files: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE ("~/" is the home folder), else
 * below ~/.aws. An absent file is empty. PARSE with "PATH:LINE: ..." for a line that is none; IO
 * and DENIED for a file that cannot be read; LIMIT beyond UNUM_LIMIT_PROFILES. A file with keys
 * that others may read is told to `log` (may be NULL). The caller frees. */
UNUM_CHECKED int aws_profiles_load(const struct unum_log *log, struct aws_profiles **ret,
                                   struct unum_err *err);
/* The same for texts: one per file; `paths` are for messages only. */
UNUM_CHECKED int aws_profiles_parse(const struct unum_str texts[AWS_PROFILE_FILES],
                                    const struct unum_str paths[AWS_PROFILE_FILES],
                                    struct aws_profiles **ret, struct unum_err *err);
void aws_profiles_free(struct aws_profiles *profiles); /* wipes; accepts NULL */

/* The section, or NULL. NULL profiles have none. */
const struct aws_section *aws_profiles_find(const struct aws_profiles *profiles,
                                            enum aws_section_kind kind, struct unum_str name);
/* NOTFOUND for a profile that is not there: where it was looked for, and a hint with the nearest
 * name. */
UNUM_CHECKED int aws_profiles_need(const struct aws_profiles *profiles, enum aws_section_kind kind,
                                   struct unum_str name, const struct aws_section **ret,
                                   struct unum_err *err);

/* The setting in effect, or NULL; `section` may be NULL. */
const struct aws_setting *aws_section_setting(const struct aws_section *section, const char *key);
/* Its value in effect, or empty. */
struct unum_str aws_section_get(const struct aws_section *section, const char *key);
/* The value one file gives, or empty. */
struct unum_str aws_section_get_from(const struct aws_section *section, const char *key,
                                     enum aws_profile_file file);
/* Of the nested settings below `key`, the one called `nested`; empty if there is none. */
const struct aws_setting *aws_section_nested(const struct aws_section *section, const char *key,
                                             const char *nested);

/* A variable of the environment without blanks around it; empty if it is not set. */
struct unum_str aws_variable(const char *name);
/* The home folder: HOME, else the user data base's; empty if there is none. */
struct unum_str aws_home(struct unum_arena *arena);
/* `path` with a leading "~/" replaced. */
struct unum_str aws_expand_path(struct unum_str path, struct unum_arena *arena);

#endif
