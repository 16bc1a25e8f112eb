#include "agent/plain-command.h"

#define ENVIRONMENT_MAX  64                  /* each is compared with each */
#define COMMAND_LINE_MAX ((size_t)128 << 10) /* MAX_ARG_STRLEN of execve(2): what bash takes */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

static const char bare[] = LETTERS DIGITS "_/.,:+@%=-"; /* themselves, wherever they stand */
static const char blanks[] = " \t";

/* \001 and DEL are marks of bash's own. */
static const char expanded_in_quotes[] = "$`\\\"\001\177";
static const char ends_quotes[] = "'\001\177";

/*
 * Copies what stands in quotes to @to, and moves @at behind them. Return: how many bytes, or -1
 * where a shell would see more than bytes.
 */
static ssize_t take_quoted(char *to, const char **at)
{
        char quote = **at;
        const char *text = *at + 1;
        size_t n = strcspn(text, quote == '"' ? expanded_in_quotes : ends_quotes);

        if (text[n] != quote)
                return -1;
        memcpy(to, text, n);
        *at = text + n + 1;
        return (ssize_t)n;
}

static ssize_t take_bare(char *to, const char **at)
{
        size_t n = strspn(*at, bare);

        if (n == 0)
                return -1;
        memcpy(to, *at, n);
        *at += n;
        return (ssize_t)n;
}

/* Return: behind the word and its NUL, or NULL. */
static char *take_word(char *to, const char **at)
{
        while (**at && !strchr(blanks, **at)) {
                bool quoted = **at == '"' || **at == '\'';
                ssize_t n = quoted ? take_quoted(to, at) : take_bare(to, at);

                if (n < 0)
                        return NULL;
                to += n;
        }
        *to = '\0';
        return to + 1;
}

int plain_command_words(Arena *arena, const char *path, const char *arguments, char ***ret)
{
        const char *at = arguments ? arguments : "";
        char **words = arena_array(arena, strlen(at) / 2 + 3, sizeof(*words));
        char *text = arena_alloc(arena, strlen(at) + 1);
        size_t n = 0;

        if (!words || !text)
                return -ENOMEM;
        *ret = NULL;
        if (strlen(path) + strlen(at) + sizeof("\"\" ") > COMMAND_LINE_MAX)
                return 0;
        if (*path != '/' || path[strcspn(path, expanded_in_quotes)])
                return 0;
        words[n++] = (char *)path;
        for (at += strspn(at, blanks); *at; at += strspn(at, blanks)) {
                words[n++] = text;
                text = take_word(text, &at);
                if (!text)
                        return 0;
        }
        *ret = words;
        return 0;
}

/* What bash sets, reads or takes away, those that begin with BASH besides. */
static const char *const shells_own[] = {
        "COMP_WORDBREAKS",
        "DIRSTACK",
        "EPOCHREALTIME",
        "EPOCHSECONDS",
        "EUID",
        "FUNCNAME",
        "GROUPS",
        "HISTCMD",
        "IFS",
        "LINENO",
        "OLDPWD",
        "OPTERR",
        "OPTIND",
        "POSIXLY_CORRECT",
        "PPID",
        "PS1",
        "PS2",
        "PS4",
        "PWD",
        "RANDOM",
        "SECONDS",
        "SHELLOPTS",
        "SHLVL",
        "SRANDOM",
        "SSH2_CLIENT",
        "SSH_CLIENT",
        "UID",
        "_",
};

static size_t name_length(const char *entry)
{
        return strcspn(entry, "=");
}

static bool is_shells_own(const char *entry)
{
        size_t n = name_length(entry);

        if (strncmp(entry, "BASH", 4) == 0)
                return true;
        for (size_t i = 0; i < ELEMENTS(shells_own); i++)
                if (strlen(shells_own[i]) == n && memcmp(shells_own[i], entry, n) == 0)
                        return true;
        return false;
}

/* What bash does not take for a variable it hands on in ways of its own. */
static bool is_plain_entry(const char *entry)
{
        size_t n = name_length(entry);

        return n > 0 && entry[n] == '=' && strspn(entry, LETTERS DIGITS "_") == n &&
               !strchr(DIGITS, *entry) && !is_shells_own(entry);
}

static bool has_name_of(char *const *entries, size_t n, const char *entry)
{
        size_t length = name_length(entry) + 1;

        for (size_t i = 0; i < n; i++)
                if (strncmp(entries[i], entry, length) == 0)
                        return true;
        return false;
}

int plain_command_environment(Arena *arena, char *const *given, const char *path,
                              const char *directory, char ***ret)
{
        char **entries = arena_array(arena, ENVIRONMENT_MAX + 4, sizeof(*entries));
        size_t n;

        if (!entries)
                return -ENOMEM;
        *ret = NULL;
        for (n = 0; given[n]; n++) {
                if (n == ENVIRONMENT_MAX || !is_plain_entry(given[n]) ||
                    has_name_of(given, n, given[n]))
                        return 0;
                entries[n] = given[n];
        }
        entries[n++] = arena_printf(arena, "PWD=%s", directory);
        entries[n++] = (char *)"SHLVL=0";
        entries[n] = arena_printf(arena, "_=%s", path);
        if (!entries[n - 2] || !entries[n])
                return -ENOMEM;
        *ret = entries;
        return 0;
}
