/* The text form of a point in time: RFC 3339 in both directions. */

#include "base/clock.h"
#include "base/test.h"

#define SECOND INT64_C(1000000)
#define Y2K    (INT64_C(946684800) * SECOND)

static void test_format(void)
{
        static const struct {
                const char *about;
                int64_t usec;
                const char *text;
        } rows[] = {
                {"the epoch", 0, "1970-01-01T00:00:00Z"},
                {"one microsecond on", 1, "1970-01-01T00:00:00.000001Z"},
                {"one microsecond before", -1, "1969-12-31T23:59:59.999999Z"},
                {"one second before", -SECOND, "1969-12-31T23:59:59Z"},
                {"2000", Y2K, "2000-01-01T00:00:00Z"},
                {"a half", Y2K + SECOND / 2, "2000-01-01T00:00:00.500000Z"},
                {"leap day", INT64_C(1709164800) * SECOND, "2024-02-29T00:00:00Z"},
                {"beyond 32 bits", INT64_C(2147483648) * SECOND, "2038-01-19T03:14:08Z"},
                {"first of year 1", INT64_C(-62135596800) * SECOND, "0001-01-01T00:00:00Z"},
                {"last of the year before", INT64_C(-62135596801) * SECOND, "1970-01-01T00:00:00Z"},
                {"last of year 9999", INT64_C(253402300799) * SECOND + 999999,
                 "9999-12-31T23:59:59.999999Z"},
                {"year 10000", INT64_C(253402300800) * SECOND, "1970-01-01T00:00:00Z"},
                {"year 10000 and a bit", INT64_C(253402300800) * SECOND + 1,
                 "1970-01-01T00:00:00Z"},
                {"the largest", INT64_MAX, "1970-01-01T00:00:00Z"},
                {"the smallest", INT64_MIN, "1970-01-01T00:00:00Z"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                char text[CLOCK_TEXT_MAX];

                clock_format(rows[i].usec, text);
                EXPECT_STR(rows[i].about, text, rows[i].text);
        }
}

static void test_parse(void)
{
        static const struct {
                const char *about, *text;
                int64_t usec;
        } rows[] = {
                {"Z", "2000-01-01T00:00:00Z", Y2K},
                {"small letters", "2000-01-01t00:00:00z", Y2K},
                {"no zone is UTC", "2000-01-01T00:00:00", Y2K},
                {"no zone with a fraction", "2000-01-01T00:00:00.5", Y2K + SECOND / 2},
                {"east", "2000-01-01T01:30:00+01:30", Y2K},
                {"west", "1999-12-31T19:00:00-05:00", Y2K},
                {"the farthest east", "2000-01-01T14:00:00+14:00", Y2K},
                {"no offset", "2000-01-01T00:00:00+00:00", Y2K},
                {"unknown local offset", "2000-01-01T00:00:00-00:00", Y2K},
                {"1 digit", "2000-01-01T00:00:00.1Z", Y2K + 100000},
                {"2 digits", "2000-01-01T00:00:00.12Z", Y2K + 120000},
                {"3 digits", "2000-01-01T00:00:00.123Z", Y2K + 123000},
                {"4 digits", "2000-01-01T00:00:00.1234Z", Y2K + 123400},
                {"5 digits", "2000-01-01T00:00:00.12345Z", Y2K + 123450},
                {"6 digits", "2000-01-01T00:00:00.123456Z", Y2K + 123456},
                {"7 digits are cut", "2000-01-01T00:00:00.1234569Z", Y2K + 123456},
                {"8 digits are cut", "2000-01-01T00:00:00.12345699Z", Y2K + 123456},
                {"9 digits are cut", "2000-01-01T00:00:00.123456999Z", Y2K + 123456},
                {"nothing but nines", "1999-12-31T23:59:59.999999999Z", Y2K - 1},
                {"before the epoch", "1969-12-31T23:59:59.5Z", -SECOND / 2},
                {"leap day", "2024-02-29T00:00:00Z", INT64_C(1709164800) * SECOND},
                {"leap second", "2016-12-31T23:59:60Z", INT64_C(1483228800) * SECOND},
                {"leap second of the west", "2016-12-31T18:59:60-05:00",
                 INT64_C(1483228800) * SECOND},
                {"first of year 1", "0001-01-01T00:00:00Z", INT64_C(-62135596800) * SECOND},
                {"last of year 9999", "9999-12-31T23:59:59Z", INT64_C(253402300799) * SECOND},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                int64_t usec = -42;

                EXPECT_INT(rows[i].about, clock_parse(rows[i].text, &usec), 0);
                EXPECT_INT(rows[i].about, usec, rows[i].usec);
        }
}

static void test_parse_refused(void)
{
        static const struct {
                const char *about, *text;
        } rows[] = {
                {"nothing", ""},
                {"a word", "yesterday"},
                {"a day alone", "2000-01-01"},
                {"a blank for the T", "2000-01-01 00:00:00Z"},
                {"no seconds", "2000-01-01T00:00Z"},
                {"one digit of month", "2000-1-01T00:00:00Z"},
                {"five digits of year", "12000-01-01T00:00:00Z"},
                {"year 0", "0000-01-01T00:00:00Z"},
                {"a sign", "-2000-01-01T00:00:00Z"},
                {"month 0", "2000-00-01T00:00:00Z"},
                {"month 13", "2000-13-01T00:00:00Z"},
                {"day 0", "2000-01-00T00:00:00Z"},
                {"day 32", "2000-01-32T00:00:00Z"},
                {"31 February", "2000-02-31T00:00:00Z"},
                {"31 February with a leap second", "2000-02-31T23:59:60Z"},
                {"29 February, no leap year", "2023-02-29T00:00:00Z"},
                {"29 February 1900", "1900-02-29T00:00:00Z"},
                {"31 April", "2000-04-31T00:00:00Z"},
                {"hour 24", "2000-01-01T24:00:00Z"},
                {"minute 60", "2000-01-01T00:60:00Z"},
                {"second 61", "2000-01-01T00:00:61Z"},
                {"a dot without digits", "2000-01-01T00:00:00.Z"},
                {"10 digits", "2000-01-01T00:00:00.1234567890Z"},
                {"a comma", "2000-01-01T00:00:00,5Z"},
                {"two zones", "2000-01-01T00:00:00ZZ"},
                {"something behind", "2000-01-01T00:00:00Z "},
                {"something before", " 2000-01-01T00:00:00Z"},
                {"an offset without a colon", "2000-01-01T00:00:00+0100"},
                {"an offset of hours", "2000-01-01T00:00:00+01"},
                {"an offset of 15 hours", "2000-01-01T00:00:00+15:00"},
                {"an offset of 60 minutes", "2000-01-01T00:00:00+01:60"},
                {"a sign in the digits", "2000-01-01T+1:00:00Z"},
                {"digits of elsewhere", "2000-01-01T00:00:0\xd9\xa0Z"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                int64_t usec = -42;

                EXPECT_INT(rows[i].about, clock_parse(rows[i].text, &usec), -EINVAL);
                EXPECT_INT(rows[i].about, usec, -42);
        }
}

static void test_round_trip(void)
{
        static const int64_t times[] = {
                0, -1, 1, 999999, Y2K, -Y2K, Y2K + 123456, Y2K * 7 + 10, -SECOND - 1};

        for (size_t i = 0; i < ELEMENTS(times); i++) {
                char text[CLOCK_TEXT_MAX];
                int64_t back = -42;

                clock_format(times[i], text);
                EXPECT_INT(text, clock_parse(text, &back), 0);
                EXPECT_INT(text, back, times[i]);
        }
}

static void test_clocks(void)
{
        Usec before = clock_boottime();

        EXPECT("boot time does not run back", clock_boottime() >= before);
        EXPECT("it is later than when this was written", clock_realtime() > Y2K);
}

int main(void)
{
        test_format();
        test_parse();
        test_parse_refused();
        test_round_trip();
        test_clocks();
        return test_end();
}
