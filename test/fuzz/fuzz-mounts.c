/* Lines of the kernel's and libmount's lists of mounts, whose names are anybody's: one of each. */

#include "agent/mounts.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(freep) char *line = strndup((const char *)data, size);
        _cleanup_(freep) char *again = line ? strdup(line) : NULL;
        Mount mount;

        if (!again)
                return 0;
        if (mount_parse(line, &mount) >= 0) {
                size_t length = strlen(mount.point) + strlen(mount.type) + strlen(mount.source);

                MUST(*mount.point && *mount.type && length < strlen(again));
                MUST(!mount_is_disk(&mount) || !strchr(mount.type, '.'));
                MUST(!mount_is_root(&mount) || strlen(mount.point) == 1);
        }
        (void)mount_is_users(again, "/media/a b");
        return 0;
}
