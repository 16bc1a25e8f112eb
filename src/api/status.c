#include "api/status.h"

#include "api/status-json.h"
#include "base/log.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define CLIENTS_MAX   16
#define BACKLOG       64
#define HELPING_BYTES ((size_t)64 << 10) /* written in one turn of the loop, and made for it */
#define HELPING_VMS   256
#define BYTES_MAX     ((size_t)4 << 20) /* held for one client: far more than one machine takes */
#define DEADLINE_USEC (30 * USEC_PER_SEC)
#define PAUSE_USEC    USEC_PER_SEC
#define UUID_SIZE     37

typedef struct StatusClient StatusClient;

struct Status {
        Service *service;
        const DaemonConfig *config;
        struct sockaddr_un address;
        LoopIo listener;
        LoopTimer pause; /* until the next look after a failure to accept */
        TAILQ_HEAD(StatusClients, StatusClient) clients;
        size_t n_clients;
};

struct StatusClient {
        Status *status;
        LoopIo io;
        LoopTimer deadline;
        char (*uuids)[UUID_SIZE]; /* of the machines that there were when it came */
        size_t n, next;
        bool told, ended;
        Buf out;
        TAILQ_ENTRY(StatusClient) entry;
};

static void listen_again(Status *status)
{
        if (!status->listener.loop && !status->pause.loop && status->n_clients < CLIENTS_MAX)
                (void)loop_add_io(status->service->loop, &status->listener, EPOLLIN);
}

/* clients */

static void client_free(StatusClient *client)
{
        Status *status = client->status;

        TAILQ_REMOVE(&status->clients, client, entry);
        status->n_clients--;
        loop_io_remove(&client->io);
        loop_timer_clear(&client->deadline);
        fd_close(client->io.fd);
        buf_done(&client->out);
        free(client->uuids);
        free(client);
}

static void client_over(StatusClient *client)
{
        Status *status = client->status;

        client_free(client);
        listen_again(status);
}

static int on_deadline(LoopTimer *timer, Usec now)
{
        (void)now;
        client_over(container_of(timer, StatusClient, deadline));
        return 0;
}

static void put_next(StatusClient *client, Usec now)
{
        const Vm *vm = inventory_find_uuid(client->status->service->inventory,
                                           client->uuids[client->next++]);

        if (!vm)
                return; /* meanwhile it has gone */
        if (client->told)
                buf_putc(&client->out, ',');
        client->told = true;
        status_put_machine(&client->out, vm, now);
}

static void fill(StatusClient *client, Usec now)
{
        for (size_t i = 0; i < HELPING_VMS && client->next < client->n; i++) {
                if (client->out.size >= HELPING_BYTES)
                        return;
                put_next(client, now);
        }
        if (client->next < client->n || client->ended)
                return;
        client->ended = true;
        buf_puts(&client->out, "]}\n");
}

static int client_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        StatusClient *client = container_of(io, StatusClient, io);
        ssize_t n;

        (void)events;
        fill(client, now);
        n = send(io->fd, client->out.data, client->out.size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
                buf_drop(&client->out, (size_t)n);
        if ((n < 0 && errno != EAGAIN) || buf_error(&client->out) ||
            (client->ended && client->out.size == 0))
                client_over(client);
        return 0;
}

static int note_machines(StatusClient *client)
{
        const Entity *folder = inventory_folder(client->status->service->inventory, "vm");
        const Entity *entity;
        size_t n = 0;

        TAILQ_FOREACH (entity, &folder->children, entry)
                n++;
        client->uuids = calloc(n + 1, sizeof(*client->uuids));
        if (!client->uuids)
                return -ENOMEM;
        TAILQ_FOREACH (entity, &folder->children, entry) {
                const Vm *vm = container_of(entity, Vm, entity);

                strncpy(client->uuids[client->n++], vm->uuid, UUID_SIZE - 1);
        }
        return 0;
}

/* @fd: taken */
static int client_add(Status *status, int fd, Usec now)
{
        Loop *loop = status->service->loop;
        StatusClient *client = calloc(1, sizeof(*client));
        int r;

        if (!client) {
                fd_close(fd);
                return -ENOMEM;
        }
        *client = (StatusClient){
                .status = status,
                .io = {.fd = fd, .on_ready = client_on_ready},
                .deadline.on_due = on_deadline,
                .out.max = BYTES_MAX,
        };
        TAILQ_INSERT_TAIL(&status->clients, client, entry);
        status->n_clients++;
        status_put_head(&client->out, status->service, status->config);
        r = note_machines(client);
        if (r >= 0)
                r = loop_add_io(loop, &client->io, EPOLLOUT);
        if (r >= 0)
                r = loop_timer_set(loop, &client->deadline, now + DEADLINE_USEC);
        if (r < 0)
                client_free(client);
        return r;
}

/* the socket */

static int on_pause_over(LoopTimer *timer, Usec now)
{
        (void)now;
        listen_again(container_of(timer, Status, pause));
        return 0;
}

static int on_connect(LoopIo *io, uint32_t events, Usec now)
{
        Status *status = container_of(io, Status, listener);
        int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        int r;

        (void)events;
        if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED))
                return 0;
        r = fd < 0 ? -errno : client_add(status, fd, now);
        if (r < 0) {
                log_debug("status: %s", strerror(-r));
                loop_io_remove(io);
                return loop_timer_set(status->service->loop, &status->pause, now + PAUSE_USEC);
        }
        if (status->n_clients >= CLIENTS_MAX)
                loop_io_remove(io);
        return 0;
}

/* Return: whether a process answers at that socket. */
static bool is_served(const struct sockaddr_un *address)
{
        _cleanup_(fd_closep) int fd =
                socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        return fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
                           errno == EAGAIN);
}

static int make_socket(const struct sockaddr_un *address, int *ret_fd)
{
        _cleanup_(fd_closep) int fd =
                socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct stat status;
        mode_t mask;
        int r;

        if (fd < 0)
                return -errno;
        if (lstat(address->sun_path, &status) == 0 && S_ISSOCK(status.st_mode)) {
                if (is_served(address))
                        return -EADDRINUSE;
                (void)unlink(address->sun_path);
        }
        mask = umask(0117);
        r = bind(fd, (const struct sockaddr *)address, sizeof(*address));
        if (r < 0)
                r = -errno;
        (void)umask(mask);
        if (r >= 0 && listen(fd, BACKLOG) < 0)
                r = -errno;
        if (r >= 0)
                *ret_fd = moved_fd(fd);
        return r;
}

int status_new(Service *service, const DaemonConfig *config, Status **ret)
{
        _cleanup_(status_freep) Status *status = calloc(1, sizeof(*status));
        int r;

        if (!status)
                return -ENOMEM;
        *status = (Status){
                .service = service,
                .config = config,
                .address.sun_family = AF_UNIX,
                .listener = {.fd = -1, .on_ready = on_connect},
                .pause.on_due = on_pause_over,
        };
        TAILQ_INIT(&status->clients);
        if (strlen(config->status) >= sizeof(status->address.sun_path))
                return -ENAMETOOLONG;
        strncpy(status->address.sun_path, config->status, sizeof(status->address.sun_path) - 1);
        r = make_socket(&status->address, &status->listener.fd);
        if (r >= 0)
                r = loop_add_io(service->loop, &status->listener, EPOLLIN);
        if (r >= 0)
                *ret = moved(status);
        return r;
}

Status *status_free(Status *status)
{
        StatusClient *client;

        if (!status)
                return NULL;
        while ((client = TAILQ_FIRST(&status->clients)))
                client_free(client);
        loop_timer_clear(&status->pause);
        loop_io_remove(&status->listener);
        if (status->listener.fd >= 0)
                (void)unlink(status->address.sun_path);
        fd_close(status->listener.fd);
        free(status);
        return NULL;
}
