/* SPDX-License-Identifier: BSD-2-Clause */
/* The shell: a line, a command, its output.
 *
 * A command is an awaited body in the frame struct command. It prints into the output buffer, which
 * lies in the console's region, and awaits output_flush where the buffer may be full.
 */
#pragma once
#include "edit.h"
#include "words.h"
#include <protocol/console.h>
#include <protocol/fs.h>
#include <protocol/system.h>

#define INPUT_BYTES 4096u /* of the console's region: keys; the rest is output */
#define PATH_OFFSET 0u    /* in the region of fs: the path, then data */
#define DATA_OFFSET 4096u
#define OUTPUT_ROOM 4096u /* a row of any table fits into this */

struct output {
    struct ipc_end *console;
    struct ipc_message message;
    char *bytes; /* in the console's region, at offset INPUT_BYTES */
    uint64_t size;
    uint64_t used;
    bool in_line; /* the last byte was no end of line */
};

/* Bytes as they are. */
void output_raw(struct output *output, const char *bytes, size_t count);
/* Text of others: a line's end becomes CR LF, other control characters dots. */
void output_text(struct output *output, const char *bytes, size_t count);
/* printf; \n becomes CR LF. At most 1 KiB. */
void output_print(struct output *output, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* So much more fits. */
uint64_t output_room(const struct output *output);
/* Await the writing of what is in the buffer. Value: 0, or E_PEER_DEAD. */
enum co_state output_flush(struct co *co, struct output *output);

struct shell {
    struct co co;
    struct ipc_end *console;
    struct ipc_end *fs;     /* NULL: none */
    struct ipc_end *system; /* NULL: none */
    struct output output;
    struct editor editor;
    struct ipc_message message;
    char folder[PATH_BYTES]; /* where relative paths begin */
    char keys[INPUT_BYTES];
    long key_count;
    long key_next;
    struct command {
        struct co co;
        struct command_step {
            struct co co;
            struct command *command;
        } step; /* a part that is awaited */
        struct shell *shell;
        struct output *output;
        int count; /* words, the first is the command's name */
        char *word[WORDS_MAX];
        struct ipc_message message;
        char path[PATH_BYTES];
        int i;
        bool long_form;
        uint64_t handle;
        uint64_t size;
        uint64_t at;
        uint64_t rows;
        uint32_t column;
        long result;
    } command;
};

/* One command. Words beyond the last (most) or below the first (least) are refused. */
struct command_entry {
    const char *name;
    co_body_t body;
    int least; /* arguments */
    int most;
    const char *usage;
    const char *help;
};
extern const struct command_entry command_table[];
extern const unsigned command_count;

/* The bodies: files.c, system.c, and those of commands.c. */
enum co_state command_ls(struct co *co);
enum co_state command_cat(struct co *co);
enum co_state command_cd(struct co *co);
enum co_state command_pwd(struct co *co);
enum co_state command_ps(struct co *co);
enum co_state command_mem(struct co *co);
enum co_state command_uptime(struct co *co);
enum co_state command_reboot(struct co *co);
enum co_state command_poweroff(struct co *co);
enum co_state command_trace(struct co *co);

/* Run the line at hand (commands.c). */
enum co_state shell_run(struct co *co, struct shell *shell, char *line);
/* Complete the command's name that stands before the cursor. */
void shell_complete(struct shell *shell);

/* Print `command: what: meaning`. */
void command_error(struct command *command, const char *what, long error);
