#pragma once

/*
 * Regular expressions of clients, as Perl has them, with a bound to what they cost. Compiled and
 * matched in workers only. Source: pcre2pattern(3), pcre2api(3).
 *
 * A pattern is found anywhere in a name unless it says otherwise, and upper and lower case differ.
 * It is put to names as clients are told of them, see guest-path.h: so each byte that is no UTF-8
 * counts as one character.
 */

#include "schema/fault.h"

typedef struct Pattern Pattern;

/*
 * @property: what the pattern is called in the request
 * @cpu_max:  how long this process may compute from now on, for all names that it is asked about
 *
 * Return: 0, or a negative errno with InvalidArgument raised, which says what is wrong and where,
 * or OperationNotSupportedByGuest, where the guest has no PCRE2.
 */
int pattern_new(const char *text, const char *property, Usec cpu_max, Fault *fault, Arena *arena,
                Pattern **ret);
Pattern *pattern_free(Pattern *pattern);
DEFINE_CLEANUP(Pattern, pattern_free)

/*
 * Return: whether @name (text as on the wire) matches; a negative errno with InvalidArgument raised
 * where that, or all that it was asked for so far, takes too long to find out.
 */
int pattern_matches(Pattern *pattern, const char *name, Fault *fault, Arena *arena);
