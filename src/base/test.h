#pragma once

/*
 * For unit tests: rows are checked one by one, and a failure prints the row and both sides.
 * A test program returns test_end().
 */

#include "base/base.h"

#include <inttypes.h>
#include <stdio.h>

static unsigned int test_failed, test_passed;

#define EXPECT(about, condition)                                                                   \
        ((condition) ? (void)test_passed++                                                         \
                     : (void)(test_failed++, fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__,  \
                                                     __LINE__, (about), #condition)))

#define EXPECT_INT(about, got, wanted)                                                             \
        do {                                                                                       \
                int64_t got_ = (int64_t)(got), wanted_ = (int64_t)(wanted);                        \
                                                                                                   \
                if (got_ == wanted_) {                                                             \
                        test_passed++;                                                             \
                } else {                                                                           \
                        test_failed++;                                                             \
                        (void)fprintf(stderr, "%s:%d: %s: got %" PRId64 ", wanted %" PRId64 "\n",  \
                                      __FILE__, __LINE__, (about), got_, wanted_);                 \
                }                                                                                  \
        } while (false)

#define EXPECT_STR(about, got, wanted)                                                             \
        do {                                                                                       \
                const char *got_ = (got), *wanted_ = (wanted);                                     \
                                                                                                   \
                if (got_ && wanted_ ? strcmp(got_, wanted_) == 0 : got_ == wanted_) {              \
                        test_passed++;                                                             \
                } else {                                                                           \
                        test_failed++;                                                             \
                        (void)fprintf(stderr, "%s:%d: %s:\n  got    %s\n  wanted %s\n", __FILE__,  \
                                      __LINE__, (about), got_ ? got_ : "(null)",                   \
                                      wanted_ ? wanted_ : "(null)");                               \
                }                                                                                  \
        } while (false)

static inline int test_end(void)
{
        (void)fprintf(stderr, "%u passed, %u failed\n", test_passed, test_failed);
        return test_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
