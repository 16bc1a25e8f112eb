/* The arguments of a program, as they come from a client; and an entry of its environment. */

#include "agent/plain-command.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new((size_t)16 << 20);
        _cleanup_(freep) char *text = strndup((const char *)data, size);
        char *given[] = {text, NULL}, **words = NULL, **environment = NULL;
        size_t total = 0;

        if (!arena || !text)
                return 0;
        MUST(plain_command_words(arena, "/x", text, &words) == 0);
        for (size_t i = 1; words && words[i]; i++)
                total += strlen(words[i]) + 1;
        MUST(total <= strlen(text) + 1);
        if (!strpbrk(text, "'\"$`\\;&|<>()*?[]{}~#!\n"))
                MUST(!words || !*text || strspn(text, " \t") == strlen(text) || words[1]);
        MUST(plain_command_environment(arena, given, "/x", "/", &environment) == 0);
        MUST(!environment || (strchr(text, '=') && environment[0] == text));
        return 0;
}
