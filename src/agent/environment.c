#include "agent/environment.h"

#include <stdio.h>

#define PATH_USER    "/usr/local/bin:/usr/bin:/bin"
#define PATH_ROOT    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define ENTRIES_MAX  256
#define ENTRIES_OWN  8 /* kept free for those that say who the user is */
#define ENVIRONMENT  "/etc/environment"
#define LOGIN_DEFS   "/etc/login.defs"
#define LINE_MAX_LEN 4096

/* Sets NAME=value, in place of an entry with that name. */
static int set(Arena *arena, WireStrings *list, size_t max, const char *name, size_t n_name,
               const char *value)
{
        char *entry = arena_printf(arena, "%.*s=%s", (int)n_name, name, value);

        if (!entry)
                return -ENOMEM;
        for (size_t i = 0; i < list->n; i++)
                if (strncmp(list->items[i], entry, n_name + 1) == 0) {
                        list->items[i] = entry;
                        return 0;
                }
        if (list->n < max)
                list->items[list->n++] = entry;
        return 0;
}

static char *skip_space(char *s)
{
        return s + strspn(s, " \t");
}

static void cut_end(char *s)
{
        size_t n = strlen(s);

        while (n > 0 && strchr(" \t\r\n", s[n - 1]))
                s[--n] = '\0';
}

/* ENV_PATH and ENV_SUPATH hold "PATH=…". */
static int set_path(Arena *arena, WireStrings *list, uid_t uid)
{
        const char *key = uid == 0 ? "ENV_SUPATH" : "ENV_PATH";
        const char *path = uid == 0 ? PATH_ROOT : PATH_USER;
        char line[LINE_MAX_LEN], found[LINE_MAX_LEN];
        FILE *file = fopen(LOGIN_DEFS, "re");

        while (file && fgets(line, sizeof(line), file)) {
                char *s = skip_space(line);
                size_t n = strlen(key);

                if (strncmp(s, key, n) != 0 || !strchr(" \t", s[n]))
                        continue;
                s = skip_space(s + n);
                if (strncmp(s, "PATH=", 5) == 0)
                        s += 5;
                cut_end(s);
                strcpy(found, s); /* NOLINT: both are as long as a line */
                path = found;
        }
        if (file)
                (void)fclose(file);
        return set(arena, list, ENTRIES_MAX, "PATH", 4, path);
}

static void unquote(char **value)
{
        size_t n = strlen(*value);

        if (n >= 2 && (**value == '"' || **value == '\'') && (*value)[n - 1] == **value) {
                (*value)[n - 1] = '\0';
                (*value)++;
        }
}

static int set_from_file(Arena *arena, WireStrings *list)
{
        char line[LINE_MAX_LEN];
        FILE *file = fopen(ENVIRONMENT, "re");
        int r = 0;

        while (r >= 0 && file && fgets(line, sizeof(line), file)) {
                char *name = skip_space(line), *value;

                if (strncmp(name, "export ", 7) == 0)
                        name = skip_space(name + 7);
                cut_end(name);
                value = strchr(name, '=');
                if (*name == '#' || !value || value == name)
                        continue;
                *value++ = '\0';
                unquote(&value);
                r = set(arena, list, ENTRIES_MAX - ENTRIES_OWN, name, strlen(name), value);
        }
        if (file)
                (void)fclose(file);
        return r;
}

int environment_make(Arena *arena, const char *name, uid_t uid, const char *home, const char *shell,
                     WireStrings *ret)
{
        const struct {
                const char *name, *value;
        } own[] = {
                {"USER", name},
                {"LOGNAME", name},
                {"HOME", home},
                {"SHELL", shell},
        };
        int r;

        ret->n = 0;
        ret->items = arena_array(arena, ENTRIES_MAX, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        r = set_path(arena, ret, uid);
        if (r >= 0)
                r = set_from_file(arena, ret);
        for (size_t i = 0; r >= 0 && i < ELEMENTS(own); i++)
                r = set(arena, ret, ENTRIES_MAX, own[i].name, strlen(own[i].name), own[i].value);
        return r;
}
