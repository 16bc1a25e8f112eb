#include "agent/login-helper.h"

#include "agent/environment.h"
#include "agent/pam.h"
#include "base/log.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define GROUPS_MAX 65536 /* NGROUPS_MAX of Linux */

static int find_groups(Arena *arena, const struct passwd *entry, WireLongs *ret)
{
        _cleanup_(freep) gid_t *groups = NULL;
        int n = 64;

        for (;;) {
                int space = n;
                gid_t *grown = reallocarray(groups, (size_t)n, sizeof(*groups));

                if (!grown)
                        return -ENOMEM;
                groups = grown;
                if (getgrouplist(entry->pw_name, entry->pw_gid, groups, &n) >= 0)
                        break;
                if (n <= space || n > GROUPS_MAX)
                        return -EIO;
        }
        ret->items = arena_array(arena, (size_t)n, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (int i = 0; i < n; i++)
                ret->items[i] = groups[i];
        ret->n = (size_t)n;
        return 0;
}

/* Who the kernel is to take this user for. */
static int find_identity(Arena *arena, const char *user, LoginVerdict *verdict)
{
        const struct passwd *entry;
        const char *home, *shell;
        int r;

        errno = 0;
        entry = getpwnam(user);
        if (!entry)
                return errno ? -EIO : -EACCES; /* left between PAM's answer and now */
        home = str_is_empty(entry->pw_dir) ? "/" : entry->pw_dir;
        shell = str_is_empty(entry->pw_shell) ? "/bin/sh" : entry->pw_shell;
        verdict->uid = entry->pw_uid;
        verdict->gid = entry->pw_gid;
        verdict->name = arena_strdup(arena, entry->pw_name);
        verdict->home = arena_strdup(arena, home);
        if (!verdict->name || !verdict->home)
                return -ENOMEM;
        r = environment_make(arena, verdict->name, entry->pw_uid, home, shell,
                             &verdict->environment);
        if (r < 0)
                return r;
        return find_groups(arena, entry, &verdict->groups);
}

/* Return: whether @visit says so of any name in a list by blanks or commas. */
static bool any_name(Arena *arena, const char *list, const LoginVerdict *verdict,
                     bool (*visit)(const char *name, const LoginVerdict *verdict))
{
        char *rest = list ? arena_strdup(arena, list) : NULL;
        const char *name;
        bool found = false;

        while (rest && (name = strsep(&rest, " ,\t")))
                found |= *name && visit(name, verdict);
        return found;
}

static bool is_user(const char *name, const LoginVerdict *verdict)
{
        return strcmp(name, verdict->name) == 0;
}

static bool is_in_group(const char *name, const LoginVerdict *verdict)
{
        const struct group *entry = getgrnam(name);

        for (size_t i = 0; entry && i < verdict->groups.n; i++)
                if (verdict->groups.items[i] == (int64_t)entry->gr_gid)
                        return true;
        return false;
}

static bool is_allowed(Arena *arena, const LoginQuestion *question, const LoginVerdict *verdict)
{
        if (!question->allow_users && !question->allow_groups)
                return true;
        return any_name(arena, question->allow_users, verdict, is_user) ||
               any_name(arena, question->allow_groups, verdict, is_in_group);
}

static void answer(Arena *arena, const char *service, const LoginQuestion *question, Buf *out)
{
        LoginVerdict verdict = {.type = &type_LoginVerdict};
        const char *detail = NULL;
        int r;

        r = pam_check(service, question->user, question->password, &detail);
        if (r >= 0)
                r = find_identity(arena, question->user, &verdict);
        if (r >= 0 && !is_allowed(arena, question, &verdict)) {
                detail = "not among the users and groups that the configuration allows";
                r = -EACCES;
        }
        if (r < 0) {
                verdict = (LoginVerdict){.type = &type_LoginVerdict};
                verdict.detail = arena_strdup(arena, detail ? detail : strerror(-r));
        }
        verdict.result = r;
        tlv_write(out, &verdict);
}

/* Return: 1 to go on, 0 at the end, or a negative errno. */
static int serve_one(const char *service, char *packet)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(4 * LOGIN_PACKET_BYTES);
        _cleanup_(buf_erase) Buf out = {.max = LOGIN_PACKET_BYTES};
        LoginQuestion *question = NULL;
        WireError error;
        ssize_t n;
        int r;

        if (!arena)
                return -ENOMEM;
        do
                n = recv(LOGIN_HELPER_FD, packet, LOGIN_PACKET_BYTES, 0);
        while (n < 0 && errno == EINTR);
        if (n <= 0)
                return n < 0 ? -errno : 0;
        r = tlv_read(arena, packet, (size_t)n, &type_LoginQuestion, &question, &error);
        explicit_bzero(packet, (size_t)n);
        if (r < 0)
                return r;
        answer(arena, service, question, &out);
        if (buf_error(&out))
                return buf_error(&out);
        return send(LOGIN_HELPER_FD, out.data, out.size, MSG_NOSIGNAL) < 0 ? -errno : 1;
}

int login_helper_main(const char *pam_service)
{
        _cleanup_(freep) char *packet = malloc(LOGIN_PACKET_BYTES);
        int r = packet ? 1 : -ENOMEM;

        (void)prctl(PR_SET_DUMPABLE, 0);
        pam_warm_up(pam_service);
        while (r > 0)
                r = serve_one(pam_service, packet);
        if (r < 0)
                log_error("the login helper ends: %s", strerror(-r));
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
