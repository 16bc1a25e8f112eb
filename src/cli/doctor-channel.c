/* Steps: the channel, from its definition to the service's end of it. */

#include "cli/doctor-private.h"

#include <pwd.h>

#define PATH_BYTES_MAX 107 /* unix(7) */

static const json_t *channel_of(const Facts *facts)
{
        return json_object_get(facts->machine, "channel");
}

static bool is_error(const Facts *facts, const char *name)
{
        const char *error = cli_text(channel_of(facts), "error");

        return error && strcmp(error, name) == 0;
}

/* the definition */

static bool check_unix(const Facts *facts, const json_t *channel, Verdict *verdict)
{
        const char *type = cli_text(channel, "type");

        if (type && strcmp(type, "unix") == 0)
                return true;
        buf_putf(&verdict->detail, "its channel is of type '%s', not 'unix'", type ? type : "?");
        doctor_put_virsh(&verdict->mend, facts, "edit");
        return false;
}

bool check_defined(const Facts *facts, Verdict *verdict)
{
        const json_t *channel = doctor_channel(facts, "config");

        if (channel)
                return check_unix(facts, channel, verdict);
        buf_puts(&verdict->detail, "it has no channel for the agent");
        doctor_put_guestops(&verdict->mend, facts, "attach");
        return false;
}

bool check_live(const Facts *facts, Verdict *verdict)
{
        const json_t *channel = doctor_channel(facts, "live");

        if (channel)
                return check_unix(facts, channel, verdict);
        buf_puts(&verdict->detail, "it was started without; add it, or shut it down and start it");
        doctor_put_guestops(&verdict->mend, facts, "attach");
        if (!doctor_channel(facts, "config"))
                return false;
        buf_puts(&verdict->mend, " || ");
        doctor_put_virsh(&verdict->mend, facts, "shutdown");
        return false;
}

/* the socket */

bool check_path(const Facts *facts, Verdict *verdict)
{
        const char *path = doctor_channel_path(facts);

        if (strlen(path) <= PATH_BYTES_MAX)
                return true;
        buf_putf(&verdict->detail, "%s has %zu bytes, %d are possible", path, strlen(path),
                 PATH_BYTES_MAX);
        if (!facts->by_libvirt) {
                buf_puts(&verdict->mend, "choose a shorter one for QEMU's -chardev and in ");
                doctor_put_word(&verdict->mend, cli_text(facts->machine, "file"));
                return false;
        }
        buf_puts(&verdict->mend, "give the channel <source mode='bind' path='/run/...'/>: ");
        doctor_put_virsh(&verdict->mend, facts, "edit");
        return false;
}

static void put_maker(Buf *out, const Facts *facts)
{
        const char *provider = cli_text(facts->machine, "provider");

        if (facts->by_libvirt)
                doctor_put_virsh(out, facts, "shutdown");
        else if (provider && strcmp(provider, "qmp") == 0)
                buf_puts(out, "start QEMU with '-chardev socket,server=on,wait=off' for that path");
        else
                buf_puts(out, "start what listens there, as 'guestops-agent --listen'");
}

bool check_socket(const Facts *facts, Verdict *verdict)
{
        const char *path = doctor_channel_path(facts);
        const Look *look = &facts->look;

        if (look->error == -EACCES) {
                buf_putf(&verdict->detail, "%s cannot be looked at by you", path);
                buf_puts(&verdict->mend, "sudo ");
                doctor_put_guestops(&verdict->mend, facts, "doctor");
                return false;
        }
        if (look->error < 0) {
                buf_putf(&verdict->detail, "%s: %s", path, strerror(-look->error));
                put_maker(&verdict->mend, facts);
                return false;
        }
        if (look->is_socket) {
                buf_puts(&verdict->detail, path);
                return true;
        }
        buf_putf(&verdict->detail, "%s is %s", path,
                 look->is_link ? "a symbolic link, which the service does not follow"
                               : "no socket");
        buf_puts(&verdict->mend, "ls -l ");
        doctor_put_word(&verdict->mend, path);
        return false;
}

bool check_modes(const Facts *facts, Verdict *verdict)
{
        const struct passwd *user =
                getpwuid((uid_t)json_integer_value(json_object_get(facts->status, "uid")));
        const char *name = user ? user->pw_name : "guestops";
        const Look *look = &facts->look;

        if (!look->refuses)
                return true;
        buf_putf(&verdict->detail, "%s (%s) refuses the user %s", look->refuses, look->owners,
                 name);
        if (look->group) {
                buf_puts(&verdict->mend, "usermod --append --groups ");
                doctor_put_word(&verdict->mend, look->group);
        } else {
                buf_puts(&verdict->mend, "setfacl --modify u:");
                doctor_put_word(&verdict->mend, name);
                buf_puts(&verdict->mend, ":rwx");
        }
        buf_putc(&verdict->mend, ' ');
        doctor_put_word(&verdict->mend, look->group ? name : look->refuses);
        if (look->group)
                buf_puts(&verdict->mend, "\nsystemctl restart guestopsd");
        return false;
}

static void put_permission(Buf *out, const Facts *facts)
{
        const char *path = doctor_channel_path(facts);

        if (facts->look.enforcing && strcmp(facts->look.enforcing, "SELinux") == 0) {
                buf_puts(out, "ausearch -m avc -c guestopsd | audit2allow -M guestops-local\n"
                              "semodule -i guestops-local.pp");
                return;
        }
        buf_puts(out, "echo ");
        doctor_put_word(out, path ? path : "PATH");
        buf_puts(out, " rw, >>/etc/apparmor.d/local/guestopsd\n"
                      "apparmor_parser -r /etc/apparmor.d/guestopsd");
}

/* The modes would let it, and the kernel has not. */
bool check_policy(const Facts *facts, Verdict *verdict)
{
        const Look *look = &facts->look;

        if (!is_error(facts, "EACCES"))
                return true;
        if (!look->enforcing) {
                buf_puts(&verdict->detail, cli_text(channel_of(facts), "why"));
                buf_puts(&verdict->mend, "journalctl -u guestopsd");
                return false;
        }
        buf_putf(&verdict->detail, "%s refuses it", look->enforcing);
        if (look->denied)
                buf_putf(&verdict->detail, ": %s", look->denied);
        put_permission(&verdict->mend, facts);
        return false;
}

/* The service has looked who may have put the socket there. */
bool check_trusted(const Facts *facts, Verdict *verdict)
{
        const char *path = doctor_channel_path(facts);

        if (!is_error(facts, "EPERM"))
                return true;
        buf_puts(&verdict->detail, cli_text(channel_of(facts), "why"));
        buf_puts(&verdict->mend, "namei --long ");
        doctor_put_word(&verdict->mend, path ? path : "PATH");
        return false;
}

bool check_alone(const Facts *facts, Verdict *verdict)
{
        const char *path = doctor_channel_path(facts);

        if (!is_error(facts, "EBUSY"))
                return true;
        buf_puts(&verdict->detail, cli_text(channel_of(facts), "why"));
        /* Who has the other end of what has been accepted there. */
        buf_puts(&verdict->mend, "ss -xpH | grep -w \"$(ss -xH src ");
        doctor_put_word(&verdict->mend, path ? path : "PATH");
        buf_puts(&verdict->mend, " | awk '{print $8}')\"");
        return false;
}

bool check_connected(const Facts *facts, Verdict *verdict)
{
        const char *why = cli_text(channel_of(facts), "why");

        if (doctor_is_connected(facts))
                return true;
        buf_puts(&verdict->detail, why ? why : "it has not been tried yet; ask again in a second");
        buf_puts(&verdict->mend, "journalctl -u guestopsd");
        return false;
}
