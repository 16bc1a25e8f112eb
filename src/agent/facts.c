#include "agent/facts.h"

#include "agent/interfaces.h"
#include "agent/sessions.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/utf8.h"
#include "channel/frame.h"
#include "schema/tables.h"
#include "wire/write.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#define HOST_NAME_PATH  "/proc/sys/kernel/hostname"
#define PAUSE_USEC      USEC_PER_SEC /* between two readings */
#define ARENA_BYTES_MAX ((size_t)1 << 20)

typedef struct Share {
        size_t addresses_max; /* of each interface */
        size_t disks;         /* the first of them */
} Share;

/* from files; root writes them, and may write anything */

static void read_line(const char *path, char *text, size_t size)
{
        FILE *file = fopen(path, "re");

        text[0] = '\0';
        if (file && !fgets(text, (int)size, file))
                text[0] = '\0';
        if (file)
                (void)fclose(file);
        text[strcspn(text, "\n")] = '\0';
        utf8_defuse(text);
}

static void read_os_name(char *name, size_t size)
{
        static const char key[] = "PRETTY_NAME=";
        FILE *file = fopen("/etc/os-release", "re");
        char line[512];

        (void)snprintf(name, size, "Linux");
        while (file && fgets(line, sizeof(line), file)) {
                if (strncmp(line, key, strlen(key)) != 0)
                        continue;
                line[strcspn(line, "\n")] = '\0';
                (void)snprintf(name, size, "%s", line + strlen(key) + (line[strlen(key)] == '"'));
                name[strcspn(name, "\"")] = '\0';
        }
        if (file)
                (void)fclose(file);
        utf8_defuse(name);
}

/* Not the clock less the uptime: that is another number each time. */
static WireTime read_boot_time(void)
{
        static const char key[] = "btime ";
        FILE *file = fopen("/proc/stat", "re");
        char line[256]; /* some are longer, and are read in pieces */
        int64_t seconds = 0;

        while (file && seconds == 0 && fgets(line, sizeof(line), file))
                if (strncmp(line, key, strlen(key)) == 0)
                        seconds = strtoll(line + strlen(key), NULL, 10);
        if (file)
                (void)fclose(file);
        return (WireTime){seconds > 0, seconds * (int64_t)USEC_PER_SEC};
}

/* the payload */

static AgentAddress *describe_address(Arena *arena, const InterfaceAddress *address)
{
        AgentAddress *told = arena_new_object(arena, AgentAddress);
        char text[INET6_ADDRSTRLEN];

        if (!told || !inet_ntop(address->family, address->bytes, text, sizeof(text)))
                return NULL;
        *told = (AgentAddress){
                .type = &type_AgentAddress,
                .address = arena_strdup(arena, text),
                .prefix_length = address->prefix_length,
                .deprecated = {address->deprecated, true},
        };
        return told->address ? told : NULL;
}

static AgentInterface *describe_interface(Arena *arena, const Interface *interface,
                                          size_t addresses_max)
{
        const unsigned char *mac = interface->mac;
        size_t n = interface->n_addresses < addresses_max ? interface->n_addresses : addresses_max;
        AgentInterface *told = arena_new_object(arena, AgentInterface);
        WireObject **addresses = arena_array(arena, n + 1, sizeof(*addresses));

        if (!told || !addresses)
                return NULL;
        *told = (AgentInterface){
                .type = &type_AgentInterface,
                .name = arena_strdup(arena, interface->name),
                .up = interface->up,
                .addresses = {addresses, n},
        };
        if (interface->has_mac)
                told->mac_address = arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
                                                 mac[1], mac[2], mac[3], mac[4], mac[5]);
        if (!told->name || (interface->has_mac && !told->mac_address))
                return NULL;
        utf8_defuse(told->name);
        for (size_t i = 0; i < n; i++) {
                addresses[i] = (WireObject *)describe_address(arena, &interface->addresses[i]);
                if (!addresses[i])
                        return NULL;
        }
        return told;
}

static int write_facts(Facts *facts, const Interfaces *interfaces, Share share, Buf *out)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_BYTES_MAX);
        WireObject *described[FACTS_INTERFACES_MAX];
        const char *problems[PROBLEMS_MAX];
        int sessions = sessions_count(&session_places);
        const AgentFacts told = {
                .type = &type_AgentFacts,
                .host_name = facts->host_name,
                .os_name = facts->os_name,
                .boot_time = read_boot_time(),
                .interfaces = {described, interfaces->n},
                .disks = {facts->disks.told.items, share.disks},
                .user_sessions = {sessions >= 0, sessions},
                .problems = {(char **)problems, problems_find(&facts->setup, problems)},
        };

        if (!arena)
                return -ENOMEM;
        for (size_t i = 0; i < interfaces->n; i++) {
                described[i] = (WireObject *)describe_interface(arena, &interfaces->items[i],
                                                                share.addresses_max);
                if (!described[i])
                        return -ENOMEM;
        }
        buf_clear(out);
        tlv_write(out, &told);
        return buf_error(out);
}

/*
 * One frame has to hold them: where there are too many addresses, each interface gets fewer; disks
 * have what is left, the first ones of them.
 */
static int write_what_fits(Facts *facts, const Interfaces *interfaces, Buf *out)
{
        Share share = {.addresses_max = FACTS_ADDRESSES_MAX};
        int r = write_facts(facts, interfaces, share, out);

        while (r == -EMSGSIZE && share.addresses_max > 1) {
                share.addresses_max /= 2;
                r = write_facts(facts, interfaces, share, out);
        }
        if (r < 0)
                return r;
        share.disks = facts->disks.told.n;
        do
                r = write_facts(facts, interfaces, share, out);
        while (r == -EMSGSIZE && share.disks-- > 0);
        return r;
}

static void read_interfaces(Facts *facts, Interfaces *interfaces)
{
        int r = interfaces_read(interfaces);

        if (r < 0 && r != facts->interfaces_error)
                log_warning("the host is not told this guest's addresses: %s", strerror(-r));
        facts->interfaces_error = r;
        if (r < 0)
                interfaces->n = 0;
}

static bool read_but_disks(Facts *facts, Usec now)
{
        _cleanup_(buf_done) Buf payload = {.max = FRAME_PAYLOAD_MAX};
        _cleanup_(freep) Interfaces *interfaces = calloc(1, sizeof(*interfaces));

        facts->read = now;
        if (!interfaces)
                return false;
        read_line(HOST_NAME_PATH, facts->host_name, sizeof(facts->host_name));
        read_os_name(facts->os_name, sizeof(facts->os_name));
        read_interfaces(facts, interfaces);
        if (write_what_fits(facts, interfaces, &payload) < 0 ||
            (payload.size == facts->payload.size &&
             memcmp(payload.data, facts->payload.data, payload.size) == 0))
                return false;
        buf_done(&facts->payload);
        facts->payload = payload;
        payload = (Buf){0};
        return true;
}

bool facts_read(Facts *facts, Usec now)
{
        disks_read(&facts->disks, now);
        return read_but_disks(facts, now);
}

/* changes */

static int on_due(LoopTimer *timer, Usec now)
{
        Facts *facts = container_of(timer, Facts, timer);

        if (read_but_disks(facts, now))
                facts->on_change(facts);
        (void)malloc_trim(0); /* reading takes more than is kept, and nobody may ask for long */
        return 0;
}

static int read_soon(Facts *facts, Usec now)
{
        Usec due = facts->read + PAUSE_USEC;

        if (facts->timer.loop)
                return 0;
        return loop_timer_set(facts->loop, &facts->timer, due < now ? now : due);
}

static int on_host_name(LoopIo *io, uint32_t events, Usec now)
{
        (void)events; /* that it was looked for takes it away */
        return read_soon(container_of(io, Facts, host_name_io), now);
}

static int on_interfaces(LoopIo *io, uint32_t events, Usec now)
{
        (void)events;
        interfaces_watch_drain(io->fd);
        return read_soon(container_of(io, Facts, interfaces_io), now);
}

static int on_files(LoopIo *io, uint32_t events, Usec now)
{
        Facts *facts = container_of(io, Facts, files_io);
        char data[4096];

        (void)events;
        while (read(io->fd, data, sizeof(data)) > 0)
                ;
        sessions_watch(&session_places, io->fd); /* one may be a directory that was missing */
        return read_soon(facts, now);
}

static void on_disks(Disks *disks, Usec now)
{
        (void)read_soon(container_of(disks, Facts, disks), now);
}

/* What cannot be watched is read with the next change of something else. */
static void watch(Facts *facts, LoopIo *io, uint32_t events, const char *what)
{
        int r = io->fd < 0 ? io->fd : loop_add_io(facts->loop, io, events);

        if (r >= 0)
                return;
        log_debug("changes of %s are not noticed by themselves: %s", what, strerror(-r));
        io->fd = fd_close(io->fd);
}

static void set_up(Facts *facts, const AgentConfig *config, bool invalid)
{
        facts->setup = (Setup){
                .pam_service = config->pam_service,
                .pam_directories = pam_directories,
                .pam_file = PAM_FILE,
                .uid = geteuid(),
                .disabled = config->disabled,
                .config_invalid = invalid,
        };
}

void facts_configure(Facts *facts, const AgentConfig *config, bool invalid)
{
        set_up(facts, config, invalid);
        (void)read_soon(facts, loop_now(facts->loop));
}

void facts_init(Facts *facts, Loop *loop, const AgentConfig *config,
                void (*on_change)(Facts *facts))
{
        int fd = open(HOST_NAME_PATH, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        int files = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

        *facts = (Facts){
                .loop = loop,
                .on_change = on_change,
                .timer.on_due = on_due,
                .host_name_io = {.fd = fd < 0 ? -errno : fd, .on_ready = on_host_name},
                .files_io = {.fd = files < 0 ? -errno : files, .on_ready = on_files},
                .interfaces_io = {.fd = interfaces_watch(), .on_ready = on_interfaces},
        };
        set_up(facts, config, false);
        disks_init(&facts->disks, loop, on_disks);
        /* Before they are read, so that nothing is missed. */
        watch(facts, &facts->host_name_io, EPOLLPRI, "the host name");
        watch(facts, &facts->interfaces_io, EPOLLIN, "interfaces");
        watch(facts, &facts->files_io, EPOLLIN, "sessions");
        if (facts->files_io.fd >= 0) {
                sessions_watch(&session_places, facts->files_io.fd);
                problems_watch(&facts->setup, facts->files_io.fd);
        }
        read_line("/proc/sys/kernel/random/boot_id", facts->boot_id, sizeof(facts->boot_id));
        (void)facts_read(facts, loop_now(loop));
}

void facts_done(Facts *facts)
{
        disks_done(&facts->disks);
        loop_timer_clear(&facts->timer);
        loop_io_remove(&facts->host_name_io);
        loop_io_remove(&facts->interfaces_io);
        loop_io_remove(&facts->files_io);
        facts->files_io.fd = fd_close(facts->files_io.fd);
        facts->host_name_io.fd = fd_close(facts->host_name_io.fd);
        facts->interfaces_io.fd = fd_close(facts->interfaces_io.fd);
        buf_done(&facts->payload);
}
