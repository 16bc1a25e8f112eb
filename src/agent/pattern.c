#include "agent/pattern.h"

#include "agent/pcre2-load.h"

#include <time.h>

/*
 * A pattern can only lower the limits of matching. One name of usual length needs far less than the
 * steps; ten million steps, PCRE2's own limit, would take a second for every name.
 */
#define LENGTH_MAX     4096U /* bytes */
#define NEST_MAX       100U  /* parentheses */
#define STEPS_MAX      1000000U
#define DEPTH_MAX      20000U
#define HEAP_KIB_MAX   8192U
#define NAMES_PER_LOOK 16 /* between two looks at the clock */

struct Pattern {
        const Pcre2 *pcre2;
        pcre2_code *code;
        pcre2_match_data *data;
        pcre2_match_context *limits;
        const char *property;
        Usec cpu_end;
        unsigned int n_names;
};

static Usec cpu_time(void)
{
        struct timespec time = {0};

        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        return (Usec)time.tv_sec * USEC_PER_SEC + (Usec)time.tv_nsec / 1000;
}

static int fault_text(Fault *fault, Arena *arena, const char *property, const char *what)
{
        return fault_raise(fault, arena, FAULT_INVALID_ARGUMENT, property,
                           "A specified parameter was not correct: %s (%s)", property, what);
}

/* @place: where in the pattern, NULL where it fails as a whole. */
static int fault_code(const Pattern *pattern, Fault *fault, Arena *arena, int code,
                      const size_t *place)
{
        char text[256] = "";
        const char *what;

        (void)pattern->pcre2->get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text));
        what = place ? arena_printf(arena, "%s, at byte %zu", text, *place) : NULL;
        return fault_text(fault, arena, pattern->property, what ? what : text);
}

static int compile(Pattern *pattern, const char *text, Fault *fault, Arena *arena)
{
        const Pcre2 *pcre2 = pattern->pcre2;
        pcre2_compile_context *context = pcre2->compile_context_create(NULL);
        size_t offset = 0;
        int code = 0;

        if (!context)
                return -ENOMEM;
        (void)pcre2->set_max_pattern_length(context, LENGTH_MAX);
        (void)pcre2->set_parens_nest_limit(context, NEST_MAX);
        pattern->code =
                pcre2->compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                               PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &offset, context);
        pcre2->compile_context_free(context);
        if (pattern->code)
                return 0;
        if (code == PCRE2_ERROR_HEAP_FAILED)
                return -ENOMEM;
        return fault_code(pattern, fault, arena, code, &offset);
}

int pattern_new(const char *text, const char *property, Usec cpu_max, Fault *fault, Arena *arena,
                Pattern **ret)
{
        _cleanup_(pattern_freep) Pattern *pattern = calloc(1, sizeof(*pattern));
        int r;

        if (!pattern)
                return -ENOMEM;
        pattern->pcre2 = pcre2_load();
        if (!pattern->pcre2)
                return fault_raise(fault, arena, FAULT_OPERATION_NOT_SUPPORTED_BY_GUEST, NULL,
                                   "The guest lacks the library that patterns need, libpcre2-8.");
        pattern->property = property;
        pattern->cpu_end = cpu_time() + cpu_max;
        r = compile(pattern, text, fault, arena);
        if (r < 0)
                return r;
        pattern->data = pattern->pcre2->match_data_create(1, NULL);
        pattern->limits = pattern->pcre2->match_context_create(NULL);
        if (!pattern->data || !pattern->limits)
                return -ENOMEM;
        (void)pattern->pcre2->set_match_limit(pattern->limits, STEPS_MAX);
        (void)pattern->pcre2->set_depth_limit(pattern->limits, DEPTH_MAX);
        (void)pattern->pcre2->set_heap_limit(pattern->limits, HEAP_KIB_MAX);
        *ret = moved(pattern);
        return 0;
}

static void release(const Pattern *pattern)
{
        pattern->pcre2->match_context_free(pattern->limits);
        pattern->pcre2->match_data_free(pattern->data);
        pattern->pcre2->code_free(pattern->code);
}

Pattern *pattern_free(Pattern *pattern)
{
        if (!pattern)
                return NULL;
        if (pattern->pcre2)
                release(pattern);
        free(pattern);
        return NULL;
}

int pattern_matches(Pattern *pattern, const char *name, Fault *fault, Arena *arena)
{
        int code;

        if (pattern->n_names++ % NAMES_PER_LOOK == 0 && cpu_time() > pattern->cpu_end)
                return fault_text(fault, arena, pattern->property,
                                  "it takes too long to find out which of so many names match");
        code = pattern->pcre2->match(pattern->code, (PCRE2_SPTR)name, strlen(name), 0, 0,
                                     pattern->data, pattern->limits);
        if (code >= 0)
                return 1; /* 0 says that there was no room for what parentheses matched */
        if (code == PCRE2_ERROR_NOMATCH)
                return 0;
        if (code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_DEPTHLIMIT ||
            code == PCRE2_ERROR_HEAPLIMIT)
                return fault_text(fault, arena, pattern->property,
                                  "it takes too long to find out whether a name matches");
        if (code == PCRE2_ERROR_NOMEMORY)
                return -ENOMEM;
        return fault_code(pattern, fault, arena, code, NULL);
}
