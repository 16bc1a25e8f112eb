#pragma once

/*
 * Parts of a body, and on what conditions they are wanted: the header fields Range, If-Range and
 * If-Match. Source: RFC 9110, 8.8.3, 13.1, 14.1 and 14.2.
 */

#include "base/base.h"

typedef struct HttpRange {
        bool is_suffix;
        int64_t first; /* the first byte; of a suffix: how many bytes before the end */
        int64_t last;  /* the last byte; INT64_MAX: to the end */
} HttpRange;

/*
 * @text: the value of Range; NULL for none. Numbers beyond INT64_MAX are taken for that.
 *
 * Return: whether it wants exactly one range of bytes. Any other is to be ignored.
 */
bool http_range_parse(const char *text, HttpRange *ret);

/*
 * Which part of a body of @size bytes that is; @ret_length is more than 0 with 206.
 *
 * Return: 206; 200 where it is the whole of nothing; 416, with the outputs left alone, where there
 * is no such part.
 */
unsigned int http_range_apply(const HttpRange *range, int64_t size, int64_t *ret_offset,
                              int64_t *ret_length);

/*
 * @text: the value of If-Match, or an entity tag as in If-Range; @tag: ours, with its quotes
 *
 * Return: whether our tag is in the list, by the strong comparison. "*" is any. A date never is:
 * we tell none.
 */
bool http_tags_match(const char *text, const char *tag);
