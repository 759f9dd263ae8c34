#include <string.h>

#include "base/limits.h"
#include "completion.h"
#include "verbs.h"

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

static const struct opt_operand operands[] = {
    {.placeholder = "SHELL", .help = "bash, zsh or fish", .choices = shells},
    {0},
};

static const struct command_example examples[] = {
    {"source <(unum completion bash)", "for this shell"},
    {"unum completion zsh > ~/.zfunc/_unum", "for every zsh with ~/.zfunc in fpath"},
    {"unum completion fish > ~/.config/fish/completions/unum.fish", "for every fish"},
    {NULL, NULL},
};

static int run(struct program *p, const void *args, struct unum_err *err)
{
    (void)args;
    (void)err;
    const char *shell = program_operand(p, 0);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (strcmp(shell, "bash") == 0)
        completion_bash(&text);
    else if (strcmp(shell, "zsh") == 0)
        completion_zsh(&text);
    else
        completion_fish(&text);
    if (!program_json(p)) {
        ui_write(&p->out, unum_buf_str(&text));
        return 0;
    }
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "shell");
    json_strings(&w, shell);
    json_key(&w, "script");
    json_string(&w, unum_buf_str(&text));
    json_object_end(&w);
    return 0;
}

const struct command cmd_completion = {
    .name = "completion",
    .summary = "print the completion script of a shell",
    .about = "The scripts complete verbs, options, their values and files, and the names of "
             "functions, sessions and starters, which are read from the application's folder "
             "without using the network.",
    .operands = operands,
    .examples = examples,
    .run = run,
};
