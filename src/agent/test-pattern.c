#include "agent/pattern.h"

#include "base/test.h"
#include "base/utf8.h"
#include "schema/tables.h"

#define CPU_MAX (60 * USEC_PER_SEC)

#define A16  "aaaaaaaaaaaaaaaa"
#define A64  A16 A16 A16 A16
#define A256 A64 A64 A64 A64

static void check_fault(const char *about, const Fault *fault)
{
        EXPECT(about, fault->detail && fault->detail->type == &type_InvalidArgument);
        if (fault->detail)
                EXPECT_STR(about, ((const InvalidArgument *)fault->detail)->invalid_property,
                           "matchPattern");
}

static void test_matches(void)
{
        static const struct {
                const char *about, *pattern, *name;
                bool matches;
        } rows[] = {
                {"anywhere", "b", "abc", true},
                {"not there", "d", "abc", false},
                {"upper and lower case", "B", "abc", false},
                {"asked for", "(?i)B", "abc", true},
                {"from the beginning", "^b", "abc", false},
                {"all of it", "^a.c$", "abc", true},
                {"a dot", "^\\.$", ".", true},
                {"a class", "^[a-c]+$", "abc", true},
                {"Perl's classes", "^\\w+\\.\\d{3}$", "log.001", true},
                {"looking ahead", "^(?!.*\\.bak$)", "a.bak", false},
                {"looking back", "(?<!a)c", "abc", true},
                {"the same again", "^(a|b)\\1$", "bb", true},
                {"alternatives", "^(?:x|abc)$", "abc", true},
                {"nothing matches everything", "()", "abc", true},
                {"one character of several bytes", "^.$", "\xf0\x9f\x90\xa7", true},
                {"by its number", "\\x{1f427}", "\xf0\x9f\x90\xa7", true},
                {"by its property", "^\\p{Lu}$", "\xc3\x84", true},
                {"a letter of another language", "\xc3\xa4", "b\xc3\xa4r", true},
                {"without case, there too", "(?i)^\xc3\x84$", "\xc3\xa4", true},
                {"a byte that is no text", "^a.c$",
                 "a\xef\x83\xa4"
                 "c",
                 true},
                {"such a byte, written as it is told", "\xef\x83\xa4",
                 "a\xef\x83\xa4"
                 "c",
                 true},
                {"a newline in a name", "^a$", "b\na", false},
                {"lines, asked for", "(?m)^a$", "b\na", true},
                {"more parentheses than are looked at", "(a)(b)(c)", "abc", true},
                {"a callout that nobody answers", "a(?C1)b", "abc", true},
                {"limits of its own", "(*LIMIT_MATCH=100)b", "abc", true},
                {"a long name", "a$", A256, true},
                {"three parts of a long name", "^.*x.*y.*z$", A256, false},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(pattern_freep) Pattern *pattern = NULL;
                Fault fault = {0};

                EXPECT_INT(rows[i].about,
                           pattern_new(rows[i].pattern, "matchPattern", CPU_MAX, &fault, arena,
                                       &pattern),
                           0);
                if (pattern)
                        EXPECT_INT(rows[i].about,
                                   pattern_matches(pattern, rows[i].name, &fault, arena),
                                   rows[i].matches);
                EXPECT(rows[i].about, !fault.detail);
        }
}

static void test_bad(void)
{
        static const struct {
                const char *about, *pattern, *says;
        } rows[] = {
                {"a parenthesis", "a(b", "missing closing parenthesis, at byte 3"},
                {"one too many", "ab)", "unmatched closing parenthesis, at byte 2"},
                {"a class", "[a", "missing terminating ] for character class, at byte 2"},
                {"a shell's pattern", "*.txt",
                 "quantifier does not follow a repeatable item, at byte 0"},
                {"single bytes", "a\\Cb", "using \\C is disabled"},
                {"a range", "[z-a]", "range out of order"},
                {"a reference", "(a)\\2", "reference to non-existent subpattern"},
                {"a character that there is not", "\\x{110000}", "code point"},
                {"far too large", "(((a{1,1000}){1,1000}){1,1000})", "too large"},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(pattern_freep) Pattern *pattern = NULL;
                Fault fault = {0};

                EXPECT(rows[i].about, pattern_new(rows[i].pattern, "matchPattern", CPU_MAX, &fault,
                                                  arena, &pattern) < 0);
                EXPECT(rows[i].about, !pattern);
                check_fault(rows[i].about, &fault);
                EXPECT_STR(rows[i].about,
                           fault.message && strstr(fault.message, rows[i].says) ? rows[i].says
                                                                                : fault.message,
                           rows[i].says);
        }
}

static void test_sizes(void)
{
        static const struct {
                const char *about, *part;
                size_t n;
                const char *end;
                bool good;
        } rows[] = {
                {"as long as may be", "a", 4096, "", true},
                {"longer", "a", 4097, "", false},
                {"nested as deeply as may be", "(", 100, ")", true},
                {"more deeply", "(", 101, ")", false},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(pattern_freep) Pattern *pattern = NULL;
                char text[8192] = "";
                Fault fault = {0};

                for (size_t k = 0; k < rows[i].n; k++)
                        text[k] = *rows[i].part;
                for (size_t k = 0; *rows[i].end && k < rows[i].n; k++)
                        text[rows[i].n + k] = *rows[i].end;
                EXPECT(rows[i].about, (pattern_new(text, "matchPattern", CPU_MAX, &fault, arena,
                                                   &pattern) >= 0) == rows[i].good);
                if (!rows[i].good)
                        check_fault(rows[i].about, &fault);
        }
}

/* They would take until the end of days. */
static void test_catastrophes(void)
{
        static const struct {
                const char *about, *pattern, *name;
        } rows[] = {
                {"nested repetition", "^(a+)+$", A64 "!"},
                {"alternatives that overlap", "^(a|aa|aaa)*$", A64 "!"},
                {"raised by the pattern", "(*LIMIT_MATCH=4000000000)^(a+)+$", A64 "!"},
                {"depth raised by the pattern", "(*LIMIT_DEPTH=4000000000)^(a+)+$", A64 "!"},
                {"recursion", "^(a?(?1)?)*[bc]$", A64},
                {"the same again", "^(a*)*\\1*\\1*\\1*\\1*[bc]$", A64},
                {"many parts of a long name", "a.*a.*a.*a.*a.*[bc]$", A256},
                {"recursion without an end", "^(a|b|(?1))(?1)[xy]", A16},
                {"looking ahead in repetition", "^(?=(a+)+[bc])", A64 "!"},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(pattern_freep) Pattern *pattern = NULL;
                Fault fault = {0};

                EXPECT_INT(rows[i].about,
                           pattern_new(rows[i].pattern, "matchPattern", CPU_MAX, &fault, arena,
                                       &pattern),
                           0);
                EXPECT(rows[i].about,
                       pattern && pattern_matches(pattern, rows[i].name, &fault, arena) < 0);
                check_fault(rows[i].about, &fault);
        }
}

/* Each name is just cheap enough, and there is no end of them. */
static void test_all_names_together(void)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
        _cleanup_(pattern_freep) Pattern *pattern = NULL;
        Fault fault = {0};
        int r = pattern_new("^(a+)+$", "matchPattern", 50 * USEC_PER_MSEC, &fault, arena, &pattern);

        while (r >= 0)
                r = pattern_matches(pattern, A16 "!", &fault, arena);
        check_fault("all together", &fault);
}

int main(void)
{
        test_matches();
        test_bad();
        test_sizes();
        test_catastrophes();
        test_all_names_together();
        return test_end();
}
