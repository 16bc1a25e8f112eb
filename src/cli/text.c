#include "cli/cli.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

void cli_put(const char *fmt, ...)
{
        _cleanup_(freep) char *text = NULL;
        va_list ap;
        int n;

        va_start(ap, fmt);
        n = vasprintf(&text, fmt, ap);
        va_end(ap);
        if (n < 0) {
                text = NULL;
                return;
        }
        utf8_defuse_line(text);
        (void)fputs(text, stdout);
}

int cli_complain(const char *thing, const char *cause)
{
        _cleanup_(freep) char *line = NULL;

        if (asprintf(&line, "guestops: %s: %s", thing, cause) < 0) {
                line = NULL;
                return CLI_WRONG;
        }
        utf8_defuse_line(line);
        (void)fprintf(stderr, "%s\n", line);
        return CLI_WRONG;
}

const char *cli_text(const json_t *object, const char *name)
{
        return json_string_value(json_object_get(object, name));
}

size_t cli_count(const json_t *object, const char *name)
{
        return json_array_size(json_object_get(object, name));
}

void cli_join(Buf *out, const json_t *object, const char *name)
{
        const json_t *items = json_object_get(object, name);

        for (size_t i = 0; i < json_array_size(items); i++) {
                const char *text = json_string_value(json_array_get(items, i));

                if (text)
                        buf_putf(out, "%s%s", i > 0 ? ", " : "", text);
        }
}
