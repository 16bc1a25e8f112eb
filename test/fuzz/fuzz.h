#pragma once

/* What every fuzz target is, for libFuzzer and for replay.c. */

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to hold for every input: a broken promise is a crash. */
#define MUST(condition)                                                                            \
        do {                                                                                       \
                if (!(condition))                                                                  \
                        abort();                                                                   \
        } while (false)
