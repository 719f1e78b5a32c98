/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands, how a line becomes one, and those that need nobody. */
#include "shell.h"
#include <string.h>
#include <sys/program.h>

void command_error(struct command *command, const char *what, long error)
{
    output_print(command->output, "%s: ", command->word[0]);
    if (what) {
        output_text(command->output, what, strlen(what));
        output_print(command->output, ": ");
    }
    output_print(command->output, "%s\n", error_text(error));
}

static enum co_state command_help(struct co *co)
{
    struct command *command = co_frame(struct command, co);

    for (unsigned i = 0; i < command_count; i++)
        output_print(command->output, "  %-16s %s\n", command_table[i].usage,
                     command_table[i].help);
    co_return(0);
}

static enum co_state command_echo(struct co *co)
{
    struct command *command = co_frame(struct command, co);

    for (int i = 1; i < command->count; i++) {
        output_text(command->output, command->word[i], strlen(command->word[i]));
        output_print(command->output, i + 1 < command->count ? " " : "");
    }
    output_print(command->output, "\n");
    co_return(0);
}

#define ANY ((int)WORDS_MAX)

const struct command_entry command_table[] = {
    {"help", command_help, 0, 0, "help", "show this list"},
    {"ps", command_ps, 0, 0, "ps", "processes: state, time, memory, capabilities"},
    {"ls", command_ls, 0, ANY, "ls [-l] [PATH...]", "what a folder holds"},
    {"cat", command_cat, 1, ANY, "cat FILE...", "show files"},
    {"cd", command_cd, 0, 1, "cd [FOLDER]", "go to a folder"},
    {"pwd", command_pwd, 0, 0, "pwd", "which folder this is"},
    {"echo", command_echo, 0, ANY, "echo [WORD...]", "show the words"},
    {"mem", command_mem, 0, 0, "mem", "memory, and what the processes count"},
    {"uptime", command_uptime, 0, 0, "uptime", "time since the start"},
    {"trace", command_trace, 1, 1, "trace on|off|dump", "what the kernel does, for tools/trace"},
    {"reboot", command_reboot, 0, 0, "reboot", "start the machine anew"},
    {"poweroff", command_poweroff, 0, 0, "poweroff", "stop the machine"},
};
const unsigned command_count = sizeof command_table / sizeof *command_table;

static const struct command_entry *find(const char *name)
{
    for (unsigned i = 0; i < command_count; i++)
        if (strcmp(command_table[i].name, name) == 0)
            return &command_table[i];
    return NULL;
}

/* What the words ask for; NULL, and an error or nothing printed, if nothing. */
static const struct command_entry *choose(struct command *command)
{
    const struct command_entry *entry;

    if (command->count < 0)
        output_print(command->output, "shell: %s\n",
                     command->count == -1 ? "a quote is not closed" : "too many words");
    if (command->count <= 0)
        return NULL;
    entry = find(command->word[0]);
    if (!entry) {
        output_text(command->output, command->word[0], strlen(command->word[0]));
        output_print(command->output, ": unknown command; type help\n");
    } else if (command->count - 1 < entry->least || command->count - 1 > entry->most) {
        output_print(command->output, "usage: %s\n", entry->usage);
        return NULL;
    }
    return entry;
}

enum co_state shell_run(struct co *co, struct shell *shell, char *line)
{
    struct command *command = &shell->command;
    const struct command_entry *entry;

    command->shell = shell;
    command->output = &shell->output;
    command->count = words_split(line, command->word);
    entry = choose(command);
    co->value = 0;
    return entry ? co_call(co, &command->co, entry->body) : CO_DONE;
}

void shell_complete(struct shell *shell)
{
    struct editor *editor = &shell->editor;
    const char *match = NULL;

    for (unsigned i = 0; i < command_count; i++) {
        const char *name = command_table[i].name;

        if (editor->cursor > strlen(name) || memcmp(name, editor->line, editor->cursor) != 0)
            continue;
        if (match) /* more than one */
            return;
        match = name;
    }
    if (!match || editor->cursor != editor->bytes)
        return;
    match += editor->cursor;
    edit_insert(editor, match, strlen(match));
    edit_insert(editor, " ", 1);
}
