/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core.h"
#include "layout.h"
#include "profile.h"

#define RAM_FROM     0x80000000ull
#define KERNEL_FROM  0xffffffc000000000ull /* all physical memory, */
#define KERNEL_IMAGE 0xffffffff00000000ull /* and the kernel's image */
#define SATP_SV39    8u
#define REGISTERS    32u
#define SPACES       256u
#define UNKNOWN      UINT32_MAX
#define BUCKETS      65536u

/* An instruction of the guest; the same one may be translated again. */
struct instruction {
    struct instruction *next;
    uint64_t address;
    uint32_t bits;
    uint8_t bytes;
    enum memory_place place;
    struct decoded decoded;
    const struct layout_mark *marks;
};

struct space {
    uint64_t word;
    unsigned program; /* UNKNOWN: none of the layout's */
};

static struct layout layout;
static struct profile profile;
static struct rocket rocket;
static struct core core;
static FILE *out;
static uint8_t *ram;
static uint64_t ram_bytes;
static struct instruction *buckets[BUCKETS];

static struct space spaces[SPACES];
static unsigned space_count;
static const struct space *space;  /* of the last user instruction */
static uint64_t loaded[REGISTERS]; /* the word that each register was last loaded with */
static enum memory_place place;    /* of the last instruction, */
static struct decoded before;      /* which is this one, */
static uint64_t fetched;           /* from this line */
static unsigned user_stage;
static unsigned rows;
static uint64_t mistakes; /* accesses that went elsewhere than the model thinks */

static bool read_word(void *memory, uint64_t physical, uint64_t *word)
{
    (void)memory;
    if (!ram || physical < RAM_FROM || physical - RAM_FROM > ram_bytes - sizeof *word)
        return false;
    memcpy(word, ram + (physical - RAM_FROM), sizeof *word);
    return true;
}

static void charge_to(uint64_t *cycles)
{
    rocket.cycles = cycles;
}

/* ---------------------------------------------------------------- address spaces */

static bool code_hashes_to(const struct layout_program *program)
{
    uint64_t hash = LAYOUT_HASH, physical, word = 0;

    for (uint64_t at = program->from; at < program->to; at++) {
        if ((at % 8 == 0 || at == program->from) &&
            (!rocket_look(&rocket, at & ~7ull, &physical) || !read_word(NULL, physical, &word)))
            return false;
        hash = layout_hash(hash, (uint8_t)(word >> 8 * (at % 8)));
    }
    return hash == program->hash;
}

static unsigned find_program(void)
{
    for (unsigned i = 0; i < layout.program_count; i++) {
        if (code_hashes_to(&layout.program[i]))
            return i;
    }
    return UNKNOWN;
}

/* The space that satp names; user code is about to run in it, so its code is there. */
static const struct space *find_space(void)
{
    for (unsigned i = 0; i < space_count; i++) {
        if (spaces[i].word == rocket.space)
            return &spaces[i];
    }
    if (space_count == SPACES) {
        fputs("plugin: more than 256 address spaces\n", stderr);
        abort();
    }
    spaces[space_count] = (struct space){rocket.space, find_program()};
    return &spaces[space_count++];
}

static void write_space(unsigned source)
{
    uint64_t word = loaded[source];

    if (word >> 60 == SATP_SV39)
        rocket_space(&rocket, word);
}

/* ---------------------------------------------------------------- stages and marks */

static void enter_user(void)
{
    const struct space *now = find_space();

    if (now != space)
        user_stage = now->program == UNKNOWN ? 0 : layout.program[now->program].stage;
    space = now;
    charge_to(profile_enter(&profile, user_stage));
}

static void enter(const struct instruction *i)
{
    if (i->place > place) {
        charge_to(profile_enter(&profile, LAYOUT_STAGES + user_stage));
        core_trap(&core, &rocket, before.kind == KIND_ECALL);
    }
    if (i->place == MEMORY_USER)
        enter_user();
    place = i->place;
    fetched = 0;
}

static void pass(const struct layout_mark *mark)
{
    switch (mark->kind) {
    case MARK_START:
        charge_to(profile_start(&profile));
        break;
    case MARK_STOP:
        charge_to(profile_stop(&profile));
        break;
    case MARK_OPERATION:
        profile_operation(&profile);
        break;
    case MARK_SAMPLE:
        profile_sample(&profile);
        break;
    case MARK_FORGET:
        profile_forget(&profile);
        break;
    case MARK_ROW:
        rows++;
        profile_row(&profile, rows < layout.row_count ? layout.together[rows] : 1, out);
        break;
    case MARK_STAGE:
        user_stage = mark->stage;
        charge_to(profile_enter(&profile, user_stage));
        break;
    case MARK_KINDS:
        break;
    }
}

static void pass_marks(const struct instruction *i)
{
    const struct layout_mark *mark = i->marks, *end = layout.mark + layout.mark_count;

    for (; mark < end && mark->address == i->address; mark++) {
        if (mark->program == space->program)
            pass(mark);
    }
    fetched = 0; /* the line counts anew where a window or a stage begins */
}

/* ---------------------------------------------------------------- what the guest does */

static bool reach(enum rocket_access access, uint64_t address, uint64_t pc, bool translated,
                  struct rocket_touch *touch)
{
    if (!rocket_access(&rocket, access, address, translated, touch))
        return false;
    profile_touch(&profile, access == ACCESS_FETCH, rocket.space, address, pc, touch);
    return true;
}

static void fetch(const struct instruction *i)
{
    uint64_t first = i->address / ROCKET_LINE, last = (i->address + i->bytes - 1) / ROCKET_LINE;
    struct rocket_touch touch;

    for (uint64_t line = first; line <= last; line++) {
        if (line != fetched)
            reach(ACCESS_FETCH, line == first ? i->address : line * ROCKET_LINE, i->address,
                  i->place != MEMORY_FIRMWARE, &touch);
        fetched = line;
    }
}

static void run(unsigned hart, void *data)
{
    const struct instruction *i = data;

    (void)hart;
    if (i->decoded.kind == KIND_SATP)
        write_space(i->decoded.rs1);
    if (rocket.space == 0)
        return;
    if (i->place != place)
        enter(i);
    if (i->marks && place == MEMORY_USER)
        pass_marks(i);
    fetch(i);
    profile_instruction(&profile);
    core_instruction(&core, &rocket, i->decoded);
    if (i->decoded.kind == KIND_FENCE_SOME || i->decoded.kind == KIND_FENCE_ALL)
        fetched = 0;
    before = i->decoded;
}

static void remember(const struct instruction *i, uint64_t address)
{
    uint64_t physical = address - (address >= KERNEL_IMAGE ? KERNEL_IMAGE : KERNEL_FROM), word;

    if (read_word(NULL, physical, &word))
        loaded[i->decoded.rd] = word;
}

/* Where QEMU says that the access went, or 0. */
static uint64_t told_by_qemu(uint32_t how, uint64_t address)
{
    const struct qemu_plugin_hwaddr *where = qemu_plugin_get_hwaddr(how, address);

    if (!where || qemu_plugin_hwaddr_is_io(where))
        return 0;
    return qemu_plugin_hwaddr_phys_addr(where);
}

/* The model must translate as the machine does: else it has lost an address space or a fence. */
static void check(uint64_t physical, uint32_t how, uint64_t address, uint64_t pc)
{
    uint64_t told = told_by_qemu(how, address);

    if (told == 0 || told == physical)
        return;
    if (mistakes++ == 0)
        fprintf(stderr,
                "plugin: %" PRIx64 " accessed %" PRIx64 ", which is at %" PRIx64 ", not at %" PRIx64
                "\n",
                pc, address, told, physical);
}

static void accessed(unsigned hart, uint32_t how, uint64_t address, void *data)
{
    const struct instruction *i = data;
    bool store = qemu_plugin_mem_is_store(how);
    struct rocket_touch touch;

    (void)hart;
    if (i->place == MEMORY_KERNEL && i->decoded.kind == KIND_LOAD_DOUBLE && address >= KERNEL_FROM)
        remember(i, address);
    if (rocket.space == 0)
        return;
    if (!reach(store ? ACCESS_STORE : ACCESS_LOAD, address, i->address, i->place != MEMORY_FIRMWARE,
               &touch))
        mistakes++;
    else if (i->place != MEMORY_FIRMWARE) /* that may read a program's memory as the program does */
        check(touch.physical, how, address, i->address);
}

/* ---------------------------------------------------------------- translation */

static struct instruction *keep(const struct instruction *like)
{
    struct instruction **bucket = &buckets[(like->address / 2 ^ like->bits) % BUCKETS], *i;

    for (i = *bucket; i; i = i->next) {
        if (i->address == like->address && i->bits == like->bits && i->place == like->place)
            return i;
    }
    i = malloc(sizeof *i);
    if (!i) {
        fputs("plugin: out of memory\n", stderr);
        abort();
    }
    *i = *like;
    i->next = *bucket;
    *bucket = i;
    return i;
}

void memory_translated(struct qemu_plugin_insn *instruction, enum memory_place where)
{
    struct instruction like = {.address = qemu_plugin_insn_vaddr(instruction),
                               .bytes = (uint8_t)qemu_plugin_insn_size(instruction),
                               .place = where};
    struct instruction *i;

    memcpy(&like.bits, qemu_plugin_insn_data(instruction), like.bytes <= 4 ? like.bytes : 4);
    like.decoded = decode(like.bits);
    if (where == MEMORY_USER)
        like.marks = layout_marks(&layout, like.address);
    if (where == MEMORY_FIRMWARE && !ram)
        ram = (uint8_t *)qemu_plugin_insn_haddr(instruction) - (like.address - RAM_FROM);
    i = keep(&like);
    qemu_plugin_register_vcpu_insn_exec_cb(instruction, run, QEMU_REGISTERS_UNTOUCHED, i);
    qemu_plugin_register_vcpu_mem_cb(instruction, accessed, QEMU_REGISTERS_UNTOUCHED, QEMU_ACCESSES,
                                     i);
}

/* ---------------------------------------------------------------- begin and end */

bool memory_open(const char *layout_path, uint64_t bytes, FILE *file)
{
    if (!layout_read(&layout, layout_path))
        return false;
    ram_bytes = bytes;
    out = file;
    profile_init(&profile);
    rocket_init(&rocket, read_word, NULL);
    profile.together = layout.row_count ? layout.together[0] : 1;
    charge_to(profile_enter(&profile, 0));
    return true;
}

bool memory_close(void)
{
    for (unsigned i = 0; i < space_count; i++) {
        fprintf(out, "space %" PRIx64 " ", spaces[i].word);
        if (spaces[i].program == UNKNOWN)
            fputs("-\n", out);
        else
            fprintf(out, "%u\n", spaces[i].program);
    }
    fprintf(out, "mistakes %" PRIu64 "\n", mistakes);
    profile_free(&profile);
    return space_count > 0;
}
