/* Transfers from the guest, with a real worker: what comes, and what is refused. */

#include "agent/test-transfer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ALL                                                                                        \
        (WireLong)                                                                                 \
        {                                                                                          \
                0                                                                                  \
        }
#define N(n)                                                                                       \
        (WireLong)                                                                                 \
        {                                                                                          \
                .set = true, .value = (n)                                                          \
        }

static LoginVerdict self, nobody;

static void make_file(const char *name, size_t size)
{
        int fd = open(test_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        if (fd < 0 || write(fd, content, size) != (ssize_t)size)
                abort();
        fd_close(fd);
}

static char *promise(Site *site, const char *name, const LoginVerdict *who)
{
        const TransferTerms terms = {.path = test_path(name), .who = who, .user = "somebody"};

        return site_promise(site, &terms);
}

static void test_parts(void)
{
        static const struct {
                const char *about;
                size_t size;
                WireLong offset, length;
                size_t room; /* that the host makes at once */
                int64_t first, n;
        } rows[] = {
                {"an empty file", 0, ALL, ALL, 4096, 0, 0},
                {"a byte", 1, ALL, ALL, 4096, 0, 1},
                {"a packet", 32768, ALL, ALL, 4096, 0, 32768},
                {"a packet and a byte", 32769, ALL, ALL, LINK_STREAM_BYTES, 0, 32769},
                {"much", LARGE, ALL, ALL, LINK_STREAM_BYTES, 0, LARGE},
                {"much, to a slow host", LARGE, ALL, ALL, 10007, 0, LARGE},
                {"the end", 1000, N(900), ALL, 4096, 900, 100},
                {"the middle", LARGE, N(4095), N(100000), 4096, 4095, 100000},
                {"less than there is asked for", 1000, N(900), N(1000), 4096, 900, 100},
                {"nothing, at the end", 1000, N(1000), ALL, 4096, 1000, 0},
                {"only a look", 1000, ALL, N(0), 4096, 0, 0},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Site site;

                site_make(&site);
                site.room = site.room_step = rows[i].room;
                make_file("file", rows[i].size);
                site_begin(&site, "OpenFileTransfer", promise(&site, "file", &self), rows[i].offset,
                           rows[i].length);
                site_run(&site);
                EXPECT_STR(rows[i].about, fault_of(site.end), NULL);
                EXPECT(rows[i].about, site.end && site.opened);
                if (site.opened) {
                        EXPECT_INT(rows[i].about, site.opened->size, rows[i].size);
                        EXPECT_INT(rows[i].about, site.opened->offset, rows[i].first);
                        EXPECT_INT(rows[i].about, site.opened->length, rows[i].n);
                }
                EXPECT_INT(rows[i].about, site.received.size, rows[i].n);
                EXPECT(rows[i].about, site.received.size != (size_t)rows[i].n || rows[i].n == 0 ||
                                              memcmp(site.received.data, content + rows[i].first,
                                                     (size_t)rows[i].n) == 0);
                EXPECT_INT(rows[i].about, site.operations->n_running, 0);
                site_done(&site);
        }
}

static void test_refused(void)
{
        static const struct {
                const char *about, *name;
                WireLong offset, length;
                bool as_nobody;
                const char *fault;
        } rows[] = {
                {"missing", "none", ALL, ALL, false, "FileNotFound"},
                {"below a file", "file/below", ALL, ALL, false, "NotADirectory"},
                {"a directory", "", ALL, ALL, false, "NotAFile"},
                {"a pipe that nobody writes to", "pipe", ALL, ALL, false, "NotAFile"},
                {"a socket", "socket", ALL, ALL, false, "NotAFile"},
                {"a symbolic link", "link", ALL, ALL, false, "InvalidArgument"},
                {"a link to nowhere", "dangling", ALL, ALL, false, "InvalidArgument"},
                {"behind the end", "file", N(11), ALL, false, "InvalidArgument"},
                {"before the beginning", "file", N(-1), ALL, false, "InvalidArgument"},
                {"less than nothing", "file", ALL, N(-1), false, "InvalidArgument"},
                {"another's file", "secret", ALL, ALL, true, "GuestPermissionDenied"},
        };
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        make_file("file", 10);
        make_file("secret", 10);
        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", test_path("socket"));
        if (chmod(test_path("secret"), 0600) < 0 || mkfifo(test_path("pipe"), 0644) < 0 ||
            symlink("file", test_path("link")) < 0 || symlink("none", test_path("dangling")) < 0 ||
            bind(fd, (void *)&address, sizeof(address)) < 0)
                abort();
        fd_close(fd);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Site site;

                if (rows[i].as_nobody && geteuid() != 0)
                        continue;
                site_make(&site);
                site_begin(&site, "OpenFileTransfer",
                           promise(&site, rows[i].name, rows[i].as_nobody ? &nobody : &self),
                           rows[i].offset, rows[i].length);
                site_run(&site);
                EXPECT_STR(rows[i].about, fault_of(site.answer), rows[i].fault);
                EXPECT(rows[i].about, !site.end && site.received.size == 0);
                EXPECT_INT(rows[i].about, site.operations->n_running, 0);
                site_done(&site);
        }
}

static void test_version(void)
{
        static const struct {
                const char *about;
                bool touch, replace, same;
        } rows[] = {
                {"the same file", false, false, true},
                {"other times", true, false, false},
                {"another file", false, true, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const struct timespec times[] = {{.tv_sec = 1}, {.tv_sec = 1}};
                char first[64], *handle;
                Site site;

                site_make(&site);
                make_file("file", 10);
                handle = promise(&site, "file", &self);
                site_begin(&site, "OpenFileTransfer", handle, ALL, N(0));
                site_run(&site);
                (void)snprintf(first, sizeof(first), "%s", site.opened->version);
                EXPECT_INT("hex digits", strspn(first, "0123456789abcdef"), 32);
                if (rows[i].touch)
                        (void)utimensat(AT_FDCWD, test_path("file"), times, 0);
                if (rows[i].replace) {
                        make_file("other", 10);
                        (void)rename(test_path("other"), test_path("file"));
                }
                site_begin(&site, "OpenFileTransfer", handle, ALL, N(0));
                site_run(&site);
                EXPECT(rows[i].about, (strcmp(first, site.opened->version) == 0) == rows[i].same);
                site_done(&site);
        }
}

/* While the host takes nothing, the file changes. */
static void test_changed_on_the_way(void)
{
        static const struct {
                const char *about;
                off_t size;
                const char *fault;
                bool all;
        } rows[] = {
                {"shorter", 100000, "FileFault", false},
                {"longer", 2 * (off_t)LARGE, NULL, true},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Site site;

                site_make(&site);
                site.room = site.room_step = 0;
                make_file("file", LARGE);
                site_begin(&site, "OpenFileTransfer", promise(&site, "file", &self), ALL, ALL);
                site.wait = true;
                site_run(&site);
                EXPECT_INT(rows[i].about, truncate(test_path("file"), rows[i].size), 0);
                site.room_step = LINK_STREAM_BYTES;
                loop_defer(site.loop, &site.turn);
                site_run(&site);
                EXPECT_STR(rows[i].about, fault_of(site.end), rows[i].fault);
                EXPECT(rows[i].about, (site.received.size == LARGE) == rows[i].all);
                site_done(&site);
        }
}

int main(void)
{
        test_directory_make();
        (void)chmod(test_directory, 0755);
        self = (LoginVerdict){.type = &type_LoginVerdict, .uid = getuid(), .gid = getgid()};
        nobody = (LoginVerdict){.type = &type_LoginVerdict, .uid = NOBODY, .gid = NOBODY};
        make_content();
        test_parts();
        test_refused();
        test_version();
        test_changed_on_the_way();
        free(content);
        test_directory_remove();
        return test_end();
}
