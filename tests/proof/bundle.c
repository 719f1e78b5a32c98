/* SPDX-License-Identifier: BSD-2-Clause */
/* What root believes of the boot bundle: an image's pages lie in the bundle and go where images
 * may go, whatever its header says. */
#include "proof.h"
#include <libs/bundle/bundle.c>

struct bundle_entry nondet_entry(void);
struct bundle_segment nondet_segment(void);

static struct bundle any_bundle(void)
{
    struct bundle bundle = {.bytes = nondet_u64()};

    ASSUME(bundle.bytes % PAGE == 0); /* bundle_open */
    return bundle;
}

/* Bytes up to the end of the last page, as image.c maps them. */
static uint64_t pages(uint64_t bytes)
{
    return (bytes + PAGE - 1) & ~(PAGE - 1);
}

void proof_lies_inside(void)
{
    struct bundle bundle = any_bundle();
    uint64_t offset = nondet_u64(), bytes = nondet_u64();
    bool inside = lies_inside(&bundle, offset, bytes);
    bool wraps = offset + bytes < offset;

    CHECK(inside == (offset % PAGE == 0 && !wraps && offset + bytes <= bundle.bytes));
    /* Whole pages of it do, too. */
    CHECK(!inside || (pages(bytes) >= bytes && offset + pages(bytes) <= bundle.bytes));
    COVER(inside && bytes % PAGE == 1);
    COVER(!inside && wraps && offset % PAGE == 0);
}

static bool segment_is_safe(const struct bundle *bundle, const struct bundle_segment *segment)
{
    uint64_t end = segment->vaddr + segment->bytes_memory;
    bool written = segment->rights & RIGHT_WRITE, executed = segment->rights & RIGHT_EXECUTE;

    return segment->vaddr % PAGE == 0 && segment->offset % PAGE == 0 &&
           segment->bytes_file <= segment->bytes_memory && end >= segment->vaddr &&
           segment->vaddr >= (written ? DATA_BASE : IMAGE_BASE) &&
           end <= (written ? CHANNEL_BASE : STACKS_BASE) && !(written && executed) &&
           segment->offset + pages(segment->bytes_file) <= bundle->bytes &&
           segment->offset + pages(segment->bytes_file) >= segment->offset;
}

void proof_check_segment(void)
{
    struct bundle bundle = any_bundle();
    struct bundle_segment segment = nondet_segment();
    const char *problem = check_segment(&bundle, &segment);

    CHECK(problem || segment_is_safe(&bundle, &segment));
    COVER(!problem && segment.bytes_file % PAGE == 1 && (segment.rights & RIGHT_WRITE));
    COVER(!problem && segment.bytes_file == 0);
    COVER(problem && segment_is_safe(&bundle, &segment)); /* rights that nobody needs */
}

void proof_check_image(void)
{
    struct bundle bundle = any_bundle();
    struct bundle_entry entry = nondet_entry();
    const char *problem = bundle_check_image(&bundle, &entry);
    uint64_t i = below(BUNDLE_SEGMENTS);

    if (!problem && i < entry.segment_count)
        CHECK(segment_is_safe(&bundle, &entry.segments[i]));
    CHECK(problem || (entry.segment_count > 0 && entry.segment_count <= BUNDLE_SEGMENTS));
    COVER(!problem && entry.segment_count == BUNDLE_SEGMENTS);
}

/* A bundle of a header and room for two entries, of which the header may claim any number. */
void proof_bundle_open(void)
{
    static struct {
        struct bundle_header header;
        struct bundle_entry entries[2];
    } file;
    struct bundle bundle;
    uint64_t bytes = below(sizeof file + 1), i = below(2);
    const char *problem;
    const struct bundle_entry *found;

    __CPROVER_havoc_object(&file);
    problem = bundle_open(&bundle, &file, bytes);
    if (!problem) {
        CHECK(bundle.bytes <= bytes && bundle.bytes % PAGE == 0);
        CHECK(bundle.entry_count <= 2);
        if (i < bundle.entry_count) {
            bool ends = false;

            for (unsigned at = 0; at < sizeof file.entries[i].name; at++)
                ends = ends || file.entries[i].name[at] == '\0';
            CHECK(ends);
        }
        found = bundle_find(&bundle, "ab");
        CHECK(!found || (found >= file.entries && found < file.entries + bundle.entry_count));
        if (found) {
            const uint8_t *content = bundle_file(&bundle, found);

            CHECK(!content || (found->offset <= bundle.bytes &&
                               found->bytes <= bundle.bytes - found->offset));
            COVER(content);
        }
    }
    COVER(!problem && bundle.entry_count > 0);
}
