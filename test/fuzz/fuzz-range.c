/*
 * Header fields that are read by hand. The first byte says which, and how large the body is; the
 * rest is the field's value, which has no NUL.
 */

#include "http/authority.h"
#include "http/range.h"

#include "fuzz.h"

static const int64_t sizes[] = {0, 1, 10, 1 << 20, INT64_MAX};

static void check_range(const char *text, int64_t size)
{
        int64_t offset = -1, length = -1;
        unsigned int status;
        HttpRange range;

        if (!http_range_parse(text, &range))
                return;
        MUST(range.first >= 0 && (range.is_suffix || range.first <= range.last));
        status = http_range_apply(&range, size, &offset, &length);
        if (status == 206)
                MUST(offset >= 0 && length > 0 && length <= size && offset <= size - length);
        else if (status == 200)
                MUST(size == 0 && offset == 0 && length == 0);
        else
                MUST(status == 416 && offset == -1 && length == -1);
}

static void check_tags(const char *text)
{
        MUST(!http_tags_match(text, "\"abc\"") || strstr(text, "\"abc\"") || strchr(text, '*'));
}

static void check_authority(const char *text)
{
        if (http_authority_is_valid(text))
                MUST(strlen(text) <= 255 + sizeof(":65535") && !strpbrk(text, "/?#@\\\"<> \r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(freep) char *text = NULL;

        if (size == 0)
                return 0;
        text = strndup((const char *)data + 1, size - 1);
        if (!text)
                return 0;
        if (data[0] % 3 == 0)
                check_range(text, sizes[data[0] / 3 % ELEMENTS(sizes)]);
        else if (data[0] % 3 == 1)
                check_tags(text);
        else
                check_authority(text);
        return 0;
}
