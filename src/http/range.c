#include "http/range.h"

#include <ctype.h>
#include <strings.h>

#define UNIT "bytes="

static const char *skip_blanks(const char *text)
{
        return text + strspn(text, " \t");
}

/* Return: behind the number, or NULL where there is none. */
static const char *read_number(const char *text, int64_t *ret)
{
        const char *start = text;
        int64_t number = 0;

        for (; isdigit((unsigned char)*text); text++)
                if (__builtin_mul_overflow(number, (int64_t)10, &number) ||
                    __builtin_add_overflow(number, (int64_t)(*text - '0'), &number))
                        number = INT64_MAX;
        *ret = number;
        return text > start ? text : NULL;
}

/* Return: behind the range, or NULL where it is none. */
static const char *read_range(const char *text, HttpRange *ret)
{
        *ret = (HttpRange){.is_suffix = *text == '-', .last = INT64_MAX};
        if (ret->is_suffix)
                return read_number(text + 1, &ret->first);
        text = read_number(text, &ret->first);
        if (!text || *text++ != '-')
                return NULL;
        if (isdigit((unsigned char)*text))
                text = read_number(text, &ret->last);
        return ret->first <= ret->last ? text : NULL;
}

bool http_range_parse(const char *text, HttpRange *ret)
{
        HttpRange range;

        if (!text || strncasecmp(text, UNIT, strlen(UNIT)) != 0)
                return false;
        text = read_range(skip_blanks(text + strlen(UNIT)), &range);
        if (!text || *skip_blanks(text))
                return false;
        *ret = range;
        return true;
}

unsigned int http_range_apply(const HttpRange *range, int64_t size, int64_t *ret_offset,
                              int64_t *ret_length)
{
        int64_t suffix = range->first < size ? range->first : size;

        if (range->is_suffix ? range->first == 0 : range->first >= size)
                return 416;
        *ret_offset = range->is_suffix ? size - suffix : range->first;
        *ret_length = (range->last < size ? range->last + 1 : size) - *ret_offset;
        return size > 0 ? 206 : 200;
}

/* Return: behind the entity tag at @text, or NULL where there is none. */
static const char *end_of_tag(const char *text)
{
        if (strncmp(text, "W/", 2) == 0)
                text += 2;
        if (*text++ != '"')
                return NULL;
        while ((unsigned char)*text > ' ' && *text != '"' && *text != '\x7f')
                text++;
        return *text == '"' ? text + 1 : NULL;
}

bool http_tags_match(const char *text, const char *tag)
{
        size_t n = strlen(tag);

        text = skip_blanks(text);
        if (text[0] == '*' && !*skip_blanks(text + 1))
                return true;
        while (*text) {
                const char *end = end_of_tag(text);

                if (!end)
                        return false;
                if ((size_t)(end - text) == n && memcmp(text, tag, n) == 0)
                        return true;
                text = end + strspn(end, " \t,");
        }
        return false;
}
