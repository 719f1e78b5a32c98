/* SPDX-License-Identifier: BSD-2-Clause */
/* The plugin's side to QEMU: arguments, translated blocks, the result at the end.
 *
 *   mode=stretch|coverage|memory    what is measured
 *   out=FILE                 where the result goes when QEMU ends
 *   kernel=FROM-TO           physical addresses at which the kernel runs before translation is on
 *   limit=N                  stretch: what is longer is counted as over the limit
 *   poll=ADDRESS             stretch: a function that takes the waiting interrupts
 *   cause=ADDRESS            stretch: a function that names the stretches that it is called in
 *   wait=FROM-TO             stretch: the code of a spin-wait
 *   layout=FILE              memory: the guest's programs and their marks
 *   ram=BYTES                memory: from 0x80000000 on
 *
 * Addresses are hexadecimal; FROM-TO ends before TO; poll, cause and wait may be repeated.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "memory.h"
#include "qemu_api.h"
#include "stretch.h"

#define KERNEL_FROM   0xffffffc000000000ull /* above: the kernel's half */
#define FIRMWARE_FROM 0x80000000ull         /* M-mode, untranslated */
#define FIRMWARE_TO   0x80200000ull
#define RANGES        64u

QEMU_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

struct range {
    uint64_t from, to;
};
struct ranges {
    unsigned count;
    struct range range[RANGES];
};

/* A block that ran or may run; the list only grows. */
struct block {
    struct block *next;
    uint64_t bytes;
    uint64_t runs; /* coverage */
    struct stretch_block stretch;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below, once harts run */
static struct block *blocks;
static struct stretch stretch;
static struct ranges polls, waits;
static struct range before; /* the kernel, untranslated */
static const char *out_path, *layout_path;
static uint64_t ram_bytes;
static enum { STRETCH, COVERAGE, MEMORY } mode;
static FILE *memory_out;

static bool inside(const struct ranges *ranges, uint64_t address)
{
    for (unsigned i = 0; i < ranges->count; i++) {
        if (address >= ranges->range[i].from && address < ranges->range[i].to)
            return true;
    }
    return false;
}

static void refuse(const char *why, const char *what)
{
    fprintf(stderr, "plugin: %s: %s\n", why, what);
}

/* ---------------------------------------------------------------- arguments */

static bool parse_range(const char *text, struct range *range)
{
    char *end;

    range->from = strtoull(text, &end, 16);
    range->to = range->from + 1;
    if (end != text && *end == '-') {
        text = end + 1;
        range->to = strtoull(text, &end, 16);
    }
    return end != text && *end == '\0' && range->from < range->to;
}

static bool add_range(struct ranges *ranges, const char *text)
{
    return ranges->count < RANGES && parse_range(text, &ranges->range[ranges->count++]);
}

static bool take_mode(const char *value)
{
    static const char *const names[] = {"stretch", "coverage", "memory"};

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        mode = i;
        if (strcmp(value, names[i]) == 0)
            return true;
    }
    return false;
}

static bool take_limit(const char *value)
{
    char *end;

    stretch.limit = strtoull(value, &end, 10);
    return end != value && *end == '\0';
}

static bool take_cause(const char *value)
{
    struct range range;

    return parse_range(value, &range) && stretch_add_cause(&stretch, range.from);
}

static bool take_out(const char *value)
{
    out_path = strdup(value);
    return out_path != NULL;
}

static bool take_layout(const char *value)
{
    layout_path = strdup(value);
    return layout_path != NULL;
}

static bool take_ram(const char *value)
{
    struct range range;

    ram_bytes = parse_range(value, &range) ? range.from : 0;
    return ram_bytes != 0;
}

static bool take_kernel(const char *value)
{
    return parse_range(value, &before);
}

static bool take_poll(const char *value)
{
    return add_range(&polls, value);
}

static bool take_wait(const char *value)
{
    return add_range(&waits, value);
}

static const struct {
    const char *name;
    bool (*take)(const char *value);
} parameters[] = {
    {"mode=", take_mode},   {"out=", take_out},       {"kernel=", take_kernel},
    {"limit=", take_limit}, {"poll=", take_poll},     {"cause=", take_cause},
    {"wait=", take_wait},   {"layout=", take_layout}, {"ram=", take_ram},
};

static bool take(const char *argument)
{
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        size_t bytes = strlen(parameters[i].name);

        if (strncmp(argument, parameters[i].name, bytes) == 0)
            return parameters[i].take(argument + bytes);
    }
    return false;
}

/* ---------------------------------------------------------------- blocks */

static enum stretch_place place_of(uint64_t address)
{
    if (address >= KERNEL_FROM || (address >= before.from && address < before.to))
        return PLACE_KERNEL;
    return address >= FIRMWARE_FROM && address < FIRMWARE_TO ? PLACE_FIRMWARE : PLACE_USER;
}

static struct block *new_block(const struct qemu_plugin_tb *tb)
{
    struct block *block = calloc(1, sizeof *block);
    size_t count = qemu_plugin_tb_n_insns(tb);
    const struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, count - 1);

    if (!block) {
        refuse("out of memory", "blocks");
        abort();
    }
    block->stretch.start = qemu_plugin_tb_vaddr(tb);
    block->stretch.instructions = (uint32_t)count;
    block->bytes =
        qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last) - block->stretch.start;
    block->stretch.place = place_of(block->stretch.start);
    block->stretch.poll = inside(&polls, block->stretch.start);
    block->stretch.wait = inside(&waits, block->stretch.start);
    block->stretch.cause = stretch_find_cause(&stretch, block->stretch.start);
    return block;
}

static void run(unsigned hart, void *data)
{
    struct block *block = data;

    if (hart >= STRETCH_HARTS)
        return;
    if (stretch_ends(&stretch, hart, &block->stretch)) {
        pthread_mutex_lock(&lock);
        stretch_end(&stretch, hart);
        pthread_mutex_unlock(&lock);
    }
    stretch_run(&stretch, hart, &block->stretch);
}

static void translated_memory(const struct qemu_plugin_tb *tb)
{
    static const enum memory_place places[] = {[PLACE_USER] = MEMORY_USER,
                                               [PLACE_KERNEL] = MEMORY_KERNEL,
                                               [PLACE_FIRMWARE] = MEMORY_FIRMWARE};

    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
        memory_translated(qemu_plugin_tb_get_insn(tb, i),
                          places[place_of(qemu_plugin_tb_vaddr(tb))]);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    struct block *block;

    (void)id;
    if (mode == MEMORY) {
        translated_memory(tb);
        return;
    }
    if (mode == COVERAGE && place_of(qemu_plugin_tb_vaddr(tb)) != PLACE_KERNEL)
        return;
    block = new_block(tb);
    pthread_mutex_lock(&lock);
    block->next = blocks;
    blocks = block;
    pthread_mutex_unlock(&lock);
    if (mode == COVERAGE)
        qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_INLINE_ADD, &block->runs, 1);
    else
        qemu_plugin_register_vcpu_tb_exec_cb(tb, run, QEMU_REGISTERS_UNTOUCHED, block);
}

/* ---------------------------------------------------------------- begin and end */

static void report_coverage(FILE *out)
{
    for (const struct block *block = blocks; block; block = block->next) {
        if (block->runs)
            fprintf(out, "ran %" PRIx64 " %" PRIu64 "\n", block->stretch.start, block->bytes);
    }
    fputs("end\n", out);
}

static void ended_memory(void)
{
    if (memory_close())
        fputs("end\n", memory_out);
    if (fclose(memory_out) != 0)
        refuse("cannot write", out_path);
}

static void ended(uint64_t id, void *data)
{
    FILE *out;

    (void)id, (void)data;
    if (mode == MEMORY) {
        ended_memory();
        return;
    }
    out = fopen(out_path, "w");
    if (!out) {
        refuse("cannot write", out_path);
        return;
    }
    pthread_mutex_lock(&lock);
    if (mode == COVERAGE)
        report_coverage(out);
    else
        stretch_report(&stretch, out);
    pthread_mutex_unlock(&lock);
    if (fclose(out) != 0)
        refuse("cannot write", out_path);
}

static bool begin_memory(int harts)
{
    if (harts != 1 || !layout_path || !ram_bytes) {
        refuse("mode=memory", "needs one hart, layout= and ram=");
        return false;
    }
    memory_out = fopen(out_path, "w");
    if (!memory_out || !memory_open(layout_path, ram_bytes, memory_out)) {
        refuse("cannot read or write", layout_path);
        return false;
    }
    return true;
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int count, char **arguments)
{
    if (!info->whole_system || info->harts > (int)STRETCH_HARTS) {
        refuse("only for a machine of up to 8 harts", info->target_name);
        return -1;
    }
    stretch_init(&stretch, UINT64_MAX);
    for (int i = 0; i < count; i++) {
        if (!take(arguments[i])) {
            refuse("bad argument", arguments[i]);
            return -1;
        }
    }
    if (!out_path) {
        refuse("missing argument", "out=FILE");
        return -1;
    }
    if (mode == MEMORY && !begin_memory(info->harts))
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
