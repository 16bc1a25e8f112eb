#pragma once

/*
 * Clocks and the text form of a point in time.
 *
 * Only the loop and the mains read a clock; everybody else is given @now.
 * Source of the text form: RFC 3339, as VI/JSON and XML Schema dateTime spell it.
 */

#include "base/base.h"

#define CLOCK_TEXT_MAX 96

/* Return: CLOCK_BOOTTIME in µs. It counts on while the machine sleeps, and is never set. */
Usec clock_boottime(void);

/* Return: CLOCK_REALTIME in µs since 1970. */
int64_t clock_realtime(void);

/**
 * clock_format() - write @realtime_usec as RFC 3339 in UTC
 * @text:       at least CLOCK_TEXT_MAX bytes
 *
 * Fractions are written with six digits, and only where the second is not whole. A time that no
 * calendar can name is written as 1970-01-01T00:00:00Z.
 */
void clock_format(int64_t realtime_usec, char *text);

/**
 * clock_parse() - read an RFC 3339 / xsd:dateTime text
 *
 * Takes an offset or 'Z', a missing zone as UTC, and 0 to 9 digits of fraction (cut to µs).
 *
 * Return: 0, or -EINVAL.
 */
int clock_parse(const char *text, int64_t *ret_usec);
