#include "completion.h"

#include <string.h>

#include "base/limits.h"

const char *completion_kind(enum opt_complete kind)
{
    static const char *const kinds[] = {
        [OPT_COMPLETE_FUNCTION] = "function", [OPT_COMPLETE_SESSION] = "session",
        [OPT_COMPLETE_TEMPLATE] = "template", [OPT_COMPLETE_VERB] = "verb",
        [OPT_COMPLETE_CODE] = "code",         [OPT_COMPLETE_STAGE] = "stage",
        [OPT_COMPLETE_STACK] = "stack",
    };
    return kinds[kind];
}

void completion_each(void (*each)(void *cookie, const struct command *command, const char *path),
                     void *cookie)
{
    for (const struct command_row *row = commands; row->command; row++) {
        if (row->group == GROUP_HIDDEN)
            continue;
        if (!row->command->subcommands)
            each(cookie, row->command, row->command->name);
        for (size_t i = 0; row->command->subcommands && row->command->subcommands[i]; i++) {
            struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
            const struct command *sub = row->command->subcommands[i];
            unum_buf_printf(&path, "%s %s", row->command->name, sub->name);
            each(cookie, sub, unum_buf_text(&path));
        }
    }
}

static bool takes_path(const struct opt_row *row)
{
    return row->complete == OPT_COMPLETE_FILE ||
           (row->type == OPT_FILE && row->complete == OPT_COMPLETE_NONE);
}

/* ---- bash ----------------------------------------------------------------------------------- */

static void add_words(struct unum_buf *out, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        unum_buf_printf(out, "%s%s", i ? " " : "", words[i]);
}

static void bash_action(struct unum_buf *out, enum opt_complete kind, const char *const *choices,
                        bool path)
{
    if (choices) {
        unum_buf_adds(out, "_unum_offer ");
        add_words(out, choices);
    } else if (kind == OPT_COMPLETE_DIR) {
        unum_buf_adds(out, "_unum_paths -d");
    } else if (path || kind == OPT_COMPLETE_FILE) {
        unum_buf_adds(out, "_unum_paths -f");
    } else if (completion_kind(kind)) {
        unum_buf_printf(out, "_unum_names %s", completion_kind(kind));
    } else {
        unum_buf_adds(out, ":");
    }
    unum_buf_adds(out, "; return ;;\n");
}

/* `open` begins the pattern: "\"run " for one verb, "*\" " for all. */
static void bash_values(struct unum_buf *out, const struct opt_row *rows, const char *open)
{
    for (const struct opt_row *row = rows; row && row->name; row++) {
        if (!opt_takes_value(row))
            continue;
        if (row->letter)
            unum_buf_printf(out, "    %s-%c\"|", open, row->letter);
        else
            unum_buf_adds(out, "    ");
        unum_buf_printf(out, "%s--%s\") ", open, row->name);
        bash_action(out, row->complete, row->choices, takes_path(row));
    }
}

static void bash_verb_values(void *cookie, const struct command *command, const char *path)
{
    struct unum_buf UNUM_AUTO_BUF open = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_printf(&open, "\"%s ", path);
    bash_values(cookie, command->options, unum_buf_text(&open));
}

static void bash_option_words(struct unum_buf *out, const struct opt_row *rows)
{
    for (const struct opt_row *row = rows; row && row->name; row++) {
        if (row->letter)
            unum_buf_printf(out, " -%c", row->letter);
        unum_buf_printf(out, " --%s", row->name);
    }
}

static void bash_verb(void *cookie, const struct command *command, const char *path)
{
    struct unum_buf *out = cookie;
    unum_buf_printf(out, "    \"%s\")\n        options=\"", path);
    struct unum_buf UNUM_AUTO_BUF words = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    bash_option_words(&words, command->options);
    unum_buf_add(out, unum_str_trim(unum_buf_str(&words)));
    unum_buf_adds(out, "\"\n");
    const struct opt_operand *operand = command->operands;
    if (operand && operand->placeholder) {
        unum_buf_adds(out, "        [[ $cur == -* ]] || { ");
        struct unum_buf UNUM_AUTO_BUF action = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        bash_action(&action, operand->complete, operand->choices, false);
        unum_buf_truncate(&action, action.len - 4);
        unum_buf_printf(out, "%s; }\n", unum_buf_text(&action));
    }
    unum_buf_adds(out, "        ;;\n");
}

static void bash_verb_lists(struct unum_buf *out)
{
    unum_buf_adds(out, "    \"\") [[ $cur == -* ]] || { _unum_offer");
    for (const struct command_row *row = commands; row->command; row++) {
        if (row->group != GROUP_HIDDEN)
            unum_buf_printf(out, " %s", row->command->name);
    }
    unum_buf_adds(out, "; return; } ;;\n");
    for (const struct command_row *row = commands; row->command; row++) {
        if (!row->command->subcommands)
            continue;
        unum_buf_printf(out, "    \"%s\") [[ $cur == -* ]] || { _unum_offer", row->command->name);
        for (size_t i = 0; row->command->subcommands[i]; i++)
            unum_buf_printf(out, " %s", row->command->subcommands[i]->name);
        unum_buf_adds(out, "; return; } ;;\n");
    }
}

/* The patterns of words that swallow the next one while the verb is looked for. */
static void bash_swallowing(struct unum_buf *out)
{
    bool first = true;
    for (const struct opt_row *row = global_options; row->name; row++) {
        if (!opt_takes_value(row) || row->letter == 'C')
            continue; /* -C has a branch of its own */
        if (row->letter)
            unum_buf_printf(out, "%s-%c", first ? "" : "|", row->letter);
        unum_buf_printf(out, "%s--%s", first && !row->letter ? "" : "|", row->name);
        first = false;
    }
}

static void bash_parents(struct unum_buf *out)
{
    bool first = true;
    for (const struct command_row *row = commands; row->command; row++) {
        if (!row->command->subcommands)
            continue;
        unum_buf_printf(out, "%s%s", first ? "" : "|", row->command->name);
        first = false;
    }
}

static const char bash_head[] =
    "# bash completion of unum, made from its table of verbs by `unum completion bash`.\n"
    "\n"
    "_unum_offer() {\n"
    "    local word\n"
    "    for word; do [[ $word == \"$cur\"* ]] && COMPREPLY+=(\"$word\"); done\n"
    "}\n"
    "\n"
    "_unum_paths() {\n"
    "    local word\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    while IFS= read -r word; do COMPREPLY+=(\"$word\"); done < <(compgen \"$1\" -- \"$cur\")\n"
    "}\n"
    "\n"
    "_unum_names() {\n"
    "    local word\n"
    "    while IFS= read -r word; do\n"
    "        [[ $word == \"$cur\"* ]] && COMPREPLY+=(\"$word\")\n"
    "    done < <(\"${COMP_WORDS[0]}\" ${dir:+-C \"$dir\"} __complete \"$1\" 2>/dev/null)\n"
    "}\n"
    "\n"
    "_unum() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local path=\"\" dir=\"\" options=\"\" i\n"
    "    COMPREPLY=()\n"
    "    # \"--name=value\" arrives as three words.\n"
    "    if [[ $cur == = ]]; then\n"
    "        cur=\"\"\n"
    "    elif [[ $prev == = ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        -C|--directory) dir=${COMP_WORDS[++i]} ;;\n";

void completion_bash(struct unum_buf *out)
{
    unum_buf_adds(out, bash_head);
    unum_buf_adds(out, "        ");
    bash_swallowing(out);
    unum_buf_adds(out, ") ((i++)) ;;\n"
                       "        -*|=) ;;\n"
                       "        *)\n"
                       "            case $path in\n"
                       "            \"\") path=${COMP_WORDS[i]} ;;\n"
                       "            ");
    bash_parents(out);
    unum_buf_adds(out, ") path=\"$path ${COMP_WORDS[i]}\" ;;\n"
                       "            esac ;;\n"
                       "        esac\n"
                       "    done\n"
                       "    case \"$path $prev\" in\n");
    completion_each(bash_verb_values, out);
    bash_values(out, global_options, "*\" ");
    unum_buf_adds(out, "    esac\n    case $path in\n");
    bash_verb_lists(out);
    completion_each(bash_verb, out);
    unum_buf_adds(out, "    esac\n    # shellcheck disable=SC2086\n    _unum_offer $options");
    bash_option_words(out, global_options);
    unum_buf_adds(out, "\n}\n\ncomplete -F _unum unum unum-cli\n");
}

/* ---- zsh ------------------------------------------------------------------------------------ */

/* Inside '...' of an _arguments specification. */
static void zsh_text(struct unum_buf *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("[]:\\", *text))
            unum_buf_addc(out, '\\');
        if (*text == '\'')
            unum_buf_adds(out, "'\\'");
        unum_buf_addc(out, *text);
    }
}

static void zsh_action(struct unum_buf *out, enum opt_complete kind, const char *const *choices,
                       bool path)
{
    if (choices) {
        unum_buf_addc(out, '(');
        add_words(out, choices);
        unum_buf_addc(out, ')');
    } else if (kind == OPT_COMPLETE_DIR) {
        unum_buf_adds(out, "_files -/");
    } else if (path || kind == OPT_COMPLETE_FILE) {
        unum_buf_adds(out, "_files");
    } else if (completion_kind(kind)) {
        unum_buf_printf(out, "_unum_names %s", completion_kind(kind));
    } else {
        unum_buf_addc(out, ' ');
    }
}

static void zsh_option(struct unum_buf *out, const struct opt_row *row)
{
    bool value = opt_takes_value(row);
    unum_buf_adds(out, "        ");
    if (row->type == OPT_LIST || row->type == OPT_COUNT)
        unum_buf_adds(out, "'*'");
    else if (row->letter)
        unum_buf_printf(out, "'(-%c --%s)'", row->letter, row->name);
    if (row->letter)
        unum_buf_printf(out, "{-%c%s,--%s%s}", row->letter, value ? "+" : "", row->name,
                        value ? "=" : "");
    else
        unum_buf_printf(out, "--%s%s", row->name, value ? "=" : "");
    unum_buf_adds(out, "'[");
    zsh_text(out, row->help);
    unum_buf_addc(out, ']');
    if (value) {
        unum_buf_printf(out, ":%s:", row->placeholder);
        zsh_action(out, row->complete, row->choices, takes_path(row));
    }
    unum_buf_adds(out, "' \\\n");
}

static void zsh_command(struct unum_buf *out, const struct command *command)
{
    unum_buf_adds(out, "    _arguments -s -S $globals \\\n");
    for (const struct opt_row *row = command->options; row && row->name; row++)
        zsh_option(out, row);
    for (const struct opt_operand *row = command->operands; row && row->placeholder; row++) {
        unum_buf_printf(out, "        '%s:%s:",
                        row->repeated   ? "*"
                        : row->optional ? ":"
                                        : "",
                        row->placeholder);
        zsh_action(out, row->complete, row->choices, false);
        unum_buf_adds(out, "' \\\n");
    }
    unum_buf_adds(out, "        && return 0\n");
}

static void zsh_function(void *cookie, const struct command *command, const char *path)
{
    struct unum_buf *out = cookie;
    unum_buf_adds(out, "_unum_");
    for (; *path; path++)
        unum_buf_add(out, *path == ' ' ? UNUM_STR("_") : unum_str_of(path, 1));
    unum_buf_adds(out, "() {\n");
    zsh_command(out, command);
    unum_buf_adds(out, "}\n\n");
}

static void zsh_describe(struct unum_buf *out, const struct command *command)
{
    unum_buf_printf(out, "        '%s:", command->name);
    zsh_text(out, command->summary);
    unum_buf_adds(out, "'\n");
}

static void zsh_dispatch(struct unum_buf *out, const char *prefix)
{
    unum_buf_printf(out,
                    "    _arguments -C -s -S $globals '1:verb:->verb' '*::rest:->rest'\n"
                    "    case $state in\n"
                    "    verb) _describe verb verbs ;;\n"
                    "    rest) (( $+functions[%s$line[1]] )) && %s$line[1] ;;\n"
                    "    esac\n}\n\n",
                    prefix, prefix);
}

static void zsh_parent(struct unum_buf *out, const struct command *command)
{
    unum_buf_printf(out, "_unum_%s() {\n    local state line\n    local -a verbs=(\n",
                    command->name);
    for (size_t i = 0; command->subcommands[i]; i++)
        zsh_describe(out, command->subcommands[i]);
    unum_buf_adds(out, "    )\n");
    struct unum_buf UNUM_AUTO_BUF prefix = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_printf(&prefix, "_unum_%s_", command->name);
    zsh_dispatch(out, unum_buf_text(&prefix));
}

void completion_zsh(struct unum_buf *out)
{
    unum_buf_adds(out, "#compdef unum unum-cli\n"
                       "# zsh completion of unum, made from its table of verbs by `unum "
                       "completion zsh`.\n\n"
                       "_unum_names() {\n"
                       "    local -a names\n"
                       "    names=(${(f)\"$(unum __complete $1 2>/dev/null)\"})\n"
                       "    compadd -a names\n"
                       "}\n\n");
    completion_each(zsh_function, out);
    for (const struct command_row *row = commands; row->command; row++) {
        if (row->command->subcommands)
            zsh_parent(out, row->command);
    }
    unum_buf_adds(out, "_unum() {\n    local state line\n    local -a globals=(\n");
    for (const struct opt_row *row = global_options; row->name; row++) {
        zsh_option(out, row);
        unum_buf_truncate(out, out->len - 3); /* no continuation inside an array */
        unum_buf_addc(out, '\n');
    }
    unum_buf_adds(out, "    )\n    local -a verbs=(\n");
    for (const struct command_row *row = commands; row->command; row++) {
        if (row->group != GROUP_HIDDEN)
            zsh_describe(out, row->command);
    }
    unum_buf_adds(out, "    )\n");
    zsh_dispatch(out, "_unum_");
    unum_buf_adds(out, "_unum \"$@\"\n");
}

/* ---- fish ----------------------------------------------------------------------------------- */

static void fish_text(struct unum_buf *out, const char *text)
{
    unum_buf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            unum_buf_addc(out, '\\');
        unum_buf_addc(out, *text);
    }
    unum_buf_addc(out, '\'');
}

static void fish_action(struct unum_buf *out, enum opt_complete kind, const char *const *choices,
                        bool path)
{
    if (choices) {
        unum_buf_adds(out, " -x -a '");
        add_words(out, choices);
        unum_buf_addc(out, '\'');
    } else if (kind == OPT_COMPLETE_DIR) {
        unum_buf_adds(out, " -x -a '(__fish_complete_directories)'");
    } else if (path || kind == OPT_COMPLETE_FILE) {
        unum_buf_adds(out, " -r -F");
    } else if (completion_kind(kind)) {
        unum_buf_printf(out, " -x -a '(unum __complete %s 2>/dev/null)'", completion_kind(kind));
    } else {
        unum_buf_adds(out, " -x");
    }
}

static void fish_options(struct unum_buf *out, const struct opt_row *rows, const char *condition)
{
    for (const struct opt_row *row = rows; row && row->name; row++) {
        unum_buf_printf(out, "complete -c unum%s", condition);
        if (row->letter)
            unum_buf_printf(out, " -s %c", row->letter);
        unum_buf_printf(out, " -l %s", row->name);
        if (opt_takes_value(row))
            fish_action(out, row->complete, row->choices, takes_path(row));
        unum_buf_adds(out, " -d ");
        fish_text(out, row->help);
        unum_buf_addc(out, '\n');
    }
}

static void fish_verb(void *cookie, const struct command *command, const char *path)
{
    struct unum_buf *out = cookie;
    struct unum_buf UNUM_AUTO_BUF condition = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct unum_str rest = unum_str_from(path), word;
    unum_buf_adds(&condition, " -n '");
    for (bool first = true; unum_str_split(&rest, ' ', &word); first = false)
        unum_buf_printf(&condition, "%s__fish_seen_subcommand_from %.*s", first ? "" : "; and ",
                        UNUM_STR_ARG(word));
    unum_buf_addc(&condition, '\'');
    fish_options(out, command->options, unum_buf_text(&condition));
    const struct opt_operand *row = command->operands;
    if (row && row->placeholder) {
        unum_buf_printf(out, "complete -c unum%s", unum_buf_text(&condition));
        fish_action(out, row->complete, row->choices, false);
        unum_buf_addc(out, '\n');
    }
}

static void fish_word(struct unum_buf *out, const char *condition, const struct command *command)
{
    unum_buf_printf(out, "complete -c unum -n '%s' -a %s -d ", condition, command->name);
    fish_text(out, command->summary);
    unum_buf_addc(out, '\n');
}

void completion_fish(struct unum_buf *out)
{
    unum_buf_adds(out, "# fish completion of unum, made from its table of verbs by `unum "
                       "completion fish`.\n"
                       "complete -c unum-cli -w unum\n"
                       "complete -c unum -f\n");
    for (const struct command_row *row = commands; row->command; row++) {
        if (row->group != GROUP_HIDDEN)
            fish_word(out, "__fish_use_subcommand", row->command);
        for (size_t i = 0; row->command->subcommands && row->command->subcommands[i]; i++) {
            struct unum_buf UNUM_AUTO_BUF condition = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
            unum_buf_printf(&condition, "__fish_seen_subcommand_from %s", row->command->name);
            fish_word(out, unum_buf_text(&condition), row->command->subcommands[i]);
        }
    }
    fish_options(out, global_options, "");
    completion_each(fish_verb, out);
}
