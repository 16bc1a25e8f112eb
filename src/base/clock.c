#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>

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

void clock_format(int64_t realtime_usec, char *text)
{
        int64_t second = realtime_usec / (int64_t)USEC_PER_SEC;
        int64_t fraction = realtime_usec % (int64_t)USEC_PER_SEC;
        struct tm tm = {0};
        time_t t;

        if (fraction < 0) {
                fraction += (int64_t)USEC_PER_SEC;
                second--;
        }
        t = (time_t)second;
        if (!gmtime_r(&t, &tm) || tm.tm_year < -1899 || tm.tm_year > 8099) {
                tm = (struct tm){.tm_year = 70, .tm_mday = 1};
                fraction = 0;
        }
        if (fraction == 0)
                (void)snprintf(text, CLOCK_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                               tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                               tm.tm_sec);
        else
                (void)snprintf(text, CLOCK_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                               tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                               tm.tm_sec, (int)fraction);
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
