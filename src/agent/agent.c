#include "agent/agent.h"

#include "agent/config-watch.h"
#include "agent/facts.h"
#include "agent/operation.h"
#include "agent/streams.h"
#include "agent/transport.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "schema/tables.h"
#include "wire/read.h"
#include "wire/write.h"

#include <stdio.h>

#define PROTOCOL_VERSION  1
#define REQUEST_BYTES_MAX ((size_t)2 << 20)
#define ARENA_BYTES_MAX   ((size_t)48 << 20)
#define INSTANCE_BYTES    16
#define SERVED_USEC       (15 * USEC_PER_SEC) /* a host says something every 5 s */

struct Agent {
        Loop *loop;
        AgentConfig *config;
        char *config_path;
        ConfigWatch config_watch;
        Facts facts;
        Operations *operations;
        Transport transport;
        Link *link; /* NULL while there is no port and no connection */
        Usec heard; /* of the host: a frame of the conversation, or that it has connected */
        char instance[2 * INSTANCE_BYTES + 1];
        uint64_t nonce; /* of the conversation; 0 before the first hello */
};

/* outwards */

static void agent_send(Agent *agent, FrameKind kind, const void *object)
{
        _cleanup_(buf_done) Buf payload = {.max = FRAME_PAYLOAD_MAX};

        tlv_write(&payload, object);
        if (!buf_error(&payload))
                (void)link_send(agent->link, kind, 0, payload.data, payload.size);
}

static void send_answer(void *user, uint32_t id, Buf *payload)
{
        Agent *agent = user;

        if (agent->link && link_send_message(agent->link, FRAME_ANSWER, id, payload) < 0)
                log_error("an answer could not be queued: the host does not take any");
}

static void send_confirm(void *user, uint32_t id)
{
        Agent *agent = user;

        if (agent->link)
                (void)link_send(agent->link, FRAME_CONFIRM, id, NULL, 0);
}

static void send_welcome(Agent *agent, Usec now)
{
        char *operations[64], *disabled[64];
        AgentHello hello = {
                .type = &type_AgentHello,
                .protocol = PROTOCOL_VERSION,
                .version = (char *)GUESTOPS_VERSION,
                .instance = agent->instance,
                .boot_id = agent->facts.boot_id,
                .clock = (int64_t)now,
                .operations.items = operations,
                .disabled.items = disabled,
                .host_name = agent->facts.host_name,
                .os_name = agent->facts.os_name,
        };

        for (size_t i = 0; i < n_operation_rows && i < ELEMENTS(operations); i++) {
                char *name = (char *)operation_rows[i].name;

                operations[hello.operations.n++] = name;
                if (agent_config_disables(agent->config, name))
                        disabled[hello.disabled.n++] = name;
        }
        agent_send(agent, FRAME_WELCOME, &hello);
}

static void send_facts(Agent *agent)
{
        const Buf *payload = &agent->facts.payload;

        (void)link_send(agent->link, FRAME_FACTS, 0, payload->data, payload->size);
}

static void on_facts_change(Facts *facts)
{
        Agent *agent = container_of(facts, Agent, facts);

        if (agent->nonce != 0)
                send_facts(agent);
}

/*
 * @vm: of whom it is, or "". Two machines that were made of one image have the same random numbers
 * for a while.
 */
static void name_instance(Agent *agent, const char *vm)
{
        unsigned char bytes[INSTANCE_BYTES];

        random_bytes(bytes, sizeof(bytes));
        for (size_t i = 0; vm[i]; i++)
                bytes[i % sizeof(bytes)] ^= (unsigned char)vm[i];
        for (size_t i = 0; i < sizeof(bytes); i++)
                (void)snprintf(agent->instance + 2 * i, 3, "%02x", bytes[i]);
}

/* inwards */

static void take_hello(Agent *agent, uint64_t nonce, const char *payload, size_t size, Usec now)
{
        _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 20);
        const HostHello *hello = NULL;
        WireError error;

        if (!arena || nonce == 0 ||
            tlv_read(arena, payload, size, &type_HostHello, &hello, &error) < 0)
                return;
        log_debug("hello of a host, version %.32s", hello->version);
        operations_cancel_all(agent->operations);
        if (operations_set_vm(agent->operations, hello->vm)) {
                name_instance(agent, hello->vm);
                log_info("this machine is another one now, a clone or a restored one; the agent is "
                         "as new");
        }
        agent->nonce = nonce;
        link_set_nonce(agent->link, nonce);
        (void)facts_read(&agent->facts, now);
        send_welcome(agent, now);
        send_facts(agent);
}

static void refuse(Agent *agent, uint32_t id, Arena *arena, const char *why)
{
        ChannelAnswer answer = {.type = &type_ChannelAnswer};
        Fault fault = {0};
        Buf payload = {.max = FRAME_PAYLOAD_MAX};

        (void)fault_raise(&fault, arena, FAULT_GUEST_OPERATIONS_UNAVAILABLE, NULL, "%s", why);
        answer.fault = fault.detail;
        answer.message = (char *)fault.message;
        tlv_write(&payload, &answer);
        send_answer(agent, id, &payload);
        buf_done(&payload);
}

/* A request for another life of this agent, or one that waited too long, is never begun. */
static void take_request(Agent *agent, uint32_t id, const char *payload, size_t size, Usec now)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_BYTES_MAX);
        const ChannelRequest *request = NULL;
        WireError error;

        if (!arena)
                return;
        if (tlv_read(arena, payload, size, &type_ChannelRequest, &request, &error) < 0) {
                log_warning("a request of the host is malformed: %s %s", error.path, error.reason);
                refuse(agent, id, arena, "The agent could not read the request.");
        } else if (strcmp(request->instance, agent->instance) != 0) {
                refuse(agent, id, arena, "The agent has been restarted meanwhile.");
        } else if (request->deadline < (int64_t)now) {
                log_warning("request %.64s came too late and is not begun", request->request_id);
                refuse(agent, id, arena, "The request reached the agent too late.");
        } else {
                operations_begin(agent->operations, id, moved(arena), request, now);
        }
}

static void on_message(void *user, FrameKind kind, uint64_t nonce, uint32_t id, const char *payload,
                       size_t size, Usec now)
{
        const AgentClock clock = {.type = &type_AgentClock, .clock = (int64_t)now};
        Agent *agent = user;

        agent->heard = now;
        switch (kind) {
        case FRAME_HELLO:
                take_hello(agent, nonce, payload, size, now);
                break;
        case FRAME_PING:
                agent_send(agent, FRAME_PONG, &clock);
                break;
        case FRAME_REQUEST:
                take_request(agent, id, payload, size, now);
                break;
        case FRAME_GO:
                operations_go(agent->operations, id, now);
                break;
        case FRAME_CANCEL:
                link_forget(agent->link, id);
                operations_cancel(agent->operations, id);
                break;
        case FRAME_DATA:
                operations_data(agent->operations, id, payload, size);
                break;
        case FRAME_WELCOME:
        case FRAME_ANNOUNCE:
        case FRAME_PONG:
        case FRAME_ANSWER:
        case FRAME_CONFIRM:
        case FRAME_CREDIT:
        case FRAME_FACTS:
        case FRAME_END:
        default:
                log_debug("a frame of kind %d is none for an agent", (int)kind);
                break;
        }
}

static size_t on_pull(void *user, uint32_t id, char *data, size_t size)
{
        Agent *agent = user;

        return operations_pull(agent->operations, id, data, size);
}

static void end_conversation(Agent *agent)
{
        operations_cancel_all(agent->operations);
        agent->nonce = 0;
        if (agent->link)
                link_set_nonce(agent->link, 0);
}

static void on_lost(void *user, const char *why, Usec now)
{
        Agent *agent = user;

        (void)now;
        log_debug("channel: %s", why);
        end_conversation(agent);
        if (!link_is_over(agent->link))
                return;
        agent->link = link_close(agent->link);
        transport_lost(&agent->transport);
}

/* the channel */

static int open_link(void *user, int fd, LinkMode mode, Usec now)
{
        Agent *agent = user;
        const LinkCallbacks callbacks = {
                .on_message = on_message,
                .on_lost = on_lost,
                .on_pull = on_pull,
                .user = agent,
        };
        LinkConfig config = LINK_CONFIG_DEFAULT;
        int r;

        end_conversation(agent); /* of a host whose place is taken */
        agent->link = link_close(agent->link);
        agent->heard = now;
        config.mode = mode;
        config.message_bytes_max = REQUEST_BYTES_MAX;
        config.incoming_bytes_max = 8 * REQUEST_BYTES_MAX;
        r = link_open(agent->loop, fd, &config, &callbacks, &agent->link);
        if (r >= 0)
                (void)link_send(agent->link, FRAME_ANNOUNCE, 0, NULL, 0);
        return r;
}

/* A host that stays silent for longer may be gone without a word. */
static bool is_served(void *user, Usec now)
{
        const Agent *agent = user;

        return agent->link && now - agent->heard < SERVED_USEC;
}

/* configuration */

/*
 * Where the host is reached stays as it was at the start. What cannot be read changes nothing, nor
 * does a file that is gone: an editor may be about to put another in its place, and what it forbade
 * must not be allowed meanwhile.
 */
static void on_config_change(ConfigWatch *watch)
{
        Agent *agent = container_of(watch, Agent, config_watch);
        AgentConfig *config = NULL, *before = agent->config;

        if (agent_config_load(agent->config_path, true, &config) < 0) {
                log_error("the configuration is left as it was");
                facts_configure(&agent->facts, before, true);
                return;
        }
        free(config->port);
        free(config->listen);
        config->port = moved(before->port); /* the transport borrows these two */
        config->listen = moved(before->listen);
        agent->config = config;
        operations_configure(agent->operations, config);
        facts_configure(&agent->facts, config, false);
        agent_config_free(before);
        log_info("%s has been read again", agent->config_path);
}

static int watch_config(Agent *agent, const char *path)
{
        int r;

        agent->config_path = strdup(path);
        if (!agent->config_path)
                return -ENOMEM;
        r = config_watch_init(&agent->config_watch, agent->loop, agent->config_path,
                              on_config_change);
        if (r == -ENOENT)
                log_info("%s: its directory does not exist; changes need a restart", path);
        return r == -ENOENT ? 0 : r;
}

/* life */

int agent_new(Loop *loop, AgentConfig *config, const char *path, Agent **ret)
{
        _cleanup_(agent_freep) Agent *agent = calloc(1, sizeof(*agent));
        const OperationsHost host = {
                .streams = streams_on(&agent->link),
                .send_answer = send_answer,
                .send_confirm = send_confirm,
                .user = agent,
        };
        const TransportCallbacks callbacks = {
                .on_open = open_link,
                .is_served = is_served,
                .user = agent,
        };
        int r;

        if (!agent) {
                agent_config_free(config);
                return -ENOMEM;
        }
        agent->loop = loop;
        agent->config = config;
        agent->transport.unix_io.fd = agent->transport.vsock_io.fd = agent->config_watch.io.fd = -1;
        name_instance(agent, "");
        facts_init(&agent->facts, loop, config, on_facts_change);
        r = operations_new(loop, config, &host, &agent->operations);
        if (r >= 0)
                r = watch_config(agent, path);
        if (r < 0) {
                log_error("cannot start: %s", strerror(-r));
                return r;
        }
        r = transport_init(&agent->transport, loop, config, &callbacks);
        if (r < 0)
                return r;
        *ret = moved(agent);
        return 0;
}

Agent *agent_free(Agent *agent)
{
        if (!agent)
                return NULL;
        agent->link = link_close(agent->link);
        transport_done(&agent->transport);
        facts_done(&agent->facts);
        operations_free(agent->operations);
        config_watch_done(&agent->config_watch);
        free(agent->config_path);
        agent_config_free(agent->config);
        free(agent);
        return NULL;
}
