/* Steps: the service, libvirt, and what both know of the machine. */

#include "cli/doctor-private.h"

/* A name that looks like an option is none. */
static void put_operand(Buf *out, const char *name)
{
        if (*name == '-')
                buf_puts(out, "-- ");
        doctor_put_word(out, name);
}

void doctor_put_virsh(Buf *out, const Facts *facts, const char *verb)
{
        const char *uri = cli_text(facts->domain, "uri"), *name = cli_text(facts->domain, "name");

        buf_puts(out, "virsh");
        if (uri || facts->uri) {
                buf_puts(out, " -c ");
                doctor_put_word(out, uri ? uri : facts->uri);
        }
        buf_putf(out, " %s", verb);
        if (name) {
                buf_putc(out, ' ');
                put_operand(out, name);
        }
}

void doctor_put_guestops(Buf *out, const Facts *facts, const char *verb)
{
        const char *uri = cli_text(facts->domain, "uri"), *name = cli_text(facts->domain, "name");

        buf_putf(out, "guestops %s ", verb);
        if (uri) {
                buf_puts(out, "-c ");
                doctor_put_word(out, uri);
                buf_putc(out, ' ');
        }
        put_operand(out, name ? name : facts->name);
}

/* the service */

bool check_service(const Facts *facts, Verdict *verdict)
{
        static const struct {
                int error;
                const char *why, *mend;
        } rows[] = {
                {-ENOENT, "it is not there", "systemctl start guestopsd"},
                {-ECONNREFUSED, "nobody answers there", "systemctl start guestopsd"},
                {-EACCES, "it is for its owner and group only", NULL},
                {-EPERM, "it is for its owner and group only", NULL},
                {-ETIMEDOUT, "nothing comes from it", "systemctl restart guestopsd"},
                {-EBADMSG, "it is no status socket of this version", "systemctl restart guestopsd"},
        };
        size_t i = 0;

        if (facts->status_error >= 0) {
                buf_putf(&verdict->detail, "version %s", cli_text(facts->status, "version"));
                return true;
        }
        while (i < ELEMENTS(rows) && rows[i].error != facts->status_error)
                i++;
        if (i == ELEMENTS(rows)) {
                buf_putf(&verdict->detail, "%s: %s", facts->socket, strerror(-facts->status_error));
                buf_puts(&verdict->mend, "systemctl status guestopsd");
                return false;
        }
        buf_putf(&verdict->detail, "%s: %s", facts->socket, rows[i].why);
        if (rows[i].mend) {
                buf_puts(&verdict->mend, rows[i].mend);
                return false;
        }
        buf_puts(&verdict->mend, "sudo ");
        doctor_put_guestops(&verdict->mend, facts, "doctor");
        return false;
}

bool check_name(const Facts *facts, Verdict *verdict)
{
        buf_putf(&verdict->detail, "%zu machines are called so; name one by its UUID",
                 facts->n_called_so);
        buf_puts(&verdict->mend, "guestops status ");
        put_operand(&verdict->mend, facts->name);
        return false;
}

/* libvirt */

/* The last line of what guestops-libvirt has said, without the program's name. */
static void put_said(Buf *out, const Facts *facts)
{
        static const char program[] = "guestops: ";
        const char *said = facts->domain_said ? facts->domain_said : "";
        size_t n = strlen(said);
        const char *line;

        while (n > 0 && said[n - 1] == '\n')
                n--;
        line = memrchr(said, '\n', n);
        line = line ? line + 1 : said;
        if (strncmp(line, program, strlen(program)) == 0)
                line += strlen(program);
        if (line < said + n)
                buf_put(out, line, (size_t)(said + n - line));
        else
                buf_puts(out, strerror(-facts->domain_error));
}

static bool say_no_libvirt(const Facts *facts, Verdict *verdict)
{
        if (facts->domain_error == -ENOENT) {
                buf_puts(&verdict->detail, facts->machine
                                                   ? "guestops-libvirt is not installed"
                                                   : "the service knows no such machine, and "
                                                     "guestops-libvirt is not installed");
                buf_puts(&verdict->mend, "apt install guestops-libvirt");
                return false;
        }
        if (facts->domain_error == -ETIMEDOUT) {
                buf_puts(&verdict->detail, "libvirtd does not answer");
                buf_puts(&verdict->mend, "systemctl restart libvirtd");
                return false;
        }
        put_said(&verdict->detail, facts);
        doctor_put_virsh(&verdict->mend, facts, "list --all");
        buf_puts(&verdict->mend, "\nguestops status");
        return false;
}

bool check_libvirt(const Facts *facts, Verdict *verdict)
{
        const char *uri = cli_text(facts->domain, "uri");

        if (facts->domain_error < 0 || !facts->domain)
                return say_no_libvirt(facts, verdict);
        if (uri)
                buf_puts(&verdict->detail, uri);
        return true;
}

/* what the service knows */

static const json_t *find_connection(const Facts *facts)
{
        const json_t *connections = json_object_get(facts->status, "connections");
        const char *uris[] = {cli_text(facts->domain, "uri"), facts->uri};

        for (size_t i = 0; i < json_array_size(connections); i++) {
                const json_t *connection = json_array_get(connections, i);
                const char *uri = cli_text(connection, "uri");

                for (size_t k = 0; k < ELEMENTS(uris); k++)
                        if (uri && uris[k] && strcmp(uri, uris[k]) == 0)
                                return connection;
        }
        return NULL;
}

static void put_file(Buf *out, const Facts *facts)
{
        const char *vms = cli_text(facts->status, "vms"), *uri = cli_text(facts->domain, "uri");
        _cleanup_(buf_done) Buf path = {0}, text = {0};

        buf_putf(&path, "%s/libvirt.conf", vms ? vms : "/etc/guestops/vms.d");
        buf_putf(&text, "[vm]\\nprovider = libvirt\\nuri = %s\\n", uri ? uri : "qemu:///system");
        if (!buf_text(&path) || !buf_text(&text))
                return;
        buf_puts(out, "printf ");
        doctor_put_word(out, text.data);
        buf_puts(out, " >");
        doctor_put_word(out, path.data);
        buf_puts(out, "\nsystemctl reload guestopsd");
}

static bool say_lost(const char *why, const char *uri, Verdict *verdict)
{
        const char *path = uri ? strstr(uri, "://") : NULL;

        buf_puts(&verdict->detail, why);
        if (!path || path[3] == '/') {
                buf_puts(&verdict->mend, "systemctl restart libvirtd");
                return false;
        }
        buf_puts(&verdict->mend, "sudo -u guestops virsh -c ");
        doctor_put_word(&verdict->mend, uri);
        buf_puts(&verdict->mend, " uri");
        return false;
}

/* Another file's machine is what the domain is taken for. */
static bool check_owner(const Facts *facts, Verdict *verdict)
{
        const char *provider = cli_text(facts->machine, "provider");
        const char *file = cli_text(facts->machine, "file");

        if (!facts->by_libvirt || (provider && strcmp(provider, "libvirt") == 0)) {
                buf_puts(&verdict->detail, file ? file : "");
                return true;
        }
        buf_putf(&verdict->detail, "its UUID is that of the machine in %s", file ? file : "?");
        buf_puts(&verdict->mend, "rm ");
        doctor_put_word(&verdict->mend, file ? file : "?");
        buf_puts(&verdict->mend, "\nsystemctl reload guestopsd");
        return false;
}

bool check_known(const Facts *facts, Verdict *verdict)
{
        const json_t *connection = find_connection(facts);

        if (facts->machine)
                return check_owner(facts, verdict);
        if (!connection) {
                buf_puts(&verdict->detail, "no file names this connection");
                put_file(&verdict->mend, facts);
                return false;
        }
        if (cli_text(connection, "lost"))
                return say_lost(cli_text(connection, "lost"), cli_text(connection, "uri"), verdict);
        buf_putf(&verdict->detail, "%s names the connection, and has not brought this machine",
                 cli_text(connection, "file"));
        buf_puts(&verdict->mend, "systemctl restart guestopsd");
        return false;
}

bool check_source(const Facts *facts, Verdict *verdict)
{
        const char *lost = cli_text(facts->machine, "lost");

        return !lost || say_lost(lost, cli_text(facts->machine, "uri"), verdict);
}

/* what the machine does */

/* What lets it run again, from where it is. */
static const struct {
        const char *state, *verb; /* of libvirt, and of virsh */
} verbs[] = {
        {"crashed", "start"},
        {"paused", "resume"},
        {"pmsuspended", "dompmwakeup"},
        {"shutoff", "start"},
};

static void put_start(Buf *out, const Facts *facts)
{
        const char *state = cli_text(facts->domain, "state");
        const char *verb = "domstate --reason";

        if (!facts->by_libvirt) {
                buf_puts(out, "start its QEMU, or let it go on: command 'cont' in its monitor");
                return;
        }
        for (size_t i = 0; state && i < ELEMENTS(verbs); i++)
                if (strcmp(verbs[i].state, state) == 0)
                        verb = verbs[i].verb;
        doctor_put_virsh(out, facts, verb);
}

bool check_power(const Facts *facts, Verdict *verdict)
{
        const char *power = cli_text(facts->machine, "power");
        const char *reason = cli_text(facts->machine, "reason");
        bool on = power && strcmp(power, "poweredOn") == 0;

        if (on && json_is_true(json_object_get(facts->machine, "runs")))
                return true;
        buf_putf(&verdict->detail, "it is %s%s%s", power ? power : "in an unknown state",
                 reason ? ": it " : "", reason ? reason : "");
        put_start(&verdict->mend, facts);
        return false;
}

bool check_job(const Facts *facts, Verdict *verdict)
{
        const char *job = cli_text(facts->machine, "job");

        if (!job)
                return true;
        buf_putf(&verdict->detail, "it is busy with: %s; wait for its end", job);
        if (facts->by_libvirt) {
                doctor_put_virsh(&verdict->mend, facts, "domjobinfo");
        } else {
                buf_puts(&verdict->mend, "guestops status ");
                put_operand(&verdict->mend, facts->name);
        }
        return false;
}
