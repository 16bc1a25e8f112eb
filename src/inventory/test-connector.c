/*
 * Connector: against sockets that accept, do not, and answer as Firecracker does or otherwise.
 */

#include "inventory/connector.h"

#include "base/buf.h"
#include "base/test-file.h"
#include "base/test.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PORT 869

typedef struct Site {
        Connector connector;
        Loop *loop;
        LoopIo listener, served; /* what a VMM has */
        LoopTimer hang;
        const char *says; /* when it has been asked */
        size_t piece;     /* bytes at once; 0: all */
        bool closes;      /* behind that */
        bool done;
        int fd, error;
        char why[400];
        Buf heard;
} Site;

static void on_done(Connector *connector, int fd, const ProviderResult *result, Usec now)
{
        Site *site = container_of(connector, Site, connector);

        (void)now;
        EXPECT("told once", !site->done);
        site->done = true;
        site->fd = fd;
        site->error = result->error;
        (void)snprintf(site->why, sizeof(site->why), "%s", result->why ? result->why : "");
        loop_quit(site->loop);
}

static int on_hang(LoopTimer *timer, Usec now)
{
        (void)timer;
        (void)now;
        return -ETIME;
}

/* Piece by piece, one each turn. */
static void speak(Site *site)
{
        size_t n = strlen(site->says);

        if (site->piece && n > site->piece)
                n = site->piece;
        if (n > 0 && write(site->served.fd, site->says, n) != (ssize_t)n)
                abort();
        site->says += n;
        if (*site->says)
                return;
        loop_io_remove(&site->served);
        if (site->closes)
                site->served.fd = fd_close(site->served.fd);
}

static int on_served(LoopIo *io, uint32_t events, Usec now)
{
        Site *site = container_of(io, Site, served);
        char data[64];
        ssize_t n = recv(io->fd, data, sizeof(data), MSG_DONTWAIT);

        (void)events;
        (void)now;
        if (n > 0)
                (void)buf_put(&site->heard, data, (size_t)n);
        if (n == 0)
                loop_io_remove(io);
        else if (site->says && site->heard.size > 0 &&
                 site->heard.data[site->heard.size - 1] == '\n')
                speak(site);
        return 0;
}

static int on_client(LoopIo *io, uint32_t events, Usec now)
{
        Site *site = container_of(io, Site, listener);

        (void)events;
        (void)now;
        site->served = (LoopIo){
                .fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC),
                .on_ready = on_served,
        };
        return loop_add_io(site->loop, &site->served, site->piece ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static int listen_at(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        (void)unlink(path);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(fd, 4) < 0)
                abort();
        return fd;
}

static void site_open(Site *site, bool accepts)
{
        *site = (Site){.fd = -1, .served.fd = -1, .hang.on_due = on_hang};
        if (loop_new(&site->loop) < 0)
                abort();
        connector_init(&site->connector, site->loop, on_done);
        site->listener = (LoopIo){.fd = listen_at(test_path("vm")), .on_ready = on_client};
        if (accepts && loop_add_io(site->loop, &site->listener, EPOLLIN) < 0)
                abort();
}

static void site_run(Site *site, const ConnectAddress *address)
{
        Usec now = loop_now(site->loop);

        (void)loop_timer_set(site->loop, &site->hang, now + 30 * USEC_PER_SEC);
        connector_begin(&site->connector, address, now);
        if (!site->done)
                EXPECT_INT("it ends", loop_run(site->loop), 0);
}

static void site_close(Site *site)
{
        connector_cancel(&site->connector);
        loop_io_remove(&site->listener);
        loop_io_remove(&site->served);
        loop_timer_clear(&site->hang);
        fd_close(site->listener.fd);
        fd_close(site->served.fd);
        fd_close(site->fd);
        buf_done(&site->heard);
        loop_free(site->loop);
}

/* All that comes until the other side is silent. */
static void read_rest(int fd, char *text, size_t size)
{
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        size_t n = 0;
        ssize_t r = 1;

        while (r > 0 && n < size - 1 && poll(&ready, 1, 50) > 0) {
                r = recv(fd, text + n, size - 1 - n, MSG_DONTWAIT);
                n += r > 0 ? (size_t)r : 0;
        }
        text[n] = '\0';
}

static void test_vmm(void)
{
        static const char *const no = "it does not answer as a vsock of a VMM does";
        static const struct {
                const char *about, *says;
                bool closes;
                int error;
                const char *why;  /* behind the path */
                const char *rest; /* what the stream begins with */
        } rows[] = {
                {"accepted", "OK 1073741824\n", false, 0, NULL, ""},
                {"what follows is the guest's", "OK 7\n\xc7GO\nOK 8\n", false, 0, NULL,
                 "\xc7GO\nOK 8\n"},
                {"and then it leaves", "OK 7\nbye", true, 0, NULL, "bye"},
                {"refused", "", true, -ECONNREFUSED,
                 "nothing in the guest listens on vsock port 869", NULL},
                {"refused in the middle", "OK 1", true, -ECONNREFUSED,
                 "nothing in the guest listens on vsock port 869", NULL},
                {"no number", "OK \n", false, -EPROTO, "", NULL},
                {"no number at all", "OK\n", false, -EPROTO, "", NULL},
                {"a word behind it", "OK 1 x\n", false, -EPROTO, "", NULL},
                {"another answer", "220 mail ESMTP\n", false, -EPROTO, "", NULL},
                {"a line without an end", "OK 11111111111111111111111111111111", false, -EPROTO, "",
                 NULL},
        };

        for (size_t i = 0; i < 2 * ELEMENTS(rows); i++) {
                const size_t k = i / 2;
                const char *path = test_path("vm");
                char rest[64];
                Site site;

                site_open(&site, true);
                site.says = rows[k].says;
                site.closes = rows[k].closes;
                site.piece = i % 2; /* byte by byte */
                site_run(&site, &(ConnectAddress){.path = path, .port = PORT});
                EXPECT_INT(rows[k].about, site.error, rows[k].error);
                EXPECT_STR(rows[k].about, buf_text(&site.heard), "CONNECT 869\n");
                if (rows[k].rest) {
                        while (*site.says)
                                speak(&site);
                        read_rest(site.fd, rest, sizeof(rest));
                        EXPECT_STR(rows[k].about, rest, rows[k].rest);
                } else {
                        EXPECT_INT(rows[k].about, site.fd, -1);
                        EXPECT_STR(rows[k].about, site.why + strlen(path) + 2,
                                   *rows[k].why ? rows[k].why : no);
                }
                site_close(&site);
        }
}

static void test_vmm_hangs(void)
{
        Site site;

        site_open(&site, true);
        site.connector.answer_usec = 100 * USEC_PER_MSEC;
        site_run(&site, &(ConnectAddress){.path = test_path("vm"), .port = PORT});
        EXPECT_INT("hangs", site.error, -ETIMEDOUT);
        EXPECT("hangs", strstr(site.why, ": the guest does not answer"));
        EXPECT_STR("it was asked", buf_text(&site.heard), "CONNECT 869\n");
        site_close(&site);
}

static void test_plain(void)
{
        Site site;

        site_open(&site, true);
        site_run(&site, &(ConnectAddress){.path = test_path("vm")});
        EXPECT_INT("connected", site.error, 0);
        EXPECT("connected", site.fd >= 0);
        EXPECT_INT("nothing is said", site.heard.size, 0);
        site_close(&site);
}

/* As QEMU while it serves another client: the connection is there, and nobody has taken it. */
static void test_served_to_another(void)
{
        _cleanup_(fd_closep) int served = -1;
        char left[8];
        Site site;

        site_open(&site, false);
        site_run(&site, &(ConnectAddress){.path = test_path("vm")});
        if (site.error == 0) {
                (void)fprintf(stderr, "no unix_diag: stepping back is not tested\n");
                site_close(&site);
                return;
        }
        EXPECT_INT("stepped back", site.error, -EBUSY);
        EXPECT("stepped back", strstr(site.why, ": another program is connected to it"));
        EXPECT_INT("stepped back", site.fd, -1);
        served = accept4(site.listener.fd, NULL, NULL, SOCK_CLOEXEC);
        EXPECT_INT("nothing was left behind", recv(served, left, sizeof(left), MSG_DONTWAIT), 0);
        site_close(&site);
}

static void test_too_many_wait(void)
{
        int fds[8];
        size_t n = 0;
        Site site;

        site_open(&site, false);
        for (; n < ELEMENTS(fds); n++) {
                struct sockaddr_un address = {.sun_family = AF_UNIX};

                (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", test_path("vm"));
                fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
                (void)connect(fds[n], (const struct sockaddr *)&address, sizeof(address));
        }
        site_run(&site, &(ConnectAddress){.path = test_path("vm")});
        EXPECT_INT("a full backlog", site.error, -EBUSY);
        while (n > 0)
                fd_close(fds[--n]);
        site_close(&site);
}

static int close_listener(LoopTimer *timer, Usec now)
{
        Site *site = container_of(timer, Site, hang);

        (void)now;
        site->listener.fd = fd_close(site->listener.fd);
        return 0;
}

/* QEMU ends while we wait for it. */
static void test_ends_meanwhile(void)
{
        Site site;

        site_open(&site, false);
        site.hang.on_due = close_listener;
        connector_begin(&site.connector, &(ConnectAddress){.path = test_path("vm")},
                        loop_now(site.loop));
        (void)loop_timer_set(site.loop, &site.hang, loop_now(site.loop));
        if (!site.done)
                EXPECT_INT("it ends", loop_run(site.loop), 0);
        EXPECT("it ends", site.done);
        EXPECT("as lost, or as nothing", site.error == -ECONNRESET || site.error == 0);
        site_close(&site);
}

static void test_errors(void)
{
        static const struct {
                const char *about;
                ConnectAddress address;
                int error;
        } rows[] = {
                {"nothing there", {.path = "/nonexistent/vm"}, -ENOENT},
                {"nothing there either", {.path = "/nonexistent/vm", .port = PORT}, -ENOENT},
                {"no socket", {.path = "/dev/null"}, -ENOTSOCK},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Site site;

                site_open(&site, false);
                site_run(&site, &rows[i].address);
                EXPECT_INT(rows[i].about, site.error, rows[i].error);
                EXPECT(rows[i].about,
                       strncmp(site.why, rows[i].address.path, strlen(rows[i].address.path)) == 0);
                site_close(&site);
        }
}

/* Whatever this machine makes of it: no guest of that number is here, and it ends in time. */
static void test_vsock(void)
{
        Site site;

        site_open(&site, false);
        site.connector.answer_usec = 100 * USEC_PER_MSEC;
        site_run(&site, &(ConnectAddress){.cid = 4242, .port = PORT});
        EXPECT("no such guest", site.error < 0);
        EXPECT_INT("no such guest", site.fd, -1);
        EXPECT("says which", strncmp(site.why, "vsock 4242:869: ", 16) == 0);
        site_close(&site);
}

static void test_cancel(void)
{
        Site site;

        site_open(&site, true);
        connector_begin(&site.connector, &(ConnectAddress){.path = test_path("vm"), .port = PORT},
                        loop_now(site.loop));
        connector_cancel(&site.connector);
        EXPECT("nobody is told", !site.done);
        connector_cancel(&site.connector);
        connector_begin(&site.connector, &(ConnectAddress){.path = test_path("vm"), .port = PORT},
                        loop_now(site.loop));
        site_run(&site, &(ConnectAddress){.path = test_path("vm")});
        EXPECT_INT("the last one counts", site.error, 0);
        site_close(&site);
}

int main(void)
{
        test_directory_make();
        test_vmm();
        test_vmm_hangs();
        test_plain();
        test_served_to_another();
        test_too_many_wait();
        test_ends_meanwhile();
        test_errors();
        test_vsock();
        test_cancel();
        test_directory_remove();
        return test_end();
}
