#include "agent/identity.h"

#include <grp.h>
#include <sys/types.h>

static int set_groups(const LoginVerdict *who)
{
        _cleanup_(freep) gid_t *groups = calloc(who->groups.n ? who->groups.n : 1, sizeof(*groups));

        if (!groups)
                return -ENOMEM;
        for (size_t i = 0; i < who->groups.n; i++) {
                if (who->groups.items[i] < 0 || who->groups.items[i] >= UINT32_MAX)
                        return -EINVAL;
                groups[i] = (gid_t)who->groups.items[i];
        }
        return setgroups(who->groups.n, groups) < 0 ? -errno : 0;
}

static bool has_become(uid_t uid, gid_t gid)
{
        uid_t ruid, euid, suid;
        gid_t rgid, egid, sgid;

        if (getresuid(&ruid, &euid, &suid) < 0 || getresgid(&rgid, &egid, &sgid) < 0)
                return false;
        if (ruid != uid || euid != uid || suid != uid || rgid != gid || egid != gid || sgid != gid)
                return false;
        return uid == 0 || setuid(0) < 0;
}

int identity_become(const LoginVerdict *who)
{
        uid_t uid = (uid_t)who->uid;
        gid_t gid = (gid_t)who->gid;
        int r;

        if (who->uid < 0 || who->uid >= UINT32_MAX || who->gid < 0 || who->gid >= UINT32_MAX)
                return -EINVAL;
        if (geteuid() != 0)
                return uid == geteuid() ? 0 : -EPERM;
        r = set_groups(who);
        if (r < 0)
                return r;
        if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
                return -EPERM;
        return has_become(uid, gid) ? 0 : -EPERM;
}
