/* SPDX-License-Identifier: BSD-2-Clause */
#include "layout.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool take_program(struct layout *layout, const char *line)
{
    struct layout_program p;

    if (layout->program_count == LAYOUT_PROGRAMS ||
        sscanf(line, "program %" SCNx64 " %" SCNx64 " %" SCNx64 " %u", &p.from, &p.to, &p.hash,
               &p.stage) != 4 ||
        p.from >= p.to || p.stage >= LAYOUT_STAGES)
        return false;
    layout->program[layout->program_count++] = p;
    return true;
}

static bool take_mark(struct layout *layout, const char *line)
{
    struct layout_mark m;
    unsigned kind, at = layout->mark_count;

    if (at == LAYOUT_MARKS ||
        sscanf(line, "mark %u %" SCNx64 " %u %u", &m.program, &m.address, &kind, &m.stage) != 4 ||
        kind >= MARK_KINDS || m.program >= layout->program_count || m.stage >= LAYOUT_STAGES)
        return false;
    m.kind = (enum layout_kind)kind;
    for (; at > 0 && layout->mark[at - 1].address > m.address; at--)
        layout->mark[at] = layout->mark[at - 1];
    layout->mark[at] = m;
    layout->mark_count++;
    return true;
}

static bool take_row(struct layout *layout, const char *line)
{
    unsigned together;

    if (layout->row_count == LAYOUT_ROWS || sscanf(line, "together %u", &together) != 1 ||
        together == 0)
        return false;
    layout->together[layout->row_count++] = together;
    return true;
}

static bool take(struct layout *layout, const char *line)
{
    switch (line[0]) {
    case 'p':
        return take_program(layout, line);
    case 'm':
        return take_mark(layout, line);
    default:
        return take_row(layout, line);
    }
}

bool layout_read(struct layout *layout, const char *path)
{
    FILE *in = fopen(path, "r");
    char line[128];
    bool good = in != NULL;

    memset(layout, 0, sizeof *layout);
    while (good && fgets(line, sizeof line, in))
        good = take(layout, line);
    if (in)
        fclose(in);
    return good;
}

const struct layout_mark *layout_marks(const struct layout *layout, uint64_t address)
{
    for (unsigned i = 0; i < layout->mark_count; i++) {
        if (layout->mark[i].address == address)
            return &layout->mark[i];
    }
    return NULL;
}
