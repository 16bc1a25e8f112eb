#include "agent/problems.h"

#include <stdio.h>
#include <sys/inotify.h>

const char *const pam_directories[] = {"/etc/pam.d", "/usr/lib/pam.d", NULL};

static bool lacks_pam_service(const Setup *setup)
{
        bool any = false;

        for (const char *const *directory = setup->pam_directories; *directory; directory++) {
                char path[512];

                any |= access(*directory, F_OK) == 0;
                (void)snprintf(path, sizeof(path), "%s/%s", *directory, setup->pam_service);
                if (access(path, F_OK) == 0)
                        return false;
        }
        return any || access(setup->pam_file, F_OK) != 0;
}

size_t problems_find(const Setup *setup, const char *ret[PROBLEMS_MAX])
{
        const struct {
                bool is;
                const char *word;
        } rows[PROBLEMS_MAX] = {
                {setup->config_invalid, "configuration-invalid"},
                {setup->uid != 0, "not-root"},
                {setup->disabled, "operations-disabled"},
                {lacks_pam_service(setup), "pam-service-missing"},
        };
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                if (rows[i].is)
                        ret[n++] = rows[i].word;
        return n;
}

void problems_watch(const Setup *setup, int inotify)
{
        for (const char *const *directory = setup->pam_directories; *directory; directory++)
                (void)inotify_add_watch(inotify, *directory,
                                        IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM |
                                                IN_ONLYDIR);
}
