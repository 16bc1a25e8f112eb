/* Header fields that are read by hand: Range with what it comes to, entity tags, and Host. */

#include "base/test.h"
#include "http/authority.h"
#include "http/range.h"

#define HUGE "99999999999999999999"

static void test_ranges(void)
{
        static const struct {
                const char *about, *text;
                int64_t size;
                unsigned int status; /* 0: to be ignored */
                int64_t offset, length;
        } rows[] = {
                {"none", NULL, 10, 0},
                {"first byte", "bytes=0-0", 10, 206, 0, 1},
                {"from the middle", "bytes=3-5", 10, 206, 3, 3},
                {"last byte", "bytes=9-9", 10, 206, 9, 1},
                {"cut at the end", "bytes=3-99", 10, 206, 3, 7},
                {"open end", "bytes=3-", 10, 206, 3, 7},
                {"open end from the begin", "bytes=0-", 10, 206, 0, 10},
                {"suffix", "bytes=-3", 10, 206, 7, 3},
                {"suffix of all", "bytes=-10", 10, 206, 0, 10},
                {"suffix longer than all", "bytes=-11", 10, 206, 0, 10},
                {"huge last", "bytes=1-" HUGE, 10, 206, 1, 9},
                {"huge suffix", "bytes=-" HUGE, 10, 206, 0, 10},
                {"a large file", "bytes=5000000000-5000000001", 6000000000, 206, 5000000000, 2},
                {"the largest file", "bytes=0-9223372036854775806", INT64_MAX, 206, 0, INT64_MAX},
                {"unit in capitals", "BYTES=1-1", 10, 206, 1, 1},
                {"blanks around", "bytes= 1-1\t", 10, 206, 1, 1},

                {"behind the end", "bytes=10-", 10, 416},
                {"far behind the end", "bytes=10-20", 10, 416},
                {"huge first", "bytes=" HUGE "-", 10, 416},
                {"both huge", "bytes=" HUGE "-" HUGE, INT64_MAX, 416},
                {"suffix of nothing", "bytes=-0", 10, 416},
                {"first of an empty file", "bytes=0-", 0, 416},
                {"suffix of nothing of an empty file", "bytes=-0", 0, 416},
                {"suffix of an empty file", "bytes=-5", 0, 200, 0, 0},

                {"empty", "", 10, 0},
                {"unit only", "bytes", 10, 0},
                {"no range", "bytes=", 10, 0},
                {"a dash", "bytes=-", 10, 0},
                {"no dash", "bytes=5", 10, 0},
                {"backwards", "bytes=5-3", 10, 0},
                {"another unit", "lines=1-2", 10, 0},
                {"no unit", "1-2", 10, 0},
                {"two ranges", "bytes=0-1,4-5", 10, 0},
                {"two suffixes", "bytes=-1,-2", 10, 0},
                {"comma behind", "bytes=0-1,", 10, 0},
                {"blank inside", "bytes=0 -1", 10, 0},
                {"sign", "bytes=+1-2", 10, 0},
                {"hex", "bytes=0x1-2", 10, 0},
                {"letters behind", "bytes=0-1x", 10, 0},
                {"double dash", "bytes=--1", 10, 0},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                int64_t offset = 0, length = 0;
                unsigned int status = 0;
                HttpRange range;

                if (http_range_parse(rows[i].text, &range))
                        status = http_range_apply(&range, rows[i].size, &offset, &length);
                EXPECT_INT(rows[i].about, status, rows[i].status);
                EXPECT_INT(rows[i].about, offset, rows[i].offset);
                EXPECT_INT(rows[i].about, length, rows[i].length);
        }
}

static void test_tags(void)
{
        static const struct {
                const char *about, *text;
                bool match;
        } rows[] = {
                {"the same", "\"abc\"", true},
                {"any", "*", true},
                {"any with blanks", " * ", true},
                {"second", "\"x\", \"abc\"", true},
                {"without blanks", "\"x\",\"abc\",\"y\"", true},
                {"behind a comma inside a tag", "\"x,\", \"abc\"", true},
                {"behind an empty element", "\"x\",, \"abc\"", true},
                {"before what is broken", "\"abc\", x", true},

                {"empty", "", false},
                {"another", "\"abd\"", false},
                {"longer", "\"abcd\"", false},
                {"shorter", "\"ab\"", false},
                {"weak", "W/\"abc\"", false},
                {"without quotes", "abc", false},
                {"no end", "\"abc", false},
                {"inside another tag", "\"x,\"abc\"", false},
                {"a date", "Sat, 29 Oct 1994 19:43:31 GMT", false},
                {"any and more", "*, x", false},
                {"behind what is broken", "x, \"abc\"", false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                EXPECT_INT(rows[i].about, http_tags_match(rows[i].text, "\"abc\""), rows[i].match);
}

static void test_authorities(void)
{
        static const struct {
                const char *text;
                bool valid;
        } rows[] = {
                {"localhost", true},
                {"host.example:8697", true},
                {"a_b-c.example.", true},
                {"192.0.2.1", true},
                {"192.0.2.1:443", true},
                {"[::1]", true},
                {"[2001:db8::1]:65535", true},
                {"[::ffff:192.0.2.1]:1", true},

                {"", false},
                {":443", false},
                {"host:", false},
                {"host:0", false},
                {"host:65536", false},
                {"host:100000", false},
                {"host:4 3", false},
                {"host:-1", false},
                {"host:+1", false},
                {"host:1:2", false},
                {"a b", false},
                {"a/b", false},
                {"user@host", false},
                {"host?x", false},
                {"host#x", false},
                {"a%41", false},
                {"h\xc3\xb6st", false},
                {"\"", false},
                {"*", false},
                {"::1", false},
                {"[]", false},
                {"[::1", false},
                {"[::1]x", false},
                {"[::1]:", false},
                {"[fe80::1%eth0]", false},
                {"[host]", false},
                {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", false},
        };
        char name[300];

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                EXPECT_INT(rows[i].text, http_authority_is_valid(rows[i].text), rows[i].valid);
        memset(name, 'a', sizeof(name));
        name[255] = '\0';
        EXPECT("the longest name", http_authority_is_valid(name));
        name[255] = 'a';
        name[256] = '\0';
        EXPECT("a name too long", !http_authority_is_valid(name));
}

int main(void)
{
        test_ranges();
        test_tags();
        test_authorities();
        return test_end();
}
