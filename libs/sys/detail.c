/* SPDX-License-Identifier: BSD-2-Clause */
/* Details of errors as sentences; see sys/detail.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/detail.h>
#include <sys/program.h>
#include <sys/syscall.h>

static const struct {
    const char *name;
    const char *cap;       /* what is invoked; "": nothing */
    const char *arguments; /* names with a space between them */
} calls[] = {SYSCALL_TEXTS};
static const char *const objects[] = {OBJECT_TEXTS};
static const char *const rights[] = {"RIGHT_READ", "RIGHT_WRITE", "RIGHT_EXECUTE", "RIGHT_GRANT"};

static struct sys_error_detail last;

void sys_error_note(uint64_t invoked, uint64_t x[8])
{
    last = (struct sys_error_detail){
        .error = (long)x[0],
        .syscall = invoked & 0xff,
        .argument = (unsigned)x[1],
        .needed = x[2],
    };
    x[1] = x[2] = 0;
}

const struct sys_error_detail *sys_error_detail(void)
{
    return &last;
}

/* Text that is written piece by piece; what does not fit is cut. */
struct text {
    char *at;
    size_t room;
};

static __attribute__((format(printf, 2, 3))) void put(struct text *text, const char *format, ...)
{
    va_list list;
    int length;
    size_t used;

    va_start(list, format);
    length = vsnprintf(text->at, text->room, format, list);
    va_end(list);
    used = length < 0 ? 0 : (size_t)length < text->room ? (size_t)length : text->room - 1;
    text->at += used;
    text->room -= used;
}

static void put_argument(struct text *text, const struct sys_error_detail *detail)
{
    const char *name = calls[detail->syscall].arguments;
    size_t length;

    if (detail->argument == 0) {
        put(text, "the invoked %s: ", calls[detail->syscall].cap);
        return;
    }
    for (unsigned n = 1; name && n < detail->argument; n++) {
        name = strchr(name, ' ');
        name = name ? name + 1 : NULL;
    }
    if (!name || !*name || detail->argument == ERROR_NO_ARGUMENT)
        return;
    length = strcspn(name, " ");
    put(text, "argument %.*s: ", (int)length, name);
}

/* The names of the bits that are set. */
static void put_names(struct text *text, uint64_t bits, const char *const *names, unsigned count,
                      const char *between)
{
    const char *separator = "";

    for (unsigned i = 0; i < count; i++) {
        if (!(bits >> i & 1))
            continue;
        put(text, "%s%s", separator, names[i]);
        separator = between;
    }
}

static void put_needed(struct text *text, const struct sys_error_detail *detail)
{
    unsigned long long needed = detail->needed;

    if (detail->error == E_NO_RIGHT && needed) {
        put(text, "needs ");
        put_names(text, needed, rights, sizeof rights / sizeof rights[0], " and ");
        return;
    }
    if (detail->error == E_BAD_TYPE && needed) {
        put(text, "needs ");
        put_names(text, needed, objects, OBJECT_COUNT, " or ");
        return;
    }
    put(text, "%s", error_text(detail->error));
    if (!needed)
        return;
    if (detail->error == E_BAD_ARGUMENT)
        put(text, ": at most %llu", needed);
    else if (detail->error == E_ALIGNMENT)
        put(text, ": needs a multiple of %llu", needed);
    else if (detail->error == E_NO_MEMORY)
        put(text, ": %llu bytes are missing", needed);
    else if (detail->error == E_SLOT_FULL)
        put(text, ": slot %llu", needed);
}

char *sys_error_sentence(const struct sys_error_detail *detail, char *text, size_t bytes)
{
    struct text to = {text, bytes};

    text[0] = '\0';
    if (detail->syscall >= SYS_COUNT) {
        put(&to, "%s", error_text(detail->error));
        return text;
    }
    put(&to, "%s: ", calls[detail->syscall].name);
    put_argument(&to, detail);
    put_needed(&to, detail);
    return text;
}

const char *sys_error_text(long error)
{
    static char text[SYS_SENTENCE_BYTES];

    if (error >= 0 || error != last.error)
        return error_text(error);
    return sys_error_sentence(&last, text, sizeof text);
}
