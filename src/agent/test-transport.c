/*
 * Transport: who is let in on AF_VSOCK, and who has to give way. No machine can reach itself as its
 * own host, so a UNIX socket stands for the listener, and the table says who has come.
 */

#include "agent/transport.h"

#include "base/test-file.h"
#include "base/test.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define HOST 2

static VsockPeer comes;
static int accept_error;

static int fake_accept(int listener, VsockPeer *ret)
{
        int fd = accept_error ? -1 : accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        *ret = comes;
        return fd < 0 ? accept_error : fd;
}

typedef struct Site {
        Loop *loop;
        LoopTask quit;
        char listen[128];
        Transport transport;
        int fd; /* of the host that is served */
        size_t opened;
        int refuse; /* on_open() */
        bool heard; /* of it, lately */
} Site;

static int on_open(void *user, int fd, LinkMode mode, Usec now)
{
        Site *site = user;

        (void)now;
        EXPECT_INT("a socket", mode, LINK_SOCKET);
        fd_close(site->fd);
        site->fd = site->refuse ? fd_close(fd) : fd;
        site->opened++;
        return site->refuse;
}

static bool is_served(void *user, Usec now)
{
        (void)now;
        return ((Site *)user)->heard;
}

static int quit(LoopTask *task, Usec now)
{
        (void)now;
        loop_quit(container_of(task, Site, quit)->loop);
        return 0;
}

static int listener_at(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        (void)unlink(path);
        if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(fd, 4) < 0)
                abort();
        return fd;
}

/* As on AF_VSOCK, with another listener in its place. */
static void site_open(Site *site, bool any_port)
{
        const AgentConfig config = {
                .vsock = CHANNEL_VSOCK_PORT,
                .vsock_any_port = any_port,
                .listen = site->listen,
        };
        const TransportCallbacks callbacks = {
                .on_open = on_open,
                .is_served = is_served,
                .user = site,
        };

        *site = (Site){.fd = -1, .quit.run = quit};
        (void)snprintf(site->listen, sizeof(site->listen), "%s", test_path("listen"));
        accept_error = 0;
        if (loop_new(&site->loop) < 0 ||
            transport_init(&site->transport, site->loop, &config, &callbacks) < 0)
                abort();
        site->transport.accept = fake_accept;
        site->transport.vsock_io.fd = listener_at(test_path("vsock"));
        if (loop_add_io(site->loop, &site->transport.vsock_io, EPOLLIN) < 0)
                abort();
}

static void site_close(Site *site)
{
        transport_done(&site->transport);
        fd_close(site->fd);
        loop_free(site->loop);
}

/* Somebody connects. Return: his end. */
static int visit(Site *site, const char *name, VsockPeer who)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", test_path(name));
        comes = who;
        if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                abort();
        loop_defer(site->loop, &site->quit);
        (void)loop_run(site->loop);
        return fd;
}

/* Whether the other side has closed it. */
static bool is_closed(int fd)
{
        char byte;

        return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void test_who(void)
{
        static const struct {
                const char *about;
                bool any_port;
                VsockPeer peer;
                bool taken;
        } rows[] = {
                {"root on the host", false, {HOST, 1023}, true},
                {"the first port", false, {HOST, 1}, true},
                {"a user of the host", false, {HOST, 1024}, false},
                {"a VMM", false, {HOST, 1U << 30}, false},
                {"a VMM that may", true, {HOST, 1U << 30}, true},
                {"root, where all may", true, {HOST, 1023}, true},
                {"this guest", false, {1, 1000}, false},
                {"this guest by its number", true, {3, 1000}, false},
                {"another guest", true, {4, 1000}, false},
                {"the hypervisor", true, {0, 1000}, false},
                {"everybody", true, {UINT32_MAX, 1000}, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(fd_closep) int fd = -1;
                Site site;

                site_open(&site, rows[i].any_port);
                fd = visit(&site, "vsock", rows[i].peer);
                EXPECT_INT(rows[i].about, site.opened, rows[i].taken);
                EXPECT(rows[i].about, is_closed(fd) != rows[i].taken);
                site_close(&site);
        }
}

static void test_turns(void)
{
        static const VsockPeer host = {HOST, 1000}, stranger = {7, 1000};
        int fds[4];
        Site site;

        site_open(&site, false);
        fds[0] = visit(&site, "vsock", host);
        site.heard = true;
        fds[1] = visit(&site, "vsock", host);
        EXPECT_INT("the first is in use", site.opened, 1);
        EXPECT("the second is sent away", is_closed(fds[1]) && !is_closed(fds[0]));
        site.heard = false;
        fds[2] = visit(&site, "vsock", stranger);
        EXPECT("a stranger takes nobody's place", is_closed(fds[2]) && !is_closed(fds[0]));
        fds[3] = visit(&site, "vsock", host);
        EXPECT_INT("silent for too long", site.opened, 2);
        EXPECT("its place is taken", is_closed(fds[0]) && !is_closed(fds[3]));
        for (size_t i = 0; i < ELEMENTS(fds); i++)
                fd_close(fds[i]);
        site_close(&site);
}

static void test_lost(void)
{
        static const VsockPeer host = {HOST, 1000};
        _cleanup_(fd_closep) int first = -1, second = -1;
        Site site;

        site_open(&site, false);
        first = visit(&site, "vsock", host);
        site.heard = true;
        transport_lost(&site.transport);
        second = visit(&site, "vsock", host);
        EXPECT_INT("the next one comes", site.opened, 2);
        EXPECT("as if nobody had been there", !is_closed(second) && first >= 0);
        site_close(&site);
}

/* It would be ready all the time: it is looked at again when a second is over. */
static void test_no_descriptors(void)
{
        static const VsockPeer host = {HOST, 1000};
        _cleanup_(fd_closep) int fd = -1, other = -1;
        Site site;

        site_open(&site, false);
        accept_error = -EMFILE;
        fd = visit(&site, "vsock", host);
        EXPECT_INT("not watched", site.transport.vsock_io.events, 0);
        EXPECT("he waits", !is_closed(fd));
        EXPECT("later", site.transport.retry.loop);
        accept_error = 0;
        (void)site.transport.retry.on_due(&site.transport.retry, loop_now(site.loop));
        EXPECT_INT("watched again", site.transport.vsock_io.events, EPOLLIN);
        site_close(&site);

        site_open(&site, false);
        site.refuse = -ENOMEM;
        other = visit(&site, "vsock", host);
        EXPECT_INT("not watched", site.transport.vsock_io.events, 0);
        EXPECT("nobody is served", !site.transport.open && is_closed(other));
        site_close(&site);
}

/* On a UNIX socket a host that has left always shows: the next one waits. */
static void test_unix(void)
{
        static const VsockPeer nobody = {0, 0};
        _cleanup_(fd_closep) int first = -1, second = -1;
        Site site;

        site_open(&site, false);
        first = visit(&site, "listen", nobody);
        second = visit(&site, "listen", nobody);
        EXPECT_INT("one at a time", site.opened, 1);
        EXPECT("the other waits", !is_closed(second) && !is_closed(first));
        transport_lost(&site.transport);
        loop_defer(site.loop, &site.quit);
        (void)loop_run(site.loop);
        EXPECT_INT("its turn", site.opened, 2);
        site_close(&site);
}

int main(void)
{
        test_directory_make();
        test_who();
        test_turns();
        test_lost();
        test_no_descriptors();
        test_unix();
        test_directory_remove();
        return test_end();
}
