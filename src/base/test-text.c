/* UTF-8 as RFC 3629 has it, and secrets. */

#include "base/secret.h"
#include "base/test.h"
#include "base/utf8.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static void test_utf8(void)
{
        static const struct {
                const char *about, *text;
                size_t size;
                bool valid;
        } rows[] = {
                {"nothing", TEXT(""), true},
                {"ASCII", TEXT("abc"), true},
                {"NUL", TEXT("a\0b"), true},
                {"control characters", TEXT("\x01\x1f\x7f"), true},
                {"first of two bytes", TEXT("\xc2\x80"), true},
                {"last of two bytes", TEXT("\xdf\xbf"), true},
                {"first of three bytes", TEXT("\xe0\xa0\x80"), true},
                {"before the surrogates", TEXT("\xed\x9f\xbf"), true},
                {"behind the surrogates", TEXT("\xee\x80\x80"), true},
                {"last of three bytes", TEXT("\xef\xbf\xbf"), true},
                {"first of four bytes", TEXT("\xf0\x90\x80\x80"), true},
                {"U+10FFFF", TEXT("\xf4\x8f\xbf\xbf"), true},
                {"between ASCII",
                 TEXT("a\xe2\x82\xac"
                      "b"),
                 true},
                {"a continuation alone", TEXT("\x80"), false},
                {"the last continuation alone", TEXT("\xbf"), false},
                {"overlong NUL", TEXT("\xc0\x80"), false},
                {"overlong slash", TEXT("\xc0\xaf"), false},
                {"overlong of two", TEXT("\xc1\xbf"), false},
                {"overlong of three", TEXT("\xe0\x9f\xbf"), false},
                {"overlong of four", TEXT("\xf0\x8f\xbf\xbf"), false},
                {"first surrogate", TEXT("\xed\xa0\x80"), false},
                {"last surrogate", TEXT("\xed\xbf\xbf"), false},
                {"a pair of surrogates", TEXT("\xed\xa0\x80\xed\xb0\x80"), false},
                {"above U+10FFFF", TEXT("\xf4\x90\x80\x80"), false},
                {"first byte f5", TEXT("\xf5\x80\x80\x80"), false},
                {"five bytes", TEXT("\xf8\x88\x80\x80\x80"), false},
                {"fe", TEXT("\xfe"), false},
                {"ff", TEXT("\xff"), false},
                {"cut after one of two", TEXT("\xc3"), false},
                {"cut after one of three", TEXT("\xe2"), false},
                {"cut after two of three", TEXT("\xe2\x82"), false},
                {"cut after three of four", TEXT("\xf0\x9f\x98"), false},
                {"ASCII for a continuation",
                 TEXT("\xe2\x82"
                      "a"),
                 false},
                {"a start for a continuation", TEXT("\xe2\xe2\x82\xac"), false},
                {"a bad third", TEXT("\xf0\x9f\xc0\x80"), false},
                {"a bad fourth", TEXT("\xf0\x9f\x98\xc0"), false},
                {"Latin-1",
                 TEXT("Gr\xfc\xdf"
                      "e"),
                 false},
                {"bad at the very end", TEXT("abc\xff"), false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                /* Exactly as long as it is, so that a byte too far is seen. */
                _cleanup_(freep) char *copy = malloc(rows[i].size ? rows[i].size : 1);

                memcpy(copy, rows[i].text, rows[i].size);
                EXPECT(rows[i].about, utf8_is_valid(copy, rows[i].size) == rows[i].valid);
        }
}

static void test_utf8_defuse_line(void)
{
        static const struct {
                const char *about, *text, *defused;
        } rows[] = {
                {"nothing", "", ""},
                {"letters", "a\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
                 "a\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
                {"a line's end", "a\r\nb\tc", "a??b?c"},
                {"escape, delete", "\033[2J\x7f", "?[2J?"},
                {"CSI in two bytes",
                 "\xc2\x9b"
                 "2J\xc2\xa0",
                 "??2J\xc2\xa0"},
                {"line separator",
                 "a\xe2\x80\xa8"
                 "b",
                 "a???b"},
                {"from right to left",
                 "a\xe2\x80\xae"
                 "b\xe2\x81\xa6"
                 "c",
                 "a???b???c"},
                {"before and behind these", "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa",
                 "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"},
                {"no UTF-8",
                 "\x9b"
                 "2J",
                 "?2J"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(freep) char *copy = strdup(rows[i].text);

                utf8_defuse_line(copy);
                EXPECT_STR(rows[i].about, copy, rows[i].defused);
        }
}

static void test_utf8_defuse(void)
{
        static const struct {
                const char *about, *text, *defused;
        } rows[] = {
                {"nothing", "", ""},
                {"ASCII", "a b~", "a b~"},
                {"what XML may hold", "a\tb\nc\rd", "a\tb\nc\rd"},
                {"what it may not",
                 "\x01"
                 "a\x08\x0b\x0c\x1f"
                 "b\x1b[0m",
                 "?a????b?[0m"},
                {"well-formed", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
                 "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
                {"Latin-1",
                 "Gr\xfc\xdf"
                 "e",
                 "Gr??e"},
                {"a surrogate", "\xed\xa0\x80", "???"},
                {"cut", "abc\xe2\x82", "abc??"},
                {"cut, then well-formed", "\xe2\x82\xc3\xa4", "??\xc3\xa4"},
                {"overlong", "\xc0\xaf", "??"},
                {"U+FFFD", "\xef\xbf\xbd", "\xef\xbf\xbd"},
                {"U+FFFE is nothing for XML",
                 "a\xef\xbf\xbe"
                 "b",
                 "a???b"},
                {"U+FFFF is nothing for XML",
                 "a\xef\xbf\xbf"
                 "b",
                 "a???b"},
                {"U+1FFFF is", "\xf0\x9f\xbf\xbf", "\xf0\x9f\xbf\xbf"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(freep) char *copy = strdup(rows[i].text);

                utf8_defuse(copy);
                EXPECT_STR(rows[i].about, copy, rows[i].defused);
                EXPECT(rows[i].about, utf8_is_valid(copy, strlen(copy)));
        }
}

static void test_secret_equal(void)
{
        static const struct {
                const char *about, *known, *given;
                bool equal;
        } rows[] = {
                {"both empty", "", "", true},
                {"same", "secret", "secret", true},
                {"one letter", "a", "a", true},
                {"high bytes", "\xff\x80", "\xff\x80", true},
                {"nothing given", "secret", "", false},
                {"nothing known", "", "secret", false},
                {"the start", "secret", "sec", false},
                {"longer", "sec", "secret", false},
                {"repeated", "ab", "abab", false},
                {"one letter of two", "aa", "a", false},
                {"first differs", "secret", "Secret", false},
                {"last differs", "secret", "secreT", false},
                {"all differ", "aaaa", "bbbb", false},
                {"same letters", "abcd", "dcba", false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                EXPECT(rows[i].about, secret_equal(rows[i].known, rows[i].given) == rows[i].equal);
}

static void test_random(void)
{
        char a[65], b[65], none[1] = {'x'};
        bool seen[16] = {false};
        size_t n_seen = 0;

        random_hex(none, 0);
        EXPECT_STR("no bytes", none, "");
        random_hex(a, 32);
        random_hex(b, 32);
        EXPECT_INT("two digits a byte", strlen(a), 64);
        EXPECT_INT("hex digits alone", strspn(a, "0123456789abcdef"), 64);
        EXPECT("never the same", strcmp(a, b) != 0);
        for (size_t i = 0; i < 64; i++) {
                random_hex(a, 32);
                for (const char *p = a; *p; p++)
                        seen[*p <= '9' ? *p - '0' : *p - 'a' + 10] = true;
        }
        for (size_t i = 0; i < ELEMENTS(seen); i++)
                n_seen += seen[i];
        EXPECT_INT("every digit comes up", n_seen, 16);
}

static void test_secret_free(void)
{
        _cleanup_(secret_freep) char *secret = strdup("secret");

        EXPECT_STR("freed at the end", secret, "secret");
        secret_free(NULL);
}

int main(void)
{
        test_utf8();
        test_utf8_defuse();
        test_utf8_defuse_line();
        test_secret_equal();
        test_random();
        test_secret_free();
        return test_end();
}
