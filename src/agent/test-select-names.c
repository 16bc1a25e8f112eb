#include "agent/select-names.h"

#include "base/test.h"

/* Names that are made while they are read: number @at of them is a permutation of all. */
typedef struct Made {
        uint64_t n, step; /* no common divisor */
        uint64_t at;
        unsigned int readings;
        uint64_t fail_at; /* 0: never */
        const char *prefix;
        uint64_t gone; /* that many at the front are missing from the second reading on */
        char name[64];
} Made;

static int made_rewind(void *user)
{
        Made *made = user;

        made->at = 0;
        made->readings++;
        return 0;
}

/* "." and ".." are the last ones, so that they are nobody's luck. */
static int made_next(void *user, const char **ret)
{
        Made *made = user;
        uint64_t number;

        do {
                if (made->fail_at && made->at == made->fail_at)
                        return -EIO;
                if (made->at == made->n + 2)
                        return 0;
                number = made->at * made->step % (made->n ? made->n : 1);
                if (made->at >= made->n)
                        (void)snprintf(made->name, sizeof(made->name), "%.*s",
                                       (int)(made->at - made->n + 1), "..");
                else
                        (void)snprintf(made->name, sizeof(made->name), "%s%012" PRIu64,
                                       made->prefix ? made->prefix : "", number);
                made->at++;
        } while (made->at <= made->n && made->readings > 1 && number < made->gone);
        *ret = made->name;
        return 1;
}

static NameSource source_of(Made *made)
{
        return (NameSource){made_rewind, made_next, made};
}

static const char *wanted_name(const Made *made, uint64_t index)
{
        static char name[64];

        if (index < 2)
                return index ? ".." : ".";
        (void)snprintf(name, sizeof(name), "%s%012" PRIu64, made->prefix ? made->prefix : "",
                       index - 2);
        return name;
}

static void check_page(const char *about, Made *made, uint64_t index, size_t count, size_t kept)
{
        uint64_t total = made->n + 2, after = 99;
        uint64_t n = index >= total ? 0 : total - index < count ? total - index : count;
        const NameSource source = source_of(made);
        Names page = {0};
        int r = select_names(&source, index, count, kept, &page, &after);

        EXPECT_INT(about, r, 0);
        EXPECT_INT(about, page.n, n);
        EXPECT_INT(about, after, index + n < total ? total - index - n : 0);
        for (uint64_t i = 0; i < page.n && i < n; i++)
                EXPECT_STR(about, page.items[i], wanted_name(made, index + i));
        names_done(&page);
}

static void test_order(void)
{
        static const char *const names[] = {".",    "..",   "\x01",     " ",   "-",  "...",
                                            "..a",  ".a",   "A",        "a",   "a.", "aa",
                                            "\x7f", "\x80", "\xc3\xa4", "\xff"};

        for (size_t i = 0; i < ELEMENTS(names); i++)
                for (size_t k = 0; k < ELEMENTS(names); k++) {
                        int order = name_compare(names[i], names[k]);

                        EXPECT_INT(names[i], (order > 0) - (order < 0), (i > k) - (i < k));
                }
}

static void test_pages(void)
{
        static const struct {
                const char *about;
                uint64_t n, index;
                size_t count, kept;
        } rows[] = {
                {"nothing asked", 10, 0, 0, 4},
                {"nothing asked further on", 10, 5, 0, 4},
                {"an empty directory", 0, 0, 50, 100},
                {"an empty directory's second page", 0, 2, 50, 100},
                {"all", 10, 0, 50, 100},
                {"the first", 10, 0, 1, 100},
                {"the last", 10, 11, 1, 100},
                {"behind the last", 10, 12, 1, 100},
                {"far behind the last", 10, INT32_MAX, 1, 100},
                {"as many as are kept", 100, 0, 16, 16},
                {"one beyond what is kept", 100, 1, 16, 16},
                {"all that is kept, further on", 100, 50, 16, 16},
                {"the end, one by one", 100, 101, 1, 2},
                {"one is kept", 100, 50, 1, 1},
                {"as many as there are names", 14, 3, 8, 16},
                {"one name more", 15, 10, 8, 16},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Made made = {.n = rows[i].n, .step = 7919};

                check_page(rows[i].about, &made, rows[i].index, rows[i].count, rows[i].kept);
        }
}

/* Whatever the sample happens to be, and wherever the page lies. */
static void test_every_page(void)
{
        static const uint64_t steps[] = {1, 999, 7919}; /* ascending, descending, mixed */

        for (size_t i = 0; i < ELEMENTS(steps); i++)
                for (uint64_t index = 0; index <= 1003; index += 3)
                        for (size_t count = 1; count <= 16; count *= 4) {
                                Made made = {.n = 1000, .step = steps[i]};

                                check_page("every page", &made, index, count, 16);
                        }
}

/* Neither long names nor many are more than a few readings. */
static void test_a_million(void)
{
        static const uint64_t indexes[] = {32700, 500000, 999950, INT32_MAX};
        static const uint64_t steps[] = {1, 999999, 7919};

        for (size_t i = 0; i < ELEMENTS(indexes); i++) {
                Made made = {.n = 1000000, .step = steps[i % ELEMENTS(steps)], .prefix = "name-"};

                check_page("a million", &made, indexes[i], 50, 32768);
                EXPECT("a million", made.readings <= 6);
        }
}

/* Names that all are one name, as no file system should tell them. */
static int same_next(void *user, const char **ret)
{
        Made *made = user;

        *ret = "same";
        return made->at++ < made->n;
}

static void test_same(void)
{
        Made made = {.n = 1000};
        const NameSource source = {made_rewind, same_next, &made};
        uint64_t after;
        Names page = {0};

        EXPECT_INT("same", select_names(&source, 500, 10, 16, &page, &after), 0);
        names_done(&page);
}

static void test_names_go(void)
{
        Made made = {.n = 1000, .step = 7919, .gone = 400};
        const NameSource source = source_of(&made);
        uint64_t after = 0;
        Names page = {0};

        EXPECT_INT("gone", select_names(&source, 500, 10, 16, &page, &after), 0);
        EXPECT_INT("gone", page.n, 10);
        for (size_t i = 1; i < page.n; i++)
                EXPECT("gone", name_compare(page.items[i - 1], page.items[i]) < 0);
        EXPECT("gone", after < 600);
        names_done(&page);
}

static void test_failures(void)
{
        for (uint64_t fail_at = 1; fail_at < 100; fail_at += 7) {
                Made made = {.n = 100, .step = 7, .fail_at = fail_at};
                const NameSource source = source_of(&made);
                uint64_t after;
                Names page = {0};

                EXPECT_INT("fails", select_names(&source, 50, 10, 16, &page, &after), -EIO);
                EXPECT("fails", !page.items);
        }
}

int main(void)
{
        test_order();
        test_pages();
        test_every_page();
        test_a_million();
        test_same();
        test_names_go();
        test_failures();
        return test_end();
}
