/* Plain commands: each that is one is put to a real shell too, which must see the same. */

#include "agent/plain-command.h"
#include "base/buf.h"
#include "base/test.h"

#include <stdio.h>
#include <sys/wait.h>

#define SHELL "/bin/bash"

/* What the program of @argv prints, in one line. */
static char *output_of(char *const *argv, char *const *environment)
{
        static char text[8192];
        int fds[2];
        size_t size = 0;
        ssize_t n;
        pid_t pid;

        if (pipe(fds) < 0)
                abort();
        pid = fork();
        if (pid == 0) {
                (void)dup2(fds[1], STDOUT_FILENO);
                (void)close(fds[0]);
                (void)close(fds[1]);
                execve(argv[0], argv, environment);
                _exit(127);
        }
        (void)close(fds[1]);
        while ((n = read(fds[0], text + size, sizeof(text) - 1 - size)) > 0)
                size += (size_t)n;
        (void)close(fds[0]);
        (void)waitpid(pid, NULL, 0);
        text[size] = '\0';
        return text;
}

/* The words behind the first, each in brackets. */
static void join(char **words, Buf *ret)
{
        for (size_t i = 1; words[i]; i++)
                (void)buf_putf(ret, "[%s]", words[i]);
        (void)buf_putc(ret, '\0');
}

static void ask_shell(const char *about, const char *arguments, const char *expected)
{
        _cleanup_(buf_done) Buf command = {.max = 8192};
        char *argv[] = {(char *)SHELL, (char *)"-c", NULL, NULL};
        char *none[] = {NULL};

        (void)buf_putf(&command, "\"/usr/bin/printf\" '[%%s]' %s", arguments);
        (void)buf_putc(&command, '\0');
        argv[2] = command.data;
        EXPECT_STR(about, output_of(argv, none), *expected ? expected : "[]");
}

static void test_words(void)
{
        static const struct {
                const char *about, *arguments, *words; /* NULL: it takes a shell */
        } rows[] = {
                {"nothing", "", ""},
                {"blanks", "  \t ", ""},
                {"a word", "-l", "[-l]"},
                {"words", " -l \t--all /tmp/x  ", "[-l][--all][/tmp/x]"},
                {"what looks like a variable", "A=1 b", "[A=1][b]"},
                {"signs", "a_b/c.d,e:f+g@h%i=j-k", "[a_b/c.d,e:f+g@h%i=j-k]"},
                {"numbers", "2 0x1f", "[2][0x1f]"},
                {"single quotes", "-c 'exit 9; echo $HOME \"x\" \\'",
                 "[-c][exit 9; echo $HOME \"x\" \\]"},
                {"double quotes", "-c \"a 'b' * ~ !\"", "[-c][a 'b' * ~ !]"},
                {"nothing in quotes", "'' \"\"", "[][]"},
                {"quotes in a word", "a'b c'\"d e\"f", "[ab cd ef]"},
                {"a line's end in quotes", "'a\nb'", "[a\nb]"},
                {"other scripts in quotes", "'\xc3\xa4 \xe2\x82\xac'", "[\xc3\xa4 \xe2\x82\xac]"},
                {"reserved words", "if then fi", "[if][then][fi]"},
                {"options", "-- -", "[--][-]"},
                {"a variable", "$HOME", NULL},
                {"a variable in quotes", "\"$HOME\"", NULL},
                {"a command", "`id`", NULL},
                {"a command in quotes", "\"`id`\"", NULL},
                {"an escape", "a\\ b", NULL},
                {"an escape in quotes", "\"a\\\"b\"", NULL},
                {"a redirection", "> /tmp/x", NULL},
                {"a redirection of 2", "2>&1", NULL},
                {"input", "< /tmp/x", NULL},
                {"a pipe", "| cat", NULL},
                {"a list", "; true", NULL},
                {"and", "&& true", NULL},
                {"in the background", "&", NULL},
                {"a pattern", "*.c", NULL},
                {"a pattern of one", "a?", NULL},
                {"a set", "[ab]", NULL},
                {"braces", "{a,b}", NULL},
                {"a home", "~", NULL},
                {"a comment", "# x", NULL},
                {"parentheses", "(a)", NULL},
                {"history", "!x", NULL},
                {"a line's end", "a\nb", NULL},
                {"an open quote", "'a", NULL},
                {"an open double quote", "a \"b", NULL},
                {"marks of the shell's", "'\001'", NULL},
                {"DEL", "\"\177\"", NULL},
                {"other scripts", "\xc2\xa0", NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 20);
                _cleanup_(buf_done) Buf found = {.max = 8192};
                char **words = NULL;

                EXPECT_INT(rows[i].about,
                           plain_command_words(arena, "/bin/ls", rows[i].arguments, &words), 0);
                EXPECT(rows[i].about, !words == !rows[i].words);
                if (!words || !rows[i].words)
                        continue;
                EXPECT_STR(rows[i].about, words[0], "/bin/ls");
                join(words, &found);
                EXPECT_STR(rows[i].about, found.data, rows[i].words);
                if (access(SHELL, X_OK) == 0)
                        ask_shell(rows[i].about, rows[i].arguments, rows[i].words);
        }
}

static void test_path(void)
{
        static const struct {
                const char *path;
                bool plain;
        } rows[] = {
                {"/bin/ls", true},
                {"/opt/a b/it's (1)", true},
                {"/opt/\xc3\xa4", true},
                {"ls", false},
                {" /bin/ls", false},
                {"\"/bin/ls\"", false},
                {"/opt/$x", false},
                {"/opt/`x`", false},
                {"/opt/a\\b", false},
                {"/opt/a\"b", false},
                {"~/x", false},
                {"./x", false},
                {"", false},
                {"/opt/\001", false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 20);
                char **words = NULL;

                EXPECT_INT(rows[i].path, plain_command_words(arena, rows[i].path, NULL, &words), 0);
                EXPECT(rows[i].path, (words != NULL) == rows[i].plain);
        }
}

/* What a shell would refuse is refused, whoever executes it. */
static void test_length(void)
{
        enum { MAX = 128 << 10 };
        _cleanup_(arena_freep) Arena *arena = arena_new((size_t)4 << 20);
        char *arguments = arena_alloc(arena, MAX + 1), **words = NULL;
        size_t longest = MAX - sizeof("\"/x\" ");

        memset(arguments, 'a', longest);
        EXPECT_INT("longest", plain_command_words(arena, "/x", arguments, &words), 0);
        EXPECT("the longest line is plain", words != NULL);
        arguments[longest] = 'a';
        EXPECT_INT("longer", plain_command_words(arena, "/x", arguments, &words), 0);
        EXPECT("a longer one is not", words == NULL);
}

static int compare_lines(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In an order that does not depend on who wrote them. */
static void sort_lines(const char *text, Buf *ret)
{
        _cleanup_(freep) char *copy = strdup(text);
        char *lines[64], *rest = copy, *line;
        size_t n = 0;

        while (n < ELEMENTS(lines) && (line = strsep(&rest, "\n")))
                lines[n++] = line;
        qsort(lines, n, sizeof(*lines), compare_lines);
        for (size_t i = 0; i < n; i++)
                (void)buf_putf(ret, "%s\n", lines[i]);
        (void)buf_putc(ret, '\0');
}

static void compare_environments(const char *about, char *const *given, char *const *found)
{
        char *direct[] = {(char *)"/usr/bin/env", NULL};
        char *by_shell[] = {(char *)SHELL, (char *)"-c", (char *)"\"/usr/bin/env\"", NULL};
        _cleanup_(buf_done) Buf ours = {.max = 8192};
        _cleanup_(buf_done) Buf shells = {.max = 8192};

        sort_lines(output_of(direct, found), &ours);
        sort_lines(output_of(by_shell, given), &shells);
        EXPECT_STR(about, ours.data, shells.data);
}

static void test_environment(void)
{
        static const struct {
                const char *about;
                char *given[4];
                bool plain;
        } rows[] = {
                {"none", {NULL}, true},
                {"some", {(char *)"PATH=/bin", (char *)"HOME=/root", (char *)"a1_=x=y z"}, true},
                {"an empty value", {(char *)"X="}, true},
                {"a locale", {(char *)"LANG=C", (char *)"LC_ALL=C"}, true},
                {"the same twice", {(char *)"A=1", (char *)"B=1", (char *)"A=2"}, false},
                {"the same in the beginning", {(char *)"A=1", (char *)"AB=1"}, true},
                {"no name", {(char *)"=x"}, false},
                {"no value", {(char *)"X"}, false},
                {"no shell's name", {(char *)"A-B=1"}, false},
                {"a number first", {(char *)"1A=1"}, false},
                {"a function", {(char *)"BASH_FUNC_f%%=() { :; }"}, false},
                {"a file to read", {(char *)"BASH_ENV=/x"}, false},
                {"options", {(char *)"SHELLOPTS=xtrace"}, false},
                {"the level", {(char *)"SHLVL=3"}, false},
                {"the directory", {(char *)"PWD=/x"}, false},
                {"the last word", {(char *)"_=x"}, false},
                {"separators", {(char *)"IFS=x"}, false},
                {"an option's error", {(char *)"OPTERR=0"}, false},
                {"prompts", {(char *)"PS1=x", (char *)"PS2=y"}, false},
                {"a client of ssh, for whom bash reads files", {(char *)"SSH_CLIENT=1"}, false},
                {"another", {(char *)"SSH2_CLIENT="}, false},
                {"a random number", {(char *)"RANDOM=1"}, false},
        };
        char directory[4096];

        if (!getcwd(directory, sizeof(directory)))
                abort();
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 20);
                char **found = NULL;

                EXPECT_INT(rows[i].about,
                           plain_command_environment(arena, rows[i].given, "/usr/bin/env",
                                                     directory, &found),
                           0);
                EXPECT(rows[i].about, (found != NULL) == rows[i].plain);
                if (found && access(SHELL, X_OK) == 0)
                        compare_environments(rows[i].about, rows[i].given, found);
        }
}

static void test_many(void)
{
        _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 20);
        char *given[66] = {NULL}, **found = NULL;

        for (int i = 0; i < 64; i++)
                given[i] = arena_printf(arena, "V%d=x", i);
        EXPECT_INT("64", plain_command_environment(arena, given, "/x", "/", &found), 0);
        EXPECT("64 variables are plain", found != NULL);
        given[64] = (char *)"V=x";
        EXPECT_INT("65", plain_command_environment(arena, given, "/x", "/", &found), 0);
        EXPECT("65 variables are not", found == NULL);
}

int main(void)
{
        test_words();
        test_path();
        test_length();
        test_environment();
        test_many();
        return test_end();
}
