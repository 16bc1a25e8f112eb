/* Configuration files: what is in the file, and what comes of it. And the words of log levels. */

#include "base/config.h"
#include "base/log.h"
#include "base/test-file.h"
#include "base/test.h"

typedef struct Target {
        char *text;
        bool flag;
        Usec time;
        size_t count;
        uint16_t port;
        unsigned int n_others;
} Target;

static const ConfigKey keys[] = {
        {"one", "text", CONFIG_STRING, offsetof(Target, text)},
        {"one", "flag", CONFIG_BOOL, offsetof(Target, flag)},
        {"one", "time", CONFIG_SECONDS, offsetof(Target, time), 1, 60},
        {"two", "count", CONFIG_COUNT, offsetof(Target, count), 2, 100},
        {"two", "port", CONFIG_PORT, offsetof(Target, port), 0, 65535},
};

static void test_read(void)
{
        static const struct {
                const char *about, *file;
                int result;
                Target is;
        } rows[] = {
                {"an empty file", "", 0, {0}},
                {"comments", "# one\n; two\n\n[one]\n# three\n", 0, {0}},
                {"a text", "[one]\ntext = some words\n", 0, {.text = (char *)"some words"}},
                {"without blanks", "[one]\ntext=x", 0, {.text = (char *)"x"}},
                {"the last counts", "[one]\ntext = a\ntext = b\n", 0, {.text = (char *)"b"}},
                {"two sections",
                 "[one]\nflag = true\n[two]\ncount = 7\n",
                 0,
                 {.flag = true, .count = 7}},
                {"yes", "[one]\nflag = yes\n", 0, {.flag = true}},
                {"1", "[one]\nflag = 1\n", 0, {.flag = true}},
                {"no", "[one]\nflag = yes\nflag = no\n", 0, {0}},
                {"0", "[one]\nflag = yes\nflag = 0\n", 0, {0}},
                {"false", "[one]\nflag = yes\nflag = false\n", 0, {0}},
                {"the shortest time", "[one]\ntime = 1\n", 0, {.time = USEC_PER_SEC}},
                {"the longest time", "[one]\ntime = 60\n", 0, {.time = 60 * USEC_PER_SEC}},
                {"the smallest count", "[two]\ncount = 2\n", 0, {.count = 2}},
                {"the largest count", "[two]\ncount = 100\n", 0, {.count = 100}},
                {"port 0", "[two]\nport = 0\n", 0, {0}},
                {"the last port", "[two]\nport = 65535\n", 0, {.port = 65535}},

                {"an empty text", "[one]\ntext =\n", -EINVAL, {0}},
                {"a flag that is none", "[one]\nflag = on\n", -EINVAL, {0}},
                {"a flag in capitals", "[one]\nflag = TRUE\n", -EINVAL, {0}},
                {"too short", "[one]\ntime = 0\n", -EINVAL, {0}},
                {"too long", "[one]\ntime = 61\n", -EINVAL, {0}},
                {"too small", "[two]\ncount = 1\n", -EINVAL, {0}},
                {"too large", "[two]\ncount = 101\n", -EINVAL, {0}},
                {"a port too far", "[two]\nport = 65536\n", -EINVAL, {0}},
                {"below zero", "[two]\nport = -1\n", -EINVAL, {0}},
                {"far below zero", "[two]\ncount = -18446744073709551609\n", -EINVAL, {0}},
                {"more than 64 bits", "[two]\ncount = 18446744073709551623\n", -EINVAL, {0}},
                {"a unit", "[one]\ntime = 5s\n", -EINVAL, {0}},
                {"a fraction", "[one]\ntime = 1.5\n", -EINVAL, {0}},
                {"hex", "[two]\ncount = 0x10\n", -EINVAL, {0}},
                {"no number", "[two]\ncount =\n", -EINVAL, {0}},
                {"an unknown key", "[one]\ntexts = a\n", -EINVAL, {0}},
                {"a key of another section", "[two]\ntext = a\n", -EINVAL, {0}},
                {"an unknown section", "[three]\ntext = a\n", -EINVAL, {0}},
                {"no section", "text = a\n", -EINVAL, {0}},
                {"a key in capitals", "[one]\nText = a\n", -EINVAL, {0}},
                {"no key = value", "[one]\ntext\n", -EINVAL, {0}},
                {"a section without an end", "[one\ntext = a\n", -EINVAL, {0}},
                {"the rest is read too",
                 "[one]\nflag = on\ntime = 7\n",
                 -EINVAL,
                 {.time = 7 * USEC_PER_SEC}},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Target target = {0};

                test_write("file", rows[i].file);
                EXPECT_INT(rows[i].about,
                           config_read(test_path("file"), keys, ELEMENTS(keys), &target, NULL),
                           rows[i].result);
                EXPECT_STR(rows[i].about, target.text, rows[i].is.text);
                EXPECT_INT(rows[i].about, target.flag, rows[i].is.flag);
                EXPECT_INT(rows[i].about, target.time, rows[i].is.time);
                EXPECT_INT(rows[i].about, target.count, rows[i].is.count);
                EXPECT_INT(rows[i].about, target.port, rows[i].is.port);
                free(target.text);
        }
}

static int on_other(void *user, const char *section, const char *key, const char *value)
{
        Target *target = user;

        if (strcmp(section, "one") != 0 || strcmp(key, "other") != 0)
                return -ENOENT;
        target->n_others++;
        return strcmp(value, "memory") == 0 ? -ENOMEM : strcmp(value, "good") == 0 ? 0 : -EINVAL;
}

static void test_other_keys(void)
{
        static const struct {
                const char *about, *file;
                int result;
                unsigned int n_others;
        } rows[] = {
                {"not asked", "[one]\nflag = yes\n", 0, 0},
                {"taken", "[one]\nother = good\nother = good\n", 0, 2},
                {"a bad value", "[one]\nother = bad\nother = good\n", -EINVAL, 2},
                {"not known either", "[one]\nanother = good\n", -EINVAL, 0},
                {"no memory", "[one]\nother = memory\n", -ENOMEM, 1},
                {"the first error counts", "[one]\nother = memory\nother = bad\n", -ENOMEM, 2},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Target target = {0};

                test_write("file", rows[i].file);
                EXPECT_INT(rows[i].about,
                           config_read(test_path("file"), keys, ELEMENTS(keys), &target, on_other),
                           rows[i].result);
                EXPECT_INT(rows[i].about, target.n_others, rows[i].n_others);
        }
}

static void test_no_file(void)
{
        Target target = {0};

        EXPECT_INT("no file", config_read("/nonexistent/file", keys, ELEMENTS(keys), &target, NULL),
                   -ENOENT);
        EXPECT_INT("a file is no directory",
                   config_read("/dev/null/file", keys, ELEMENTS(keys), &target, NULL), -EIO);
}

static void test_resolve_path(void)
{
        static const struct {
                const char *about, *path, *file, *resolved;
        } rows[] = {
                {"none", NULL, "/etc/a.conf", NULL},
                {"absolute", "/run/x", "/etc/a.conf", "/run/x"},
                {"relative", "x", "/etc/a.conf", "/etc/x"},
                {"below", "d/x", "/etc/a.conf", "/etc/d/x"},
                {"above", "../x", "/etc/a.conf", "/etc/../x"},
                {"a file in the root", "x", "/a.conf", "//x"},
                {"a file right here", "x", "a.conf", "./x"},
                {"a file below", "x", "d/a.conf", "d/x"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(freep) char *at = rows[i].path ? strdup(rows[i].path) : NULL;

                EXPECT_INT(rows[i].about, config_resolve_path(&at, rows[i].file), 0);
                EXPECT_STR(rows[i].about, at, rows[i].resolved);
        }
}

static void test_set_string(void)
{
        _cleanup_(freep) char *at = NULL;

        EXPECT_INT("first", config_set_string(&at, "a"), 0);
        EXPECT_STR("first", at, "a");
        EXPECT_INT("again", config_set_string(&at, "bcd"), 0);
        EXPECT_STR("again", at, "bcd");
        EXPECT_INT("itself", config_set_string(&at, at), 0);
        EXPECT_STR("itself", at, "bcd");
}

static void test_log_level(void)
{
        static const struct {
                const char *word;
                int result;
                LogLevel level;
        } rows[] = {
                {"error", 0, LOG_LEVEL_ERROR},
                {"warning", 0, LOG_LEVEL_WARNING},
                {"info", 0, LOG_LEVEL_INFO},
                {"debug", 0, LOG_LEVEL_DEBUG},
                {"", -EINVAL},
                {"warn", -EINVAL},
                {"Info", -EINVAL},
                {"debugging", -EINVAL},
                {"3", -EINVAL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                LogLevel level = LOG_LEVEL_ERROR;

                EXPECT_INT(rows[i].word, log_level_parse(rows[i].word, &level), rows[i].result);
                EXPECT_INT(rows[i].word, level, rows[i].level);
        }
}

int main(void)
{
        test_directory_make();
        test_read();
        test_other_keys();
        test_no_file();
        test_resolve_path();
        test_set_string();
        test_log_level();
        test_directory_remove();
        return test_end();
}
