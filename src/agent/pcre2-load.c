#include "agent/pcre2-load.h"

#include <dlfcn.h>

#define LIBRARY "libpcre2-8.so.0"

const Pcre2 *pcre2_load(void)
{
        static Pcre2 pcre2;
        static bool loaded;
        const struct {
                const char *name;
                void **at;
        } symbols[] = {
#define PCRE2_SYMBOL(name) {"pcre2_" #name "_8", (void **)&pcre2.name},
                PCRE2_FUNCTIONS(PCRE2_SYMBOL)
#undef PCRE2_SYMBOL
        };
        void *library;

        if (loaded)
                return &pcre2;
        library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
        if (!library)
                return NULL;
        for (size_t i = 0; i < ELEMENTS(symbols); i++) {
                *symbols[i].at = dlsym(library, symbols[i].name);
                if (!*symbols[i].at)
                        return NULL;
        }
        loaded = true;
        return &pcre2;
}
