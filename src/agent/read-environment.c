/*
 * ReadEnvironmentVariableInGuest: the environment that a program gets which brings none along.
 * Source: vSphere Web Services API, GuestProcessManager.
 */

#include "agent/operation.h"
#include "schema/tables.h"

/* Return: the entry NAME=value, or NULL. A name with '=' in it is none. */
static char *find(const WireStrings *environment, const char *name)
{
        size_t n = strlen(name);

        if (strchr(name, '='))
                return NULL;
        for (size_t i = 0; i < environment->n; i++)
                if (strncmp(environment->items[i], name, n) == 0 && environment->items[i][n] == '=')
                        return environment->items[i];
        return NULL;
}

int read_environment_run(Operation *operation, Usec now)
{
        const ReadEnvironmentVariableInGuestRequestType *args =
                (const void *)operation->request->params;
        const WireStrings *all = &operation->who->environment;
        WireStrings found = {0};

        (void)now;
        if (args->names.n == 0) {
                operation_answer(operation, all);
                return 0;
        }
        found.items = arena_array(operation->arena, args->names.n, sizeof(*found.items));
        if (!found.items)
                return -ENOMEM;
        for (size_t i = 0; i < args->names.n; i++) {
                char *entry = find(all, args->names.items[i]);

                if (entry)
                        found.items[found.n++] = entry;
        }
        operation_answer(operation, &found);
        return 0;
}
