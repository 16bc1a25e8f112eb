#include "base/config.h"

#include "base/log.h"

#include <ini.h>
#include <libgen.h>
#include <stdio.h>

typedef struct Parsing {
        const char *path;
        const ConfigKey *keys;
        size_t n_keys;
        void *target;
        int (*on_other)(void *target, const char *section, const char *key, const char *value);
        int r; /* the first error */
} Parsing;

int config_parse_bool(const char *text, bool *ret)
{
        static const struct {
                const char *word;
                bool value;
        } words[] = {
                {"true", true},   {"yes", true}, {"1", true},
                {"false", false}, {"no", false}, {"0", false},
        };

        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (strcmp(words[i].word, text) == 0) {
                        *ret = words[i].value;
                        return 0;
                }
        return -EINVAL;
}

int config_set_string(char **at, const char *value)
{
        char *copy = strdup(value);

        if (!copy)
                return -ENOMEM;
        free(*at);
        *at = copy;
        return 0;
}

static int parse_number(const ConfigKey *key, const char *text, uint64_t *ret)
{
        char *end = NULL;
        unsigned long long value;

        errno = 0;
        value = strtoull(text, &end, 10);
        if (errno || end == text || *end || *text == '-' || value < key->min || value > key->max)
                return -EINVAL;
        *ret = value;
        return 0;
}

static int store(const ConfigKey *key, const char *value, void *target)
{
        char *at = (char *)target + key->offset;
        uint64_t number = 0;
        int r = 0;

        if (key->kind == CONFIG_BOOL)
                return config_parse_bool(value, (bool *)at);
        if (key->kind == CONFIG_STRING)
                return *value ? config_set_string((char **)(void *)at, value) : -EINVAL;
        r = parse_number(key, value, &number);
        if (r < 0)
                return r;
        if (key->kind == CONFIG_SECONDS)
                *(Usec *)(void *)at = number * USEC_PER_SEC;
        else if (key->kind == CONFIG_MSEC)
                *(Usec *)(void *)at = number * USEC_PER_MSEC;
        else if (key->kind == CONFIG_COUNT)
                *(size_t *)(void *)at = number;
        else
                *(uint16_t *)(void *)at = (uint16_t)number;
        return 0;
}

static int store_any(Parsing *parsing, const char *section, const char *name, const char *value)
{
        for (size_t i = 0; i < parsing->n_keys; i++)
                if (strcmp(parsing->keys[i].section, section) == 0 &&
                    strcmp(parsing->keys[i].key, name) == 0)
                        return store(&parsing->keys[i], value, parsing->target);
        return parsing->on_other ? parsing->on_other(parsing->target, section, name, value)
                                 : -ENOENT;
}

static int on_key(void *user, const char *section, const char *name, const char *value)
{
        Parsing *parsing = user;
        int r = store_any(parsing, section, name, value);

        if (r == -ENOENT)
                log_error("%s: [%s] has no key '%s'", parsing->path, section, name);
        else if (r == -EINVAL)
                log_error("%s: [%s] %s: '%s' is no valid value", parsing->path, section, name,
                          value);
        if (r < 0 && parsing->r >= 0)
                parsing->r = r == -ENOENT ? -EINVAL : r;
        return 1; /* go on: all that is wrong is told at once */
}

/*
 * inih takes an indented line for more of the value above it, and cuts long lines in two: either
 * would change a value silently. Such lines are made ones that it refuses.
 */
static char *read_line(char *line, int size, void *user)
{
        FILE *file = user;
        const char *text;

        if (!fgets(line, size, file))
                return NULL;
        if (!strchr(line, '\n') && !feof(file)) {
                for (int c = 0; c != EOF && c != '\n';)
                        c = fgetc(file);
                return strcpy(line, "?\n"); /* NOLINT: shorter than any buffer */
        }
        text = line + strspn(line, " \t");
        if (text != line && !strchr("\r\n;#", *text))
                memmove(line, text, strlen(text) + 1);
        return line;
}

int config_read(const char *path, const ConfigKey *keys, size_t n_keys, void *target,
                int (*on_other)(void *target, const char *section, const char *key,
                                const char *value))
{
        Parsing parsing = {path, keys, n_keys, target, on_other, 0};
        FILE *file;
        int line;

        file = fopen(path, "re");
        if (!file && errno == ENOENT)
                return -ENOENT;
        line = file ? ini_parse_stream(read_line, file, on_key, &parsing) : -1;
        if (line < 0 || ferror(file)) {
                log_error("%s: cannot be read", path);
                parsing.r = -EIO;
        } else if (line > 0) {
                log_error("%s:%d: is neither a section nor key = value, or is too long", path,
                          line);
                parsing.r = -EINVAL;
        }
        if (file)
                (void)fclose(file);
        return parsing.r;
}

int config_resolve_path(char **path, const char *file)
{
        _cleanup_(freep) char *copy = NULL;
        char *absolute;

        if (!*path || **path == '/')
                return 0;
        copy = strdup(file);
        if (!copy || asprintf(&absolute, "%s/%s", dirname(copy), *path) < 0)
                return -ENOMEM;
        free(*path);
        *path = absolute;
        return 0;
}
