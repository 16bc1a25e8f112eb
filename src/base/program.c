#include "base/program.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>

int program_find(const char *name, char **ret)
{
        _cleanup_(freep) char *path = NULL;
        char self[PATH_MAX] = "";

        if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0) {
                if (asprintf(&path, "%s/%s", dirname(self), name) < 0)
                        return -ENOMEM;
                if (access(path, X_OK) == 0) {
                        *ret = moved(path);
                        return 0;
                }
                free(moved(path));
        }
        if (asprintf(&path, GUESTOPS_LIBEXECDIR "/%s", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        *ret = moved(path);
        return access(*ret, X_OK) == 0 ? 0 : -ENOENT;
}
