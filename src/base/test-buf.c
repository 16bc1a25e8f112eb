/* Buf: growth, the hard maximum and its sticky error; Arena: limits, alignment, overflow. */

#include "base/arena.h"
#include "base/buf.h"
#include "base/test.h"

#include <stdalign.h>

static void test_puts(void)
{
        static const struct {
                const char *about;
                size_t max;
                const char *puts[4];
                int error;
                const char *held;
        } rows[] = {
                {"nothing", 0, {NULL}, 0, ""},
                {"one", 0, {"one"}, 0, "one"},
                {"an empty text", 0, {"", "a", ""}, 0, "a"},
                {"several", 0, {"one", "two", "three"}, 0, "onetwothree"},
                {"exactly the maximum", 4, {"one", "t"}, 0, "onet"},
                {"one byte beyond it", 4, {"one", "tw"}, -EMSGSIZE, "one"},
                {"the error sticks though the next would fit",
                 4,
                 {"one", "tw", "t"},
                 -EMSGSIZE,
                 "one"},
                {"the first is too long", 2, {"one", "t"}, -EMSGSIZE, ""},
                {"not even nothing after an error", 2, {"one", ""}, -EMSGSIZE, ""},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf buf = {.max = rows[i].max};
                int r = 0;

                for (size_t k = 0; k < ELEMENTS(rows[i].puts) && rows[i].puts[k]; k++)
                        r = buf_puts(&buf, rows[i].puts[k]);
                EXPECT_INT(rows[i].about, r, rows[i].error);
                EXPECT_INT(rows[i].about, buf_error(&buf), rows[i].error);
                EXPECT_INT(rows[i].about, buf.size, strlen(rows[i].held));
                EXPECT(rows[i].about,
                       buf.size == 0 || memcmp(buf.data, rows[i].held, buf.size) == 0);
                EXPECT(rows[i].about, (buf_text(&buf) == NULL) == (rows[i].error < 0));
                buf_clear(&buf);
                EXPECT_INT(rows[i].about, buf_error(&buf), 0);
                EXPECT_STR(rows[i].about, buf_text(&buf), "");
        }
}

static void test_growth(void)
{
        _cleanup_(buf_erase) Buf buf = {0};
        size_t total = 0;
        bool same = true;

        for (size_t n = 0; n < 400; n++) {
                unsigned char *at = buf_grow(&buf, n);

                for (size_t k = 0; at && k < n; k++)
                        at[k] = (unsigned char)(total + k);
                total += n;
        }
        EXPECT_INT("growth", buf.size, total);
        EXPECT_INT("growth", buf_error(&buf), 0);
        for (size_t i = 0; i < buf.size; i++)
                same &= (unsigned char)buf.data[i] == (unsigned char)i;
        EXPECT("all that was put is there", same);
        EXPECT("there is room for a NUL", buf.space > buf.size);
        EXPECT("growing by nothing succeeds", buf_grow(&buf, 0) != NULL);
}

static void test_grow_limits(void)
{
        _cleanup_(buf_done) Buf plain = {0}, small = {.max = 10};

        EXPECT("no overflow", buf_grow(&plain, SIZE_MAX) == NULL);
        EXPECT_INT("no overflow", buf_error(&plain), -EMSGSIZE);
        buf_clear(&plain);
        EXPECT("the default maximum", buf_grow(&plain, BUF_MAX_DEFAULT + 1) == NULL);
        EXPECT_INT("the default maximum", buf_error(&plain), -EMSGSIZE);

        EXPECT("all at once", buf_grow(&small, 10) != NULL);
        EXPECT("not one more", buf_grow(&small, 1) == NULL);
        EXPECT("not very many more", buf_grow(&small, SIZE_MAX) == NULL);
        EXPECT_INT("what was held stays", small.size, 10);
        buf_done(&small);
        EXPECT_INT("done", small.size, 0);
        EXPECT_INT("the maximum outlives it", small.max, 10);
        EXPECT_INT("the error does not", buf_puts(&small, "again"), 0);
}

static void test_drop(void)
{
        static const struct {
                const char *about, *text;
                size_t drop;
                const char *rest;
        } rows[] = {
                {"of nothing", "", 0, ""},
                {"more than nothing", "", 1, ""},
                {"nothing", "abc", 0, "abc"},
                {"one", "abc", 1, "bc"},
                {"all", "abc", 3, ""},
                {"more than all", "abc", 4, ""},
                {"far more than all", "abc", SIZE_MAX, ""},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf buf = {0};

                buf_puts(&buf, rows[i].text);
                buf_drop(&buf, rows[i].drop);
                EXPECT_STR(rows[i].about, buf_text(&buf), rows[i].rest);
                buf_puts(&buf, "+");
                EXPECT_INT(rows[i].about, buf.size, strlen(rows[i].rest) + 1);
        }
}

static void test_putf(void)
{
        _cleanup_(buf_done) Buf buf = {0}, small = {.max = 4}, zeros = {0};

        for (int i = 0; i < 100; i++)
                buf_putf(&buf, "%d,%s;", i, "xyz");
        EXPECT_INT("many", buf.size, 10 * 6 + 90 * 7);
        EXPECT("the last", buf_text(&buf) && strcmp(buf.data + buf.size - 7, "99,xyz;") == 0);
        EXPECT_INT("fits", buf_putf(&small, "%d", 1234), 0);
        EXPECT_STR("fits", buf_text(&small), "1234");
        EXPECT_INT("does not", buf_putf(&small, "%d", 5), -EMSGSIZE);
        EXPECT_INT("sticks", buf_putc(&small, '5'), -EMSGSIZE);
        EXPECT_INT("a NUL is a byte", buf_putc(&zeros, '\0'), 0);
        EXPECT_INT("a NUL is a byte", zeros.size, 1);
}

/* arena */

static bool is_zero(const unsigned char *at, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (at[i])
                        return false;
        return true;
}

static void test_arena_memory(void)
{
        _cleanup_(arena_freep) Arena *arena = arena_new((size_t)4 << 20);
        unsigned char *pieces[300];
        bool aligned = true, zeroed = true, apart = true;

        for (size_t n = 0; n < ELEMENTS(pieces); n++) {
                pieces[n] = arena_alloc(arena, n * 7);
                if (!pieces[n]) {
                        EXPECT("there is memory", pieces[n] != NULL);
                        return;
                }
                aligned &= (uintptr_t)pieces[n] % alignof(max_align_t) == 0;
                zeroed &= is_zero(pieces[n], n * 7);
                memset(pieces[n], (int)n, n * 7);
        }
        for (size_t n = 0; n < ELEMENTS(pieces); n++)
                for (size_t k = 0; k < n * 7; k++)
                        apart &= pieces[n][k] == (unsigned char)n;
        EXPECT("all are aligned", aligned);
        EXPECT("all are zeroed", zeroed);
        EXPECT("none lies in another", apart);
}

static void test_arena_limits(void)
{
        static const struct {
                const char *about;
                size_t max, n, size;
                bool given;
        } rows[] = {
                {"a little", 65536, 1, 1, true},
                {"nothing", 65536, 0, 8, true},
                {"all", 65536, 1, 65536, true},
                {"all, in pieces", 65536, 4096, 16, true},
                {"one byte too many", 65536, 1, 65537, false},
                {"one piece too many", 65536, 4097, 16, false},
                {"more than a size_t", 65536, SIZE_MAX, 2, false},
                {"just more than a size_t", 65536, SIZE_MAX / 16 + 1, 16, false},
                {"exactly a size_t", 65536, SIZE_MAX, 1, false},
                {"an arena of nothing", 0, 1, 1, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(rows[i].max);

                EXPECT(rows[i].about,
                       (arena_array(arena, rows[i].n, rows[i].size) != NULL) == rows[i].given);
        }
}

static void test_arena_total(void)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(65536);
        size_t n = 0;

        while (n <= 65536 && arena_alloc(arena, 64))
                n += 64;
        EXPECT_INT("the maximum is that of the sum", n, 65536);
        EXPECT("it stays so", arena_alloc(arena, 1) == NULL);
        EXPECT("arena_free(NULL)", arena_free(NULL) == NULL);
}

static void test_arena_text(void)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(65536);
        const char *text = "some text";
        char *copy = arena_strdup(arena, text);

        EXPECT_STR("strdup", copy, text);
        EXPECT("strdup", copy != text);
        EXPECT_STR("strndup cuts", arena_strndup(arena, text, 4), "some");
        EXPECT_STR("strndup of nothing", arena_strndup(arena, NULL, 0), "");
        copy = arena_strndup(arena, "a\0b", 3);
        EXPECT("strndup copies bytes", copy && memcmp(copy, "a\0b", 4) == 0);
        EXPECT("strndup overflow", arena_strndup(arena, text, SIZE_MAX) == NULL);
        EXPECT("strndup too much", arena_strndup(arena, text, 65536) == NULL);
        EXPECT_STR("printf", arena_printf(arena, "%s-%d", "vm", 7), "vm-7");
        EXPECT_STR("printf of nothing", arena_printf(arena, "%s", ""), "");
        EXPECT("printf too much", arena_printf(arena, "%065536d", 1) == NULL);
}

int main(void)
{
        test_puts();
        test_growth();
        test_grow_limits();
        test_drop();
        test_putf();
        test_arena_memory();
        test_arena_limits();
        test_arena_total();
        test_arena_text();
        return test_end();
}
