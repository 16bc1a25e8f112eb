/*
 * Doctor: from what was seen to the first thing that is wrong. Each row is a machine in good health
 * but for what the row says; texts have ' for ".
 */

#include "cli/doctor.h"

#include "base/test.h"

#include <stdio.h>

#define NAME       "web1"
#define UUID       "4c4c4544-0031-4210-8031-b2c04f4d4d32"
#define URI        "qemu:///system"
#define FILE_OF_IT "/etc/guestops/vms.d/libvirt.conf"
#define SOCKET     "/var/lib/libvirt/qemu/channel/target/domain-1-web1/org.guestops.agent.0"
#define LONG_SOCKET                                                                                \
        "/run/0123456789012345678901234567890123456789012345678901234567890123456789"              \
        "0123456789012345678901234567890123456789/s"

#define HOST "{'version':'1','uid':997,'gid':997,'groups':[],'vms':'/etc/guestops/vms.d'}"
#define CONNECTION                                                                                 \
        "{'connections':[{'file':'" FILE_OF_IT "','provider':'libvirt','uri':'" URI "'}]}"

#define LIBVIRT_MACHINE                                                                            \
        "{'name':'" NAME "','uuid':'" UUID "','moid':'vm-" UUID "','file':'" FILE_OF_IT "',"       \
        "'provider':'libvirt','uri':'" URI "','power':'poweredOn','runs':true,"                    \
        "'channel':{'state':'ready','seconds':5},"                                                 \
        "'agent':{'version':'0.1.0','protocol':1,'missing':[],'unknown':[],'disabled':[],"         \
        "'latencyUsec':1234},'guest':{'os':'Debian','problems':[]}}"
#define QMP_MACHINE                                                                                \
        "{'name':'" NAME "','uuid':'" UUID "','moid':'vm-" UUID "','file':'/v/web1.conf',"         \
        "'provider':'qmp','power':'poweredOn','runs':true,"                                        \
        "'channel':{'state':'ready','seconds':5,'path':'/run/g/web1'},"                            \
        "'agent':{'version':'0.1.0','protocol':1,'missing':[],'unknown':[],'disabled':[]},"        \
        "'guest':{'os':'Debian','problems':[]}}"
#define CHANNEL_ROW(more) "{'type':'unix','target':'virtio','name':'org.guestops.agent.0'" more "}"
#define LIVE_ROW(state)   CHANNEL_ROW(",'path':'" SOCKET "','state':'" state "'")
#define PLACE(row)        "{'channels':[" row "],'vsock':false}"
#define DOMAIN                                                                                     \
        "{'name':'" NAME "','uuid':'" UUID "','uri':'" URI "','state':'running',"                  \
        "'persistent':true,'config':" PLACE(CHANNEL_ROW("")) ",'live':" PLACE(                     \
                LIVE_ROW("connected")) ",'labels':[]}"

#define APART(error, why)                                                                          \
        "{'channel':{'state':'apart','seconds':1,'error':'" error "','why':'" why "'}}"
#define GREETING "{'channel':{'state':'greeting','seconds':9}}"
#define NO_AGENT "{'agent':null,'guest':null," /* and what follows */

typedef struct Row {
        const char *about;
        const char *machine, *domain; /* members that are other than above; "" none at all */
        const char *status;           /* members besides */
        Look look;
        int status_error, domain_error;
        const char *said;
        size_t n_called_so;
        const char *step; /* that fails; NULL: none */
        const char *detail, *mend;
} Row;

static json_t *parse(const char *text)
{
        _cleanup_(freep) char *copy = strdup(text);
        json_t *value;

        for (char *p = copy; *p; p++)
                if (*p == '\'')
                        *p = '"';
        value = json_loads(copy, 0, NULL);
        EXPECT(text, value != NULL);
        return value;
}

/* Members that are null are taken away. */
static void change(json_t *value, const char *changes)
{
        json_t *other = parse(changes), *member;
        const char *name;
        void *next;

        json_object_update(value, other);
        json_object_foreach_safe(other, next, name, member) if (json_is_null(member))
                json_object_del(value, name);
        json_decref(other);
}

static json_t *make(const char *base, const char *changes)
{
        json_t *value;

        if (changes && !*changes)
                return NULL;
        value = parse(base);
        if (changes)
                change(value, changes);
        return value;
}

static void check(const Row *row, const char *machine, bool by_libvirt)
{
        Facts facts = {
                .name = NAME,
                .socket = "/run/guestops/status.sock",
                .status_error = row->status_error,
                .machine = make(machine, row->machine),
                .n_called_so = row->n_called_so,
                .by_libvirt = by_libvirt,
                .domain_error = row->domain_error,
                .domain = by_libvirt ? make(DOMAIN, row->domain) : NULL,
                .domain_said = (char *)row->said,
                .look = row->look,
        };
        const Step *failed = NULL;
        Verdict verdict = {0};

        facts.status = make(HOST, row->status ? row->status : CONNECTION);
        for (size_t i = 0; i < n_doctor_steps && !failed; i++) {
                buf_clear(&verdict.detail);
                buf_clear(&verdict.mend);
                if ((!doctor_steps[i].applies || doctor_steps[i].applies(&facts)) &&
                    !doctor_steps[i].check(&facts, &verdict))
                        failed = &doctor_steps[i];
        }
        EXPECT_STR(row->about, failed ? failed->about : NULL, row->step);
        if (row->detail && !strstr(buf_text(&verdict.detail), row->detail))
                EXPECT_STR(row->about, verdict.detail.data, row->detail);
        if (failed)
                EXPECT_STR(row->about, buf_text(&verdict.mend), row->mend);
        buf_done(&verdict.detail);
        buf_done(&verdict.mend);
        json_decref((json_t *)facts.machine);
        json_decref(facts.status);
        json_decref(facts.domain);
}

#define SOCKET_THERE .look = {.is_socket = true}

static void test_domains(void)
{
        static const Row rows[] = {
                {"all is well", .detail = ""},
                {"no service", .status_error = -ENOENT, .step = "the service runs",
                 .detail = "/run/guestops/status.sock: it is not there",
                 .mend = "systemctl start guestopsd"},
                {"a service that was killed", .status_error = -ECONNREFUSED,
                 .step = "the service runs", .mend = "systemctl start guestopsd"},
                {"not ours to ask", .status_error = -EACCES, .step = "the service runs",
                 .mend = "sudo guestops doctor -c " URI " " NAME},
                {"a service that hangs", .status_error = -ETIMEDOUT, .step = "the service runs",
                 .mend = "systemctl restart guestopsd"},
                {"another error", .status_error = -EIO, .step = "the service runs",
                 .detail = "Input/output error", .mend = "systemctl status guestopsd"},
                {"two of that name", .n_called_so = 2, .step = "the name is one machine's",
                 .detail = "2 machines", .mend = "guestops status " NAME},
                {"no helper", .domain = "", .domain_error = -ENOENT,
                 .step = "libvirt knows the machine", .detail = "guestops-libvirt is not installed",
                 .mend = "apt install guestops-libvirt"},
                {"a libvirtd that hangs", .domain = "", .domain_error = -ETIMEDOUT,
                 .step = "libvirt knows the machine", .mend = "systemctl restart libvirtd"},
                {"no such domain", .domain = "", .domain_error = -EIO,
                 .said = "first\nguestops: web1: Domain not found\n",
                 .step = "libvirt knows the machine", .detail = "web1: Domain not found",
                 .mend = "virsh list --all\nguestops status"},
                {"no file", .machine = "", .status = "{'connections':[]}",
                 .step = "the service knows the machine", .detail = "no file names this connection",
                 .mend = "printf '[vm]\\nprovider = libvirt\\nuri = " URI "\\n' >" FILE_OF_IT
                         "\nsystemctl reload guestopsd"},
                {"a lost connection", .machine = "",
                 .status = "{'connections':[{'uri':'" URI "','lost':'libvirtd has gone'}]}",
                 .step = "the service knows the machine", .detail = "libvirtd has gone",
                 .mend = "systemctl restart libvirtd"},
                {"not told of", .machine = "", .step = "the service knows the machine",
                 .detail = FILE_OF_IT " names", .mend = "systemctl restart guestopsd"},
                {"another file's", .machine = "{'provider':'qmp','file':'/v/my file'}",
                 .step = "the service knows the machine", .detail = "/v/my file",
                 .mend = "rm '/v/my file'\nsystemctl reload guestopsd"},
                {"a lost source", .machine = "{'lost':'it is lost'}",
                 .step = "the service can ask for it", .detail = "it is lost",
                 .mend = "systemctl restart libvirtd"},
                {"a lost source elsewhere",
                 .machine = "{'lost':'it is lost','uri':'qemu+ssh://other/system'}",
                 .step = "the service can ask for it",
                 .mend = "sudo -u guestops virsh -c qemu+ssh://other/system uri"},
                {"no channel", .domain = "{'config':" PLACE("") "}", .step = "a channel is defined",
                 .detail = "no channel", .mend = "guestops attach -c " URI " " NAME},
                {"qemu-ga's channel only",
                 .domain = "{'config':" PLACE("{'type':'unix','target':'virtio',"
                                              "'name':'org.qemu.guest_agent.0'}") "}",
                 .step = "a channel is defined", .mend = "guestops attach -c " URI " " NAME},
                {"a channel of another type",
                 .domain = "{'config':" PLACE("{'type':'pty','target':'virtio',"
                                              "'name':'org.guestops.agent.0'}") "}",
                 .step = "a channel is defined", .detail = "'pty'",
                 .mend = "virsh -c " URI " edit " NAME},
                {"off", .machine = "{'power':'poweredOff','runs':false,'channel':{'state':'off'}}",
                 .domain = "{'state':'shutoff','live':null}", .step = "the machine runs",
                 .detail = "it is poweredOff", .mend = "virsh -c " URI " start " NAME},
                {"a name that looks like an option", .domain = "{'name':'-rf','state':'shutoff'}",
                 .machine = "{'power':'poweredOff'}", .step = "the machine runs",
                 .mend = "virsh -c " URI " start -- -rf"},
                {"a hostile name", .domain = "{'name':'$(reboot) `x`','state':'shutoff'}",
                 .machine = "{'power':'poweredOff'}", .step = "the machine runs",
                 .mend = "virsh -c " URI " start '$(reboot) `x`'"},
                {"paused", .machine = "{'runs':false,'reason':'is paused by an I/O error'}",
                 .domain = "{'state':'paused'}", .step = "the machine runs",
                 .detail = "it is poweredOn: it is paused by an I/O error",
                 .mend = "virsh -c " URI " resume " NAME},
                {"suspended", .machine = "{'power':'suspended'}",
                 .domain = "{'state':'pmsuspended'}", .step = "the machine runs",
                 .mend = "virsh -c " URI " dompmwakeup " NAME},
                {"busy", .machine = "{'job':'migration'}", .step = "the hypervisor leaves it alone",
                 .detail = "migration", .mend = "virsh -c " URI " domjobinfo " NAME},
                {"started before it had the channel", .domain = "{'live':" PLACE("") "}",
                 .step = "it has the channel now",
                 .mend = "guestops attach -c " URI " " NAME " || virsh -c " URI " shutdown " NAME},
                {"transient", .domain = "{'persistent':false,'config':null,'live':" PLACE("") "}",
                 .step = "it has the channel now", .mend = "guestops attach -c " URI " " NAME},
                {"too long a path", .machine = APART("ENAMETOOLONG", "long"),
                 .domain = "{'live':" PLACE(CHANNEL_ROW(",'path':'" LONG_SOCKET "'")) "}",
                 .step = "the socket's path is short enough", .detail = "has 117 bytes",
                 .mend = "give the channel <source mode='bind' path='/run/...'/>: virsh -c " URI
                         " edit " NAME},
                {"no socket", .machine = APART("ENOENT", "gone"), .look = {.error = -ENOENT},
                 .step = "the socket is there", .detail = SOCKET ": No such file",
                 .mend = "virsh -c " URI " shutdown " NAME},
                {"a socket we may not look at", .machine = APART("EACCES", "no"),
                 .look = {.error = -EACCES}, .step = "the socket is there",
                 .mend = "sudo guestops doctor -c " URI " " NAME},
                {"a symbolic link", .machine = APART("ELOOP", "link"), .look = {.is_link = true},
                 .step = "the socket is there", .detail = "symbolic link", .mend = "ls -l " SOCKET},
                {"a mode, and a group that would do", .machine = APART("EACCES", "no"),
                 .look = {.is_socket = true,
                          .refuses = (char *)"/var/lib/libvirt/qemu",
                          .owners = (char *)"libvirt-qemu:kvm, mode 0750",
                          .group = (char *)"kvm"},
                 .status = "{'uid':4000000000}", .step = "its mode lets the service in",
                 .detail = "/var/lib/libvirt/qemu (libvirt-qemu:kvm, mode 0750) refuses the user "
                           "guestops",
                 .mend = "usermod --append --groups kvm guestops\nsystemctl restart guestopsd"},
                {"a mode for nobody else", .machine = APART("EACCES", "no"),
                 .look = {.is_socket = true,
                          .refuses = (char *)"/root",
                          .owners = (char *)"root:root, mode 0700"},
                 .status = "{'uid':4000000000}", .step = "its mode lets the service in",
                 .mend = "setfacl --modify u:guestops:rwx /root"},
                {"AppArmor", .machine = APART("EACCES", "no"),
                 .look = {.is_socket = true,
                          .enforcing = "AppArmor",
                          .denied = (char *)"apparmor=\"DENIED\" x"},
                 .step = "nothing else keeps the service out",
                 .detail = "AppArmor refuses it: apparmor=\"DENIED\" x",
                 .mend = "echo " SOCKET " rw, >>/etc/apparmor.d/local/guestopsd\n"
                         "apparmor_parser -r /etc/apparmor.d/guestopsd"},
                {"SELinux", .machine = APART("EACCES", "no"),
                 .look = {.is_socket = true, .enforcing = "SELinux"},
                 .step = "nothing else keeps the service out", .detail = "SELinux refuses it",
                 .mend = "ausearch -m avc -c guestopsd | audit2allow -M guestops-local\n"
                         "semodule -i guestops-local.pp"},
                {"nobody knows who", .machine = APART("EACCES", "whoever"), SOCKET_THERE,
                 .step = "nothing else keeps the service out", .detail = "whoever",
                 .mend = "journalctl -u guestopsd"},
                {"a stranger's socket", .machine = APART("EPERM", "anybody may have put it there"),
                 .look = {.is_socket = true, .enforcing = "AppArmor"},
                 .step = "nobody else can have put it there", .detail = "anybody may have",
                 .mend = "namei --long " SOCKET},
                {"another program", .machine = APART("EBUSY", "another program has it"),
                 SOCKET_THERE, .step = "nobody else is connected",
                 .detail = "another program has it",
                 .mend = "ss -xpH | grep -w \"$(ss -xH src " SOCKET " | awk '{print $8}')\""},
                {"any other reason", .machine = APART("EPROTO", "odd"), SOCKET_THERE,
                 .step = "the service is connected", .detail = "odd",
                 .mend = "journalctl -u guestopsd"},
                {"not tried yet", .machine = "{'channel':{'state':'apart'}}", SOCKET_THERE,
                 .step = "the service is connected", .detail = "not been tried yet",
                 .mend = "journalctl -u guestopsd"},
                {"no agent", .machine = GREETING,
                 .domain = "{'live':" PLACE(LIVE_ROW("disconnected")) "}",
                 .step = "the guest has its port open", .detail = "not installed",
                 .mend = "in the guest: apt install guestops-agent\n"
                         "in the guest: systemctl enable --now guestops-agent"},
                {"libvirt is late", .domain = "{'live':" PLACE(LIVE_ROW("disconnected")) "}"},
                {"an agent that hangs",
                 .machine = "{'channel':{'state':'greeting','seconds':7,"
                            "'why':'the agent fell silent'}}",
                 .step = "the agent answers", .detail = "the agent fell silent, 7 s ago",
                 .mend = "in the guest: systemctl restart guestops-agent\n"
                         "in the guest: journalctl -u guestops-agent"},
                {"something else at the port",
                 .machine = "{'agent':null,'channel':"
                            "{'state':'greeting','seconds':7}}",
                 .step = "the agent answers", .detail = "has not answered",
                 .mend = "in the guest: apt install guestops-agent\n"
                         "in the guest: systemctl enable --now guestops-agent"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                check(&rows[i], LIBVIRT_MACHINE, true);
}

/* What needs no libvirt. */
static void test_other_machines(void)
{
        static const Row rows[] = {
                {"all is well"},
                {"off", .machine = "{'power':'poweredOff'}", .step = "the machine runs",
                 .mend = "start its QEMU, or let it go on: command 'cont' in its monitor"},
                {"busy", .machine = "{'job':'dump'}", .step = "the hypervisor leaves it alone",
                 .mend = "guestops status " NAME},
                {"no socket of QEMU", .machine = "{'channel':{'state':'apart','path':'/run/g'}}",
                 .look = {.error = -ENOENT}, .step = "the socket is there",
                 .mend = "start QEMU with '-chardev socket,server=on,wait=off' for that path"},
                {"no socket of an agent",
                 .machine = "{'provider':'local','channel':{'state':'apart','path':'/run/g'}}",
                 .look = {.error = -ENOENT}, .step = "the socket is there",
                 .mend = "start what listens there, as 'guestops-agent --listen'"},
                {"too long a path",
                 .machine = "{'channel':{'state':'apart','path':'" LONG_SOCKET "'}}",
                 .step = "the socket's path is short enough",
                 .mend = "choose a shorter one for QEMU's -chardev and in /v/web1.conf"},
                {"a vsock", .machine = APART("ENODEV", "no vsock here"),
                 .step = "the service is connected", .detail = "no vsock here",
                 .mend = "journalctl -u guestopsd"},
                {"too old an agent",
                 .machine = "{'agent':{'version':'0.0.9','missing':['A','B'],'disabled':['C']}}",
                 .step = "the agent knows all operations",
                 .detail = "version 0.0.9 is too old for: A, B",
                 .mend = "in the guest: apt update && apt install --only-upgrade guestops-agent"},
                {"no PAM service", .machine = "{'guest':{'problems':['pam-service-missing','x']}}",
                 .step = "the guest is set up", .detail = "no PAM service",
                 .mend = "in the guest: apt install --reinstall "
                         "-o Dpkg::Options::=--force-confmiss guestops-agent"},
                {"not root", .machine = "{'guest':{'problems':['not-root']}}",
                 .step = "the guest is set up",
                 .mend = "in the guest: systemctl cat guestops-agent"},
                {"a configuration that cannot be read",
                 .machine = "{'guest':{'problems':['configuration-invalid']}}",
                 .step = "the guest is set up",
                 .mend = "in the guest: journalctl -u guestops-agent\n"
                         "in the guest: edit /etc/guestops/agent.conf"},
                {"all is disabled", .machine = "{'guest':{'problems':['operations-disabled']}}",
                 .step = "the guest is set up",
                 .mend = "in the guest: edit /etc/guestops/agent.conf, section "
                         "[guestoperations]: disabled = false"},
                {"a problem of the future", .machine = "{'guest':{'problems':['moon-phase']}}",
                 .step = "the guest is set up", .detail = "the agent reports: moon-phase",
                 .mend = "in the guest: man guestops-agent"},
                {"some are disabled", .machine = "{'agent':{'version':'1','disabled':['A','B']}}",
                 .step = "all operations are enabled",
                 .detail = "/etc/guestops/agent.conf disabled, when the agent was greeted: A, B",
                 .mend = "in the guest: edit /etc/guestops/agent.conf, section [guestoperations]\n"
                         "in the guest: systemctl restart guestops-agent"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                check(&rows[i], QMP_MACHINE, false);
}

/* The word that "status" has for it. */
static void test_problems(void)
{
        static const struct {
                const char *machine, *word;
        } rows[] = {
                {NULL, NULL},
                {"{'lost':'x','power':'poweredOff'}", "source-lost"},
                {"{'job':'dump'}", "busy"},
                {"{'power':'poweredOff'}", NULL},
                {"{'runs':false}", "stopped"},
                {"{'channel':{'state':'apart'}}", "no-channel"},
                {"{'channel':{'state':'greeting'}}", "no-agent"},
                {"{'guest':{'problems':['not-root']}}", "not-root"},
                {"{'agent':{'missing':['A'],'disabled':['B']}}", "agent-old"},
                {"{'agent':{'missing':[],'disabled':['B']}}", "operations-disabled"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                json_t *machine = make(QMP_MACHINE, rows[i].machine);

                EXPECT_STR(rows[i].machine ? rows[i].machine : "all is well",
                           cli_machine_problem(machine), rows[i].word);
                json_decref(machine);
        }
}

static void test_words(void)
{
        static const struct {
                const char *text, *word;
        } rows[] = {
                {"plain-1.0_/:@", "plain-1.0_/:@"},
                {"", "''"},
                {"two words", "'two words'"},
                {"don't", "'don'\\''t'"},
                {"$(x)", "'$(x)'"},
                {"~root", "'~root'"},
                {"\xc3\xa9", "'\xc3\xa9'"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf out = {0};

                doctor_put_word(&out, rows[i].text);
                EXPECT_STR(rows[i].text, buf_text(&out), rows[i].word);
        }
}

int main(void)
{
        test_domains();
        test_other_machines();
        test_problems();
        test_words();
        return test_end();
}
