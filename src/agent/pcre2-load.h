#pragma once

/*
 * PCRE2, loaded when a pattern is there: the agent that waits for requests does without, and few
 * guests lack the library, which many basic tools are linked with.
 */

#include "base/base.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* The functions that we use; each has its name and _8 in the library. */
#define PCRE2_FUNCTIONS(X)                                                                         \
        X(code_free)                                                                               \
        X(compile)                                                                                 \
        X(compile_context_create)                                                                  \
        X(compile_context_free)                                                                    \
        X(get_error_message)                                                                       \
        X(match)                                                                                   \
        X(match_context_create)                                                                    \
        X(match_context_free)                                                                      \
        X(match_data_create)                                                                       \
        X(match_data_free)                                                                         \
        X(set_depth_limit)                                                                         \
        X(set_heap_limit)                                                                          \
        X(set_match_limit)                                                                         \
        X(set_max_pattern_length)                                                                  \
        X(set_parens_nest_limit)

typedef struct Pcre2 {
#define PCRE2_MEMBER(name) typeof(pcre2_##name##_8) *name;
        PCRE2_FUNCTIONS(PCRE2_MEMBER)
#undef PCRE2_MEMBER
} Pcre2;

/* Return: the library, for good; NULL where there is none. */
const Pcre2 *pcre2_load(void);
