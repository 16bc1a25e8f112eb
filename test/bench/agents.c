/*
 * Many agents in one process, for measuring the host: each listens on a socket of its own and
 * speaks the real protocol, but of its guest it only makes things up.
 *
 *     agents DIRECTORY FIRST COUNT
 *
 * Agent number N listens on DIRECTORY/N.sock. "ready" is printed when all of them do. Programs that
 * they are asked to start get pids, and have ended when they are asked for.
 */

#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/secret.h"
#include "channel/link.h"
#include "schema/fault.h"
#include "schema/method.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ARENA_BYTES_MAX ((size_t)8 << 20)
#define STARTS_WAITING  64 /* of one agent, for the host's GO */

typedef struct Agents Agents;

typedef struct Agent {
        Agents *agents;
        LoopIo listener;
        Link *link; /* NULL: no host is there */
        uint64_t nonce;
        int64_t last_pid;
        uint32_t waiting[STARTS_WAITING]; /* ids; 0: none */
        char instance[33];
} Agent;

struct Agents {
        Loop *loop;
        size_t n;
        Buf facts; /* the same for all */
        char *operations[64];
        size_t n_operations;
        Agent agent[];
};

/* outwards */

static void send_object(Agent *agent, FrameKind kind, const void *object)
{
        Buf payload = {.max = FRAME_PAYLOAD_MAX};

        tlv_write(&payload, object);
        (void)link_send(agent->link, kind, 0, payload.data, payload.size);
        buf_done(&payload);
}

static void send_answer(Agent *agent, uint32_t id, const ChannelAnswer *answer)
{
        Buf payload = {0};

        tlv_write(&payload, answer);
        if (link_send_message(agent->link, FRAME_ANSWER, id, &payload) < 0)
                buf_done(&payload);
}

static void send_pid(Agent *agent, uint32_t id)
{
        const int64_t pid = ++agent->last_pid;

        send_answer(
                agent, id,
                &(ChannelAnswer){.type = &type_ChannelAnswer, .result = {FORM_LONG, NULL, &pid}});
}

static void send_fault(Agent *agent, uint32_t id, Arena *arena)
{
        Fault fault = {0};

        (void)fault_raise(&fault, arena, FAULT_OPERATION_NOT_SUPPORTED_BY_GUEST, NULL,
                          "This agent only pretends.");
        send_answer(agent, id,
                    &(ChannelAnswer){
                            .type = &type_ChannelAnswer,
                            .fault = fault.detail,
                            .message = (char *)fault.message,
                    });
}

/* All programs have ended, just now, well. */
static void send_processes(Agent *agent, uint32_t id, Arena *arena, const WireLongs *pids)
{
        GuestProcessInfo *infos = arena_array(arena, pids->n + 1, sizeof(*infos));
        WireObjects list = {arena_array(arena, pids->n + 1, sizeof(WireObject *)), 0};
        const WireTime now = {true, clock_realtime()};

        for (size_t i = 0; infos && list.items && i < pids->n; i++) {
                if (pids->items[i] > agent->last_pid)
                        continue;
                infos[list.n] = (GuestProcessInfo){
                        .type = &type_GuestProcessInfo,
                        .name = (char *)"true",
                        .pid = pids->items[i],
                        .owner = (char *)"demo",
                        .cmd_line = (char *)"/bin/true",
                        .start_time = now,
                        .end_time = now,
                        .exit_code = {true, 0},
                };
                list.items[list.n] = (WireObject *)(void *)&infos[list.n];
                list.n++;
        }
        send_answer(agent, id,
                    &(ChannelAnswer){
                            .type = &type_ChannelAnswer,
                            .result = {FORM_OBJECTS, &type_GuestProcessInfo, &list},
                    });
}

static void send_welcome(Agent *agent, Usec now)
{
        Agents *agents = agent->agents;
        const AgentHello hello = {
                .type = &type_AgentHello,
                .protocol = 1,
                .version = (char *)GUESTOPS_VERSION,
                .instance = agent->instance,
                .boot_id = (char *)"3f0c4c9e-5d6d-4c54-9a3b-1f5a7f4e2c10",
                .clock = (int64_t)now,
                .operations = {agents->operations, agents->n_operations},
                .host_name = (char *)"guest.example.net",
                .os_name = (char *)"Debian GNU/Linux 12 (bookworm)",
        };

        send_object(agent, FRAME_WELCOME, &hello);
        (void)link_send(agent->link, FRAME_FACTS, 0, agents->facts.data, agents->facts.size);
}

/* inwards */

static void take_request(Agent *agent, uint32_t id, const char *payload, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_BYTES_MAX);
        const ChannelRequest *request = NULL;
        WireError error;

        if (!arena || tlv_read(arena, payload, size, &type_ChannelRequest, &request, &error) < 0)
                return;
        if (request->params->type == &type_StartProgramInGuestRequestType) {
                for (size_t i = 0; i < STARTS_WAITING; i++)
                        if (agent->waiting[i] == 0) {
                                agent->waiting[i] = id;
                                (void)link_send(agent->link, FRAME_CONFIRM, id, NULL, 0);
                                return;
                        }
        }
        if (request->params->type == &type_ListProcessesInGuestRequestType) {
                const ListProcessesInGuestRequestType *list = (const void *)request->params;

                send_processes(agent, id, arena, &list->pids);
                return;
        }
        send_fault(agent, id, arena);
}

/* Return: whether the request was waiting. */
static bool take_waiting(Agent *agent, uint32_t id)
{
        for (size_t i = 0; i < STARTS_WAITING; i++)
                if (agent->waiting[i] == id) {
                        agent->waiting[i] = 0;
                        return true;
                }
        return false;
}

static void on_message(void *user, FrameKind kind, uint64_t nonce, uint32_t id, const char *payload,
                       size_t size, Usec now)
{
        const AgentClock clock = {.type = &type_AgentClock, .clock = (int64_t)now};
        Agent *agent = user;

        if (kind == FRAME_HELLO) {
                memset(agent->waiting, 0, sizeof(agent->waiting));
                agent->nonce = nonce;
                link_set_nonce(agent->link, nonce);
                send_welcome(agent, now);
        } else if (kind == FRAME_PING) {
                send_object(agent, FRAME_PONG, &clock);
        } else if (kind == FRAME_REQUEST) {
                take_request(agent, id, payload, size);
        } else if (kind == FRAME_GO && take_waiting(agent, id)) {
                send_pid(agent, id);
        } else if (kind == FRAME_CANCEL) {
                (void)take_waiting(agent, id);
                link_forget(agent->link, id);
        }
}

static void on_lost(void *user, const char *why, Usec now)
{
        Agent *agent = user;

        (void)why;
        (void)now;
        agent->link = link_close(agent->link);
        (void)loop_io_set(&agent->listener, EPOLLIN);
}

/* One host at a time, as the real one. */
static int on_connection(LoopIo *io, uint32_t events, Usec now)
{
        Agent *agent = container_of(io, Agent, listener);
        const LinkCallbacks callbacks = {
                .on_message = on_message,
                .on_lost = on_lost,
                .user = agent,
        };
        const LinkConfig config = LINK_CONFIG_DEFAULT;
        int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        int r;

        (void)events;
        (void)now;
        if (fd < 0)
                return errno == EAGAIN ? 0 : -errno;
        r = link_open(agent->agents->loop, fd, &config, &callbacks, &agent->link);
        if (r < 0)
                return r;
        (void)link_send(agent->link, FRAME_ANNOUNCE, 0, NULL, 0);
        return loop_io_set(io, 0);
}

/* life */

static int start(Agents *agents, Agent *agent, const char *directory, unsigned long number)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0 || snprintf(address.sun_path, sizeof(address.sun_path), "%s/%lu.sock", directory,
                               number) >= (int)sizeof(address.sun_path))
                return fd < 0 ? -errno : -ENAMETOOLONG;
        (void)unlink(address.sun_path);
        if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0)
                return -errno;
        agent->agents = agents;
        random_hex(agent->instance, 16);
        agent->listener = (LoopIo){.fd = fd, .on_ready = on_connection};
        return loop_add_io(agents->loop, &agent->listener, EPOLLIN);
}

static void list_operations(Agents *agents)
{
        for (size_t i = 0; i < n_managed_types; i++)
                for (size_t j = 0; j < managed_types[i]->n_methods; j++) {
                        const Method *method = &managed_types[i]->methods[j];

                        if (method->flags & METHOD_GUEST &&
                            agents->n_operations < ELEMENTS(agents->operations))
                                agents->operations[agents->n_operations++] = (char *)method->name;
                }
}

/* As much as a guest of this kind mostly has to tell. */
static void write_facts(Agents *agents)
{
        AgentAddress v4 = {&type_AgentAddress, (char *)"192.0.2.17", 24, {0}};
        AgentAddress v6 = {&type_AgentAddress, (char *)"2001:db8::5054:ff:fe12:3456", 64, {0}};
        AgentAddress local = {&type_AgentAddress, (char *)"fe80::5054:ff:fe12:3456", 64, {0}};
        WireObject *addresses[] = {(void *)&v4, (void *)&v6, (void *)&local};
        AgentInterface interface = {&type_AgentInterface,
                                    (char *)"enp1s0",
                                    true,
                                    (char *)"52:54:00:12:34:56",
                                    {addresses, ELEMENTS(addresses)}};
        AgentDisk root = {&type_AgentDisk, (char *)"/", (char *)"ext4", 20LL << 30, 11LL << 30};
        AgentDisk efi = {&type_AgentDisk, (char *)"/boot/efi", (char *)"vfat", 127LL << 20,
                         115LL << 20};
        WireObject *interfaces[] = {(void *)&interface}, *disks[] = {(void *)&root, (void *)&efi};
        const AgentFacts facts = {
                .type = &type_AgentFacts,
                .host_name = (char *)"guest.example.net",
                .os_name = (char *)"Debian GNU/Linux 12 (bookworm)",
                .boot_time = {true, clock_realtime()},
                .interfaces = {interfaces, ELEMENTS(interfaces)},
                .disks = {disks, ELEMENTS(disks)},
        };

        tlv_write(&agents->facts, &facts);
}

int main(int argc, char **argv)
{
        unsigned long first = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
        unsigned long n = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
        Agents *agents = n > 0 ? calloc(1, sizeof(*agents) + n * sizeof(agents->agent[0])) : NULL;
        int r;

        if (!agents) {
                (void)fputs("Usage: agents DIRECTORY FIRST COUNT\n", stderr);
                return EXIT_FAILURE;
        }
        (void)signal(SIGPIPE, SIG_IGN);
        limits_raise_descriptors();
        list_operations(agents);
        write_facts(agents);
        r = loop_new(&agents->loop);
        for (; r >= 0 && agents->n < n; agents->n++)
                r = start(agents, &agents->agent[agents->n], argv[1], first + agents->n);
        if (r >= 0) {
                (void)puts("ready");
                (void)fflush(stdout);
                r = loop_run(agents->loop);
        }
        log_error("agents: %s", strerror(-r));
        return EXIT_FAILURE;
}
