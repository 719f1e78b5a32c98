/* SPDX-License-Identifier: BSD-2-Clause */
#include "words.h"
#include <string.h>

/* Take one word off the line at *at, writing it over the line. Value: its end, NULL: a quote is
 * not closed. */
static char *take_word(char **at)
{
    char *from = *at, *to = *at;
    char quote = 0;

    for (; *from != 0 && (quote || *from != ' '); from++) {
        if (quote ? *from == quote : *from == '"' || *from == '\'')
            quote = quote ? 0 : *from;
        else
            *to++ = *from;
    }
    *at = *from == 0 ? from : from + 1;
    return quote ? NULL : to;
}

int words_split(char *line, char *word[WORDS_MAX])
{
    int count = 0;

    for (;;) {
        char *end;

        while (*line == ' ')
            line++;
        if (*line == 0)
            return count;
        if (count == (int)WORDS_MAX)
            return -2;
        word[count++] = line;
        end = take_word(&line);
        if (!end)
            return -1;
        *end = 0;
    }
}

/* Append the components of path to out, of which *bytes are in use. */
static bool append(char out[PATH_BYTES], size_t *bytes, const char *path)
{
    while (*path != 0) {
        size_t length = strcspn(path, "/");

        if (length == 2 && path[0] == '.' && path[1] == '.') {
            while (*bytes > 0 && out[--*bytes] != '/')
                ;
        } else if (length > 0 && !(length == 1 && path[0] == '.')) {
            if (length + 2 > PATH_BYTES - *bytes)
                return false;
            out[(*bytes)++] = '/';
            memcpy(out + *bytes, path, length);
            *bytes += length;
        }
        path += length;
        path += *path == '/';
    }
    return true;
}

bool path_join(char out[PATH_BYTES], const char *folder, const char *name)
{
    size_t bytes = 0;

    if (name[0] != '/' && !append(out, &bytes, folder))
        return false;
    if (!append(out, &bytes, name))
        return false;
    if (bytes == 0)
        out[bytes++] = '/';
    out[bytes] = 0;
    return true;
}
