/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stddef.h>
#include <bundle/bundle.h>

#define PAGE 4096ull

static bool lies_inside(const struct bundle *bundle, uint64_t offset, uint64_t bytes)
{
    return offset % PAGE == 0 && offset <= bundle->bytes && bytes <= bundle->bytes - offset;
}

const char *bundle_open(struct bundle *bundle, const void *base, uint64_t bytes)
{
    const struct bundle_header *header = base;

    *bundle = (struct bundle){.base = base};
    if (bytes < sizeof *header || header->magic != BUNDLE_MAGIC)
        return "it does not begin with its magic number";
    if (header->bytes > bytes || header->bytes < sizeof *header || header->bytes % PAGE != 0)
        return "its length is wrong";
    if (header->entry_count > (header->bytes - sizeof *header) / sizeof(struct bundle_entry))
        return "it has more entries than fit";
    bundle->bytes = header->bytes;
    bundle->entries = (const struct bundle_entry *)(header + 1);
    bundle->entry_count = header->entry_count;
    for (uint64_t i = 0; i < bundle->entry_count; i++) {
        if (bundle->entries[i].name[BUNDLE_NAME_BYTES - 1] != '\0')
            return "an entry's name has no end";
    }
    return NULL;
}

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

const struct bundle_entry *bundle_find(const struct bundle *bundle, const char *name)
{
    for (uint64_t i = 0; i < bundle->entry_count; i++) {
        if (same(bundle->entries[i].name, name))
            return &bundle->entries[i];
    }
    return NULL;
}

/* Code and constants in one place; data in the other, which they begin. */
static bool is_in_place(const struct bundle_segment *segment)
{
    bool data = segment->rights & RIGHT_WRITE;
    uint64_t from = data ? DATA_BASE : IMAGE_BASE, to = data ? CHANNEL_BASE : STACKS_BASE;

    return segment->vaddr >= from && segment->vaddr <= (data ? from : to) &&
           segment->bytes_memory <= to - segment->vaddr;
}

static const char *check_segment(const struct bundle *bundle, const struct bundle_segment *segment)
{
    const uint64_t both = RIGHT_WRITE | RIGHT_EXECUTE;

    if (segment->vaddr % PAGE != 0)
        return "a segment does not begin on a page";
    if (!lies_inside(bundle, segment->offset, segment->bytes_file))
        return "a segment does not lie in the bundle";
    if (segment->bytes_memory < segment->bytes_file)
        return "a segment has more bytes in the bundle than in memory";
    if (!is_in_place(segment))
        return "a segment lies outside of the place for images";
    if (!(segment->rights & RIGHT_READ) || (segment->rights & both) == both ||
        (segment->rights & ~(both | RIGHT_READ)))
        return "a segment's rights are not possible";
    return NULL;
}

const char *bundle_check_image(const struct bundle *bundle, const struct bundle_entry *entry)
{
    if (entry->segment_count == 0)
        return "it is a file, not an image";
    if (entry->segment_count > BUNDLE_SEGMENTS)
        return "it has too many segments";
    for (uint64_t i = 0; i < entry->segment_count; i++) {
        const char *problem = check_segment(bundle, &entry->segments[i]);

        if (problem)
            return problem;
    }
    return NULL;
}

const void *bundle_file(const struct bundle *bundle, const struct bundle_entry *entry)
{
    if (entry->segment_count != 0 || !lies_inside(bundle, entry->offset, entry->bytes))
        return NULL;
    return bundle->base + entry->offset;
}
