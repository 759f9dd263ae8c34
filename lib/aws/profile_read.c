#include "aws/profile_internal.h"

enum { MAX_NAME = 256, MAX_SECTIONS = 2000, MAX_SETTINGS = 1000 };

struct reader {
    struct aws_profiles *profiles;
    enum aws_profile_file file;
    uint32_t line;
    struct aws_section *section; /* NULL before the first */
    struct aws_setting *setting; /* the latest one of the section */
};

static int complain(const struct reader *reader, struct unum_err *err, const char *what)
{
    return unum_err_set(err, UNUM_E_PARSE, "%.*s:%u: %s",
                        UNUM_STR_ARG(reader->profiles->path[reader->file]), reader->line, what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/*
 * Section headers.
 */
static struct unum_str unquote(struct unum_str name)
{
    if (name.len >= 2 && (name.ptr[0] == '"' || name.ptr[0] == '\'') &&
        name.ptr[name.len - 1] == name.ptr[0])
        return unum_str_slice(name, 1, name.len - 2);
    return name;
}

/* "profile  NAME": the word, a blank, the rest. */
static bool take_word(struct unum_str *text, struct unum_str word)
{
    if (!unum_str_starts(*text, word) || text->len == word.len || !is_blank(text->ptr[word.len]))
        return false;
    *text = unquote(unum_str_trim(unum_str_from_pos(*text, word.len)));
    return true;
}

/* NULL: there are too many. */
static struct aws_section *add_section(struct aws_section **list, struct unum_arena *arena,
                                       enum aws_section_kind kind, struct unum_str name)
{
    struct aws_section **at = list;
    size_t count = 0;
    for (; *at && ((*at)->kind != kind || !unum_str_eq((*at)->name, name)); at = &(*at)->next)
        count++;
    if (count >= MAX_SECTIONS)
        return NULL;
    if (!*at) {
        *at = UNUM_ARENA_NEW(arena, struct aws_section);
        (*at)->kind = kind;
        (*at)->name = name;
    }
    return *at;
}

/* [profile default] replaces what [default] said in the same file, and comes before later ones. */
static void open_default(struct reader *reader, struct aws_section *section, bool with_word)
{
    if (section && with_word && !section->explicit_default) {
        section->explicit_default = true;
        section->settings = NULL;
    }
    reader->section = section;
}

static struct aws_section *stray(struct reader *reader, struct unum_str name)
{
    /* A list of its own: its settings are read and forgotten. */
    return add_section(&reader->profiles->strays, &reader->profiles->arena, AWS_SECTION_PROFILE,
                       name);
}

static void open_section(struct reader *reader, struct unum_str name)
{
    struct unum_arena *arena = &reader->profiles->arena;
    struct aws_section **list = &reader->profiles->sections;
    bool config = reader->file == AWS_FILE_CONFIG;
    struct unum_str rest = name;
    reader->setting = NULL;
    if (config && take_word(&rest, UNUM_STR("sso-session"))) {
        reader->section = add_section(list, arena, AWS_SECTION_SSO_SESSION, rest);
    } else if (config && take_word(&rest, UNUM_STR("services"))) {
        reader->section = add_section(list, arena, AWS_SECTION_SERVICES, rest);
    } else if (config) {
        bool with_word = take_word(&rest, UNUM_STR("profile"));
        rest = with_word ? rest : unquote(name);
        struct aws_section *section = with_word || unum_str_is(rest, "default")
                                          ? add_section(list, arena, AWS_SECTION_PROFILE, rest)
                                          : stray(reader, rest);
        if (section && section->explicit_default && !with_word)
            section = stray(reader, rest);
        open_default(reader, section, with_word && unum_str_is(rest, "default"));
    } else if (take_word(&rest, UNUM_STR("profile"))) {
        reader->section = stray(reader, rest);
    } else {
        reader->section = add_section(list, arena, AWS_SECTION_PROFILE, unquote(name));
    }
    if (reader->section)
        reader->section->in_file[reader->file] = true;
}

static int read_header(struct reader *reader, struct unum_str line, struct unum_err *err)
{
    size_t close = unum_str_find(line, ']');
    if (close == SIZE_MAX)
        return complain(reader, err, "a section's name has no \"]\"");
    struct unum_str after = unum_str_trim(unum_str_from_pos(line, close + 1));
    if (after.len && after.ptr[0] != '#' && after.ptr[0] != ';')
        return complain(reader, err, "there is text after a section's \"]\"");
    struct unum_str name = unum_str_trim(unum_str_slice(line, 1, close - 1));
    if (!name.len)
        return complain(reader, err, "a section has no name");
    if (name.len > MAX_NAME)
        return complain(reader, err, "a section's name is longer than 256 characters");
    open_section(reader, name);
    return reader->section ? 0 : complain(reader, err, "there are too many sections");
}

/*
 * Settings.
 */
static struct unum_str lower(struct unum_arena *arena, struct unum_str key)
{
    char *copy = unum_arena_alloc(arena, key.len + 1);
    for (size_t i = 0; i < key.len; i++)
        copy[i] = (char)(key.ptr[i] >= 'A' && key.ptr[i] <= 'Z' ? key.ptr[i] + 32 : key.ptr[i]);
    return unum_str_of(copy, key.len);
}

static struct unum_str cut_comment(struct unum_str value)
{
    for (size_t i = 1; i < value.len; i++) {
        if ((value.ptr[i] == '#' || value.ptr[i] == ';') && is_blank(value.ptr[i - 1]))
            return unum_str_trim(unum_str_slice(value, 0, i));
    }
    /* A value that is all comment. */
    return value.len && (value.ptr[0] == '#' || value.ptr[0] == ';') ? UNUM_STR("") : value;
}

static int split_setting(struct reader *reader, struct unum_str line, struct aws_setting *ret,
                         struct unum_err *err)
{
    size_t equals = unum_str_find(line, '='), colon = unum_str_find(line, ':');
    size_t at = equals < colon ? equals : colon;
    if (at == SIZE_MAX)
        return complain(reader, err, "this is neither \"key = value\" nor a section");
    struct unum_str key = unum_str_trim(unum_str_slice(line, 0, at));
    if (!key.len)
        return complain(reader, err, "a setting has no name");
    if (key.len > MAX_NAME)
        return complain(reader, err, "a setting's name is longer than 256 characters");
    struct unum_str value = unum_str_trim(unum_str_from_pos(line, at + 1));
    *ret = (struct aws_setting){
        lower(&reader->profiles->arena, key), value, reader->file, reader->line, NULL, NULL};
    if (!unum_str_is(ret->key, "credential_process"))
        ret->value = cut_comment(value);
    return 0;
}

/* The later one of the same file counts. NULL: there are too many. */
static struct aws_setting *put(struct aws_setting **list, struct unum_arena *arena,
                               const struct aws_setting *setting)
{
    struct aws_setting **at = list;
    size_t count = 0;
    for (; *at && ((*at)->file != setting->file || !unum_str_eq((*at)->key, setting->key));
         at = &(*at)->next)
        count++;
    if (count >= MAX_SETTINGS)
        return NULL;
    if (!*at)
        *at = UNUM_ARENA_NEW(arena, struct aws_setting);
    struct aws_setting *next = (*at)->next;
    **at = *setting;
    (*at)->next = next;
    return *at;
}

static int read_setting(struct reader *reader, struct unum_str line, struct unum_err *err)
{
    struct aws_setting setting = {0};
    if (!reader->section)
        return complain(reader, err, "a setting stands before the first section");
    int rc = split_setting(reader, line, &setting, err);
    if (rc < 0)
        return rc;
    reader->setting = put(&reader->section->settings, &reader->profiles->arena, &setting);
    return reader->setting ? 0 : complain(reader, err, "a section has too many settings");
}

/* An indented line: a setting below one without a value, else the continuation of its value,
 * which is the text up to there as it stands. */
static int read_indented(struct reader *reader, struct unum_str line, struct unum_err *err)
{
    struct unum_arena *arena = &reader->profiles->arena;
    struct aws_setting setting = {0}, *parent = reader->setting;
    if (!parent) /* indented for no reason */
        return read_setting(reader, line, err);
    if (parent->value.len) {
        parent->value.len = (size_t)(line.ptr + line.len - parent->value.ptr);
        return 0;
    }
    int rc = split_setting(reader, line, &setting, err);
    if (rc < 0)
        return rc;
    return put(&parent->nested, arena, &setting)
               ? 0
               : complain(reader, err, "a setting has too many settings below it");
}

static int read_line(struct reader *reader, struct unum_str line, struct unum_err *err)
{
    struct unum_str content = unum_str_trim(line);
    if (!content.len || content.ptr[0] == '#' || content.ptr[0] == ';')
        return 0;
    if (content.ptr[0] == '[' && !is_blank(line.ptr[0]))
        return read_header(reader, content, err);
    if (is_blank(line.ptr[0]))
        return read_indented(reader, content, err);
    return read_setting(reader, content, err);
}

int profile_read(struct aws_profiles *profiles, enum aws_profile_file file, struct unum_str text,
                 struct unum_err *err)
{
    struct reader reader = {.profiles = profiles, .file = file};
    struct unum_str rest = text, line;
    if (unum_str_starts(rest, UNUM_STR("\xef\xbb\xbf")))
        rest = unum_str_from_pos(rest, 3);
    while (unum_str_split(&rest, '\n', &line)) {
        reader.line++;
        if (unum_str_find(line, '\0') != SIZE_MAX)
            return complain(&reader, err, "there is a NUL byte: this is no text");
        int rc = read_line(&reader, line, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
