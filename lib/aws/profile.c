#include "aws/profile.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/profile_internal.h"
#include "base/file.h"
#include "base/limits.h"

struct unum_str aws_variable(const char *name)
{
    /* Nobody sets variables while credentials are looked for. */
    return unum_str_trim(unum_str_from(getenv(name))); /* NOLINT(concurrency-mt-unsafe) */
}

struct unum_str aws_home(struct unum_arena *arena)
{
    struct unum_str home = aws_variable("HOME");
    struct passwd entry, *found = NULL;
    char text[4096];
    if (!home.len && getpwuid_r(getuid(), &entry, text, sizeof(text), &found) == 0 && found)
        home = unum_str_from(found->pw_dir);
    return unum_arena_str(arena, home);
}

struct unum_str aws_expand_path(struct unum_str path, struct unum_arena *arena)
{
    if (!unum_str_starts(path, UNUM_STR("~/")))
        return unum_arena_str(arena, path);
    struct unum_str home = aws_home(arena);
    return unum_arena_printf(arena, "%.*s%.*s", UNUM_STR_ARG(home),
                             UNUM_STR_ARG(unum_str_from_pos(path, 1)));
}

/*
 * Reading.
 */
static const struct {
    const char *variable, *path;
} files[AWS_PROFILE_FILES] = {
    [AWS_FILE_CONFIG] = {"AWS_CONFIG_FILE", "~/.aws/config"},
    [AWS_FILE_CREDENTIALS] = {"AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"},
};

static struct aws_profiles *new_profiles(void)
{
    return unum_alloc(sizeof(struct aws_profiles));
}

void aws_profiles_free(struct aws_profiles *profiles)
{
    if (!profiles)
        return;
    /* All values are views of the texts. */
    for (size_t i = 0; i < AWS_PROFILE_FILES; i++) {
        if (profiles->text[i].len)
            explicit_bzero((char *)(uintptr_t)profiles->text[i].ptr, profiles->text[i].len);
    }
    unum_arena_done(&profiles->arena);
    free(profiles);
}

static int add_text(struct aws_profiles *profiles, enum aws_profile_file file, struct unum_str text,
                    struct unum_err *err)
{
    profiles->present[file] = true;
    if (text.len > UNUM_LIMIT_PROFILES)
        return unum_err_set(err, UNUM_E_LIMIT, "%.*s: longer than %zu bytes",
                            UNUM_STR_ARG(profiles->path[file]), UNUM_LIMIT_PROFILES);
    profiles->text[file] = unum_arena_str(&profiles->arena, text);
    return profile_read(profiles, file, profiles->text[file], err);
}

int aws_profiles_parse(const struct unum_str texts[AWS_PROFILE_FILES],
                       const struct unum_str paths[AWS_PROFILE_FILES], struct aws_profiles **ret,
                       struct unum_err *err)
{
    struct aws_profiles *profiles = new_profiles();
    int rc = 0;
    for (size_t i = 0; i < AWS_PROFILE_FILES; i++)
        profiles->path[i] = unum_arena_str(&profiles->arena, paths[i]);
    for (size_t i = 0; i < AWS_PROFILE_FILES && rc == 0; i++)
        rc = add_text(profiles, (enum aws_profile_file)i, texts[i], err);
    if (rc < 0) {
        aws_profiles_free(profiles);
        return rc;
    }
    *ret = profiles;
    return 0;
}

static bool holds_keys(const struct aws_profiles *profiles, enum aws_profile_file file)
{
    for (const struct aws_section *s = profiles->sections; s; s = s->next) {
        if (aws_section_get_from(s, "aws_secret_access_key", file).len)
            return true;
    }
    return false;
}

static void warn_of_mode(const struct aws_profiles *profiles, enum aws_profile_file file,
                         const struct unum_log *log)
{
    struct stat st;
    const char *path = profiles->path[file].ptr;
    if (!holds_keys(profiles, file) || stat(path, &st) != 0 || !(st.st_mode & 077))
        return;
    unum_logf(log, UNUM_LOG_WARN,
              "%s holds access keys and other users may read or write it (mode %04o); chmod 600 %s",
              path, (unsigned)(st.st_mode & 07777), path);
}

static int load_file(struct aws_profiles *profiles, enum aws_profile_file file,
                     const struct unum_log *log, struct unum_err *err)
{
    struct unum_str named = aws_variable(files[file].variable);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_PROFILES);
    profiles->path[file] =
        aws_expand_path(named.len ? named : unum_str_from(files[file].path), &profiles->arena);
    const char *path = profiles->path[file].ptr;
    /* A folder in between that may not be entered counts as absent only if that is what it is. */
    struct stat st;
    if (stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    int rc = unum_file_read(path, &text, err);
    if (rc == UNUM_E_DENIED)
        (void)unum_err_hint(err, "make it readable for this user: chmod u+r %s", path);
    if (rc == 0)
        rc = add_text(profiles, file, unum_buf_str(&text), err);
    if (text.ptr)
        explicit_bzero(text.ptr, text.cap);
    if (rc == 0)
        warn_of_mode(profiles, file, log);
    return rc;
}

int aws_profiles_load(const struct unum_log *log, struct aws_profiles **ret, struct unum_err *err)
{
    struct aws_profiles *profiles = new_profiles();
    int rc = 0;
    for (size_t i = 0; i < AWS_PROFILE_FILES && rc == 0; i++)
        rc = load_file(profiles, (enum aws_profile_file)i, log, err);
    if (rc < 0) {
        aws_profiles_free(profiles);
        return rc;
    }
    *ret = profiles;
    return 0;
}

/*
 * Asking.
 */
const struct aws_section *aws_profiles_find(const struct aws_profiles *profiles,
                                            enum aws_section_kind kind, struct unum_str name)
{
    const struct aws_section *section = profiles ? profiles->sections : NULL;
    while (section && (section->kind != kind || !unum_str_eq(section->name, name)))
        section = section->next;
    return section;
}

static const char *const kind_names[] = {
    [AWS_SECTION_PROFILE] = "profile",
    [AWS_SECTION_SSO_SESSION] = "sso-session",
    [AWS_SECTION_SERVICES] = "services",
};

static const struct aws_section *nearest(const struct aws_profiles *profiles,
                                         enum aws_section_kind kind, struct unum_str name)
{
    const struct aws_section *best = NULL;
    size_t least = 3;
    for (const struct aws_section *s = profiles->sections; s; s = s->next) {
        size_t distance = s->kind == kind ? unum_str_distance(s->name, name, least) : least;
        if (distance < least) {
            best = s;
            least = distance;
        }
    }
    return best;
}

static void hint_at(const struct aws_profiles *profiles, enum aws_section_kind kind,
                    struct unum_str name, struct unum_err *err)
{
    for (const struct aws_section *s = profiles->strays; s && kind == AWS_SECTION_PROFILE;
         s = s->next) {
        if (!unum_str_eq(s->name, name))
            continue;
        if (s->in_file[AWS_FILE_CONFIG])
            (void)unum_err_hint(err, "in the config file the section's name is [profile %.*s]",
                                UNUM_STR_ARG(name));
        else
            (void)unum_err_hint(err, "in the credentials file the section's name is [%.*s]",
                                UNUM_STR_ARG(name));
        return;
    }
    const struct aws_section *other = nearest(profiles, kind, name);
    if (other)
        (void)unum_err_hint(err, "did you mean \"%.*s\"?", UNUM_STR_ARG(other->name));
}

int aws_profiles_need(const struct aws_profiles *profiles, enum aws_section_kind kind,
                      struct unum_str name, const struct aws_section **ret, struct unum_err *err)
{
    const struct aws_section *section = aws_profiles_find(profiles, kind, name);
    if (section) {
        *ret = section;
        return 0;
    }
    (void)unum_err_set(err, UNUM_E_NOTFOUND, "%s \"%.*s\" is neither in %.*s%s nor in %.*s%s",
                       kind_names[kind], UNUM_STR_ARG(name),
                       UNUM_STR_ARG(profiles->path[AWS_FILE_CONFIG]),
                       profiles->present[AWS_FILE_CONFIG] ? "" : " (no such file)",
                       UNUM_STR_ARG(profiles->path[AWS_FILE_CREDENTIALS]),
                       profiles->present[AWS_FILE_CREDENTIALS] ? "" : " (no such file)");
    hint_at(profiles, kind, name, err);
    return UNUM_E_NOTFOUND;
}

static const struct aws_setting *find(const struct aws_setting *setting, const char *key)
{
    const struct aws_setting *found = NULL;
    for (; setting; setting = setting->next) {
        /* Of two files' the credentials file's. */
        if (unum_str_is(setting->key, key) && (!found || setting->file == AWS_FILE_CREDENTIALS))
            found = setting;
    }
    return found;
}

const struct aws_setting *aws_section_setting(const struct aws_section *section, const char *key)
{
    return section ? find(section->settings, key) : NULL;
}

struct unum_str aws_section_get(const struct aws_section *section, const char *key)
{
    const struct aws_setting *setting = aws_section_setting(section, key);
    return setting ? setting->value : UNUM_STR("");
}

struct unum_str aws_section_get_from(const struct aws_section *section, const char *key,
                                     enum aws_profile_file file)
{
    for (const struct aws_setting *s = section ? section->settings : NULL; s; s = s->next) {
        if (s->file == file && unum_str_is(s->key, key))
            return s->value;
    }
    return UNUM_STR("");
}

const struct aws_setting *aws_section_nested(const struct aws_section *section, const char *key,
                                             const char *nested)
{
    const struct aws_setting *setting = aws_section_setting(section, key);
    return setting ? find(setting->nested, nested) : NULL;
}
