#include "base/clock.h"

#include <ctype.h>
#include <time.h>

#define DAY_SECONDS 86400
#define SECOND_MIN  INT64_C(-62135596800) /* the first of year 1 */
#define SECOND_MAX  INT64_C(253402300799) /* the last of year 9999 */

static Usec timespec_usec(const struct timespec *ts)
{
        return (Usec)ts->tv_sec * USEC_PER_SEC + (Usec)ts->tv_nsec / 1000;
}

Usec clock_boottime(void)
{
        struct timespec ts = {0};

        clock_gettime(CLOCK_BOOTTIME, &ts);
        return timespec_usec(&ts);
}

int64_t clock_realtime(void)
{
        struct timespec ts = {0};

        clock_gettime(CLOCK_REALTIME, &ts);
        return (int64_t)timespec_usec(&ts);
}

/* Writes exactly @digits decimal digits. Return: where the next may stand. */
static char *put_number(char *at, unsigned int digits, unsigned int value)
{
        for (unsigned int i = digits; i-- > 0; value /= 10)
                at[i] = (char)('0' + value % 10);
        return at + digits;
}

static char *put_char(char *at, char c)
{
        *at = c;
        return at + 1;
}

/*
 * Days since 1970 to a date. Eras of 400 years are all alike, and years begin with March, so that
 * the leap day is the last. Source: H. Hinnant, chrono-Compatible Low-Level Date Algorithms.
 */
static char *put_date(char *at, int64_t days)
{
        unsigned int day, era, year, month;

        days += 719468; /* since the first of March of year 0: never negative here */
        era = (unsigned int)(days / 146097);
        day = (unsigned int)(days % 146097);
        year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
        day -= 365 * year + year / 4 - year / 100;
        month = (5 * day + 2) / 153;
        day -= (153 * month + 2) / 5;
        month = month < 10 ? month + 3 : month - 9;
        at = put_number(at, 4, era * 400 + year + (month <= 2));
        at = put_number(put_char(at, '-'), 2, month);
        return put_number(put_char(at, '-'), 2, day + 1);
}

static char *put_time(char *at, unsigned int second)
{
        at = put_number(at, 2, second / 3600);
        at = put_number(put_char(at, ':'), 2, second / 60 % 60);
        return put_number(put_char(at, ':'), 2, second % 60);
}

void clock_format(int64_t realtime_usec, char *text)
{
        int64_t second = realtime_usec / (int64_t)USEC_PER_SEC;
        int64_t fraction = realtime_usec % (int64_t)USEC_PER_SEC;
        int64_t time_of_day;

        if (fraction < 0) {
                fraction += (int64_t)USEC_PER_SEC;
                second--;
        }
        if (second < SECOND_MIN || second > SECOND_MAX)
                second = fraction = 0;
        time_of_day = (second % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS;
        text = put_date(text, (second - time_of_day) / DAY_SECONDS);
        text = put_time(put_char(text, 'T'), (unsigned int)time_of_day);
        if (fraction > 0)
                text = put_number(put_char(text, '.'), 6, (unsigned int)fraction);
        *put_char(text, 'Z') = '\0';
}

/* Exactly @digits decimal digits, moving @p on. */
static int take_number(const char **p, int digits, int min, int max, int *ret)
{
        int value = 0;

        for (int i = 0; i < digits; i++) {
                if (!isdigit((unsigned char)(*p)[i]))
                        return -EINVAL;
                value = value * 10 + ((*p)[i] - '0');
        }
        if (value < min || value > max)
                return -EINVAL;
        *p += digits;
        *ret = value;
        return 0;
}

static int take_char(const char **p, char c)
{
        if (**p != c)
                return -EINVAL;
        (*p)++;
        return 0;
}

static int take_fraction(const char **p, int64_t *ret)
{
        int64_t unit = 100000, value = 0;
        int n = 0;

        *ret = 0;
        if (**p != '.')
                return 0;
        (*p)++;
        for (; isdigit((unsigned char)**p); (*p)++, n++) {
                value += unit * (**p - '0');
                unit /= 10;
        }
        if (n < 1 || n > 9)
                return -EINVAL;
        *ret = value;
        return 0;
}

static int take_zone(const char **p, int64_t *ret_seconds)
{
        int hours, minutes, sign;

        *ret_seconds = 0;
        if (**p == '\0')
                return 0;
        if (**p == 'Z' || **p == 'z') {
                (*p)++;
                return 0;
        }
        if (**p != '+' && **p != '-')
                return -EINVAL;
        sign = **p == '-' ? -1 : 1;
        (*p)++;
        if (take_number(p, 2, 0, 14, &hours) < 0 || take_char(p, ':') < 0 ||
            take_number(p, 2, 0, 59, &minutes) < 0)
                return -EINVAL;
        *ret_seconds = (int64_t)sign * (hours * 3600 + minutes * 60);
        return 0;
}

int clock_parse(const char *text, int64_t *ret_usec)
{
        const char *p = text;
        struct tm tm = {0}, back = {0};
        int64_t fraction, zone;
        int year, month;
        time_t t;

        if (take_number(&p, 4, 1, 9999, &year) < 0 || take_char(&p, '-') < 0 ||
            take_number(&p, 2, 1, 12, &month) < 0 || take_char(&p, '-') < 0 ||
            take_number(&p, 2, 1, 31, &tm.tm_mday) < 0)
                return -EINVAL;
        if (*p != 'T' && *p != 't')
                return -EINVAL;
        p++;
        if (take_number(&p, 2, 0, 23, &tm.tm_hour) < 0 || take_char(&p, ':') < 0 ||
            take_number(&p, 2, 0, 59, &tm.tm_min) < 0 || take_char(&p, ':') < 0 ||
            take_number(&p, 2, 0, 60, &tm.tm_sec) < 0 || take_fraction(&p, &fraction) < 0 ||
            take_zone(&p, &zone) < 0 || *p)
                return -EINVAL;
        tm.tm_year = year - 1900;
        tm.tm_mon = month - 1;

        /* timegm() accepts the 31st of February and makes it March: ask for the way back. */
        back = tm;
        back.tm_sec = 0; /* a leap second may well lead to the next day */
        (void)timegm(&back);
        if (back.tm_mday != tm.tm_mday)
                return -EINVAL;
        t = timegm(&tm);
        *ret_usec = ((int64_t)t - zone) * (int64_t)USEC_PER_SEC + fraction;
        return 0;
}
