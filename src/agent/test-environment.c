/* The environment of a login. What the system's own files add is not ours to know. */

#include "agent/environment.h"
#include "base/test.h"

/* Return: the value, or NULL; *@ret_n: how many entries have that name. */
static const char *value_of(const WireStrings *list, const char *name, size_t *ret_n)
{
        size_t n = strlen(name);
        const char *value = NULL;

        *ret_n = 0;
        for (size_t i = 0; i < list->n; i++)
                if (strncmp(list->items[i], name, n) == 0 && list->items[i][n] == '=') {
                        value = list->items[i] + n + 1;
                        (*ret_n)++;
                }
        return value;
}

static void test_environment(void)
{
        static const struct {
                const char *about, *name;
                uid_t uid;
                const char *home, *shell;
        } rows[] = {
                {"root", "root", 0, "/root", "/bin/bash"},
                {"a user", "alice", 1000, "/home/alice", "/bin/sh"},
                {"no shell, no home", "nobody", 65534, "/nonexistent", "/usr/sbin/nologin"},
                {"an '=' in all", "a=b", 1000, "/home/a=b", "/bin/=="},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 20);
                const struct {
                        const char *name, *value; /* value NULL: any but none */
                } wanted[] = {
                        {"USER", rows[i].name}, {"LOGNAME", rows[i].name},
                        {"HOME", rows[i].home}, {"SHELL", rows[i].shell},
                        {"PATH", NULL},
                };
                WireStrings list = {0};
                size_t n;

                EXPECT_INT(rows[i].about,
                           environment_make(arena, rows[i].name, rows[i].uid, rows[i].home,
                                            rows[i].shell, &list),
                           0);
                for (size_t k = 0; k < ELEMENTS(wanted); k++) {
                        const char *value = value_of(&list, wanted[k].name, &n);

                        EXPECT_INT(wanted[k].name, n, 1);
                        if (wanted[k].value)
                                EXPECT_STR(wanted[k].name, value, wanted[k].value);
                        EXPECT(wanted[k].name, !str_is_empty(value));
                }
                for (size_t k = 0; k < list.n; k++) {
                        const char *equal = strchr(list.items[k], '=');
                        _cleanup_(freep) char *name =
                                equal ? strndup(list.items[k], (size_t)(equal - list.items[k]))
                                      : NULL;

                        EXPECT(list.items[k], !str_is_empty(name));
                        if (name)
                                EXPECT(name, value_of(&list, name, &n) && n == 1);
                }
        }
}

static void test_no_memory(void)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(0);
        WireStrings list = {0};

        EXPECT_INT("no memory", environment_make(arena, "root", 0, "/root", "/bin/sh", &list),
                   -ENOMEM);
}

int main(void)
{
        test_environment();
        test_no_memory();
        return test_end();
}
