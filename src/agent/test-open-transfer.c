/* Which transfers are opened at all, and what ends them. */

#include "agent/test-transfer.h"
#include "agent/transfer-packet.h"

#include <sys/socket.h>

#define PASSRIGHTS 83 /* SO_PASSRIGHTS of Linux 6.16 */

static LoginVerdict self;

static char *promise(Site *site, bool to_guest)
{
        static const GuestFileAttributes none = {.type = &type_GuestFileAttributes};
        const TransferTerms terms = {
                .to_guest = to_guest,
                .overwrite = true,
                .path = test_path("file"),
                .attributes = to_guest ? &none : NULL,
                .who = &self,
                .user = "somebody",
        };

        return site_promise(site, &terms);
}

static void begin(Site *site, const char *operation, char *handle)
{
        site_begin(site, operation, handle, (WireLong){0}, (WireLong){0});
}

static void configure(Site *site, const char *text)
{
        AgentConfig *before = site->config;

        test_write("agent.conf", text);
        EXPECT_INT(text, agent_config_load(test_path("agent.conf"), true, &site->config), 0);
        operations_configure(site->operations, site->config);
        agent_config_free(before);
}

static void nothing(Site *site)
{
        (void)site;
}

static void move(Site *site)
{
        operations_set_vm(site->operations, "elsewhere");
}

static void configure_anew(Site *site)
{
        configure(site, "");
}

static void disable_opening(Site *site)
{
        configure(site, "[guestoperations]\nOpenFileTransfer.disabled = true\n");
}

static void disable_initiation(Site *site)
{
        configure(site, "[guestoperations]\nInitiateFileTransferToGuest.disabled = true\n");
}

static void disable_the_other(Site *site)
{
        configure(site, "[guestoperations]\nInitiateFileTransferFromGuest.disabled = true\n");
}

static void disable_all(Site *site)
{
        configure(site, "[guestoperations]\ndisabled = true\n");
}

static void refuse_streams(Site *site)
{
        site->refuse_streams = true;
}

/* What happens between the promise and the request. */
static void test_before(void)
{
        static const struct {
                const char *about;
                void (*happen)(Site *site);
                const char *handle; /* in place of the right one */
                const char *fault;
        } rows[] = {
                {"nothing", nothing, NULL, NULL},
                {"an unknown handle", nothing, "00000000000000000000000000000000", "NotFound"},
                {"no handle", nothing, "", "NotFound"},
                {"another machine", move, NULL, "NotFound"},
                {"another configuration", configure_anew, NULL, "NotFound"},
                {"no opening any more", disable_opening, NULL, "OperationDisabledByGuest"},
                {"nothing is allowed any more", disable_all, NULL, "OperationDisabledByGuest"},
                {"no promises any more", disable_initiation, NULL, "OperationDisabledByGuest"},
                {"no promises of the other kind", disable_the_other, NULL, "NotFound"},
                {"no room for streams", refuse_streams, NULL, "GuestOperationsFault"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                char *handle;
                Site site;

                site_make(&site);
                site.data = "hello";
                site.size = 5;
                handle = promise(&site, true);
                rows[i].happen(&site);
                begin(&site, "OpenFileTransfer", rows[i].handle ? (char *)rows[i].handle : handle);
                site_run(&site);
                EXPECT_STR(rows[i].about, fault_of(site.answer), rows[i].fault);
                EXPECT(rows[i].about, !site.end == (rows[i].fault != NULL));
                EXPECT_INT(rows[i].about, site.operations->n_running, 0);
                site_done(&site);
        }
}

/* What happens while it is open and the host is silent. */
static void test_while_open(void)
{
        static const struct {
                const char *about;
                void (*happen)(Site *site);
                const char *fault;
        } rows[] = {
                {"nothing", nothing, NULL},
                {"another configuration", configure_anew, NULL},
                {"the other direction is disabled", disable_the_other, NULL},
                {"it is disabled", disable_initiation, "OperationDisabledByGuest"},
                {"opening is disabled", disable_opening, "OperationDisabledByGuest"},
                {"all is", disable_all, "OperationDisabledByGuest"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Site site;

                test_write("file", NULL);
                site_make(&site);
                site.wait = true;
                site.data = "hello";
                site.size = 5;
                site.stop_at = 0;
                begin(&site, "OpenFileTransfer", promise(&site, true));
                site_run(&site);
                EXPECT(rows[i].about, site.opened);
                rows[i].happen(&site);
                site.stop_at = SIZE_MAX;
                loop_defer(site.loop, &site.turn);
                site_run(&site);
                EXPECT_STR(rows[i].about, fault_of(site.end), rows[i].fault);
                EXPECT(rows[i].about,
                       (access(test_path("file"), F_OK) < 0) == (rows[i].fault != NULL));
                site_done(&site);
        }
}

static int quit(LoopTimer *timer, Usec now)
{
        (void)now;
        loop_quit(container_of(timer, Site, watch)->loop);
        return 0;
}

static void test_busy(void)
{
        char *handle, *other;
        Site site;

        test_write("file", "hello");
        site_make(&site);
        site.wait = true;
        site.room = site.room_step = 0;
        handle = promise(&site, false);
        other = promise(&site, false);
        begin(&site, "OpenFileTransfer", handle);
        site_run(&site);
        EXPECT("open", site.opened);
        begin(&site, "OpenFileTransfer", handle);
        EXPECT_STR("open already", fault_of(site.answer), "GuestOperationsFault");
        EXPECT_INT("the first goes on", site.operations->n_running, 1);
        operations_cancel(site.operations, ID);
        EXPECT_INT("it is given up", site.operations->n_running, 0);

        site.wait = false;
        site.room_step = 1;
        begin(&site, "OpenFileTransfer", handle);
        site_run(&site);
        EXPECT_STR("and opened again", fault_of(site.end), NULL);
        EXPECT_INT("all of it", site.received.size, 5);
        begin(&site, "OpenFileTransfer", other);
        site_run(&site);
        EXPECT_STR("as is the other", fault_of(site.end), NULL);
        site_done(&site);
}

/* a worker that nobody waits for any more */

static void wait_for_end(const void *argument, Arena *arena, Buf *answer)
{
        char byte;

        (void)argument;
        (void)arena;
        (void)answer;
        (void)!read(WORKER_SOCKET, &byte, 1);
}

static void on_late_answer(void *user, int result, pid_t pid, Buf *answer, Usec now)
{
        (void)result;
        (void)pid;
        (void)answer;
        (void)now;
        operation_fail(user);
}

/* An operation that somebody has logged in for. */
static Operation *begin_logged_in(Site *site)
{
        Arena *arena = arena_new((size_t)1 << 20);
        NamePasswordAuthentication *auth = arena_new_object(arena, NamePasswordAuthentication);
        InitiateFileTransferFromGuestRequestType *params =
                arena_new_object(arena, InitiateFileTransferFromGuestRequestType);
        ChannelRequest *request = arena_new_object(arena, ChannelRequest);
        Operation *operation;

        *auth = (NamePasswordAuthentication){
                .base.type = &type_NamePasswordAuthentication,
                .username = (char *)"somebody",
                .password = (char *)"secret",
        };
        *params = (InitiateFileTransferFromGuestRequestType){
                .type = &type_InitiateFileTransferFromGuestRequestType,
                .auth = &auth->base,
                .guest_file_path = (char *)"/",
        };
        *request = (ChannelRequest){
                .type = &type_ChannelRequest,
                .operation = (char *)"InitiateFileTransferFromGuest",
                .request_id = (char *)"1",
                .deadline = (int64_t)(loop_now(site->loop) + PATIENCE_USEC),
                .params = (void *)params,
        };
        operations_begin(site->operations, ID, arena, request, loop_now(site->loop));
        operation = TAILQ_FIRST(&site->operations->running);
        login_cancel(&operation->login);
        operation->who = &self;
        return operation;
}

/* An operation whose worker hangs until the socket that is returned is closed. */
static int begin_hanging(Site *site)
{
        Operation *operation = begin_logged_in(site);
        const WorkerCallbacks callbacks = {.on_answer = on_late_answer, .user = operation};
        WorkerTask task = {.who = &self, .run = wait_for_end, .deadline_usec = PATIENCE_USEC};
        int ours = -1, theirs = -1;

        if (packet_pair(&ours, &theirs) < 0)
                abort();
        task.socket = theirs;
        EXPECT_INT("hanging", operation_start_worker(operation, &task, &callbacks), 0);
        fd_close(theirs);
        return ours;
}

/* The login was one of before, and what is promised now would be good. */
static void test_changed_since_login(void)
{
        static const struct {
                const char *about;
                void (*happen)(Site *site);
                const char *fault;
        } rows[] = {
                {"nothing", nothing, NULL},
                {"another configuration", configure_anew, "GuestOperationsFault"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                FileTransferInformation info = {.url = (char *)""}, *value = &info;
                const void *result = &value;
                Operation *operation;
                Site site;
                int r;

                site_make(&site);
                operation = begin_logged_in(&site);
                rows[i].happen(&site);
                r = initiate_download_finish(operation, &result, loop_now(site.loop));
                EXPECT(rows[i].about, (r < 0) == (rows[i].fault != NULL));
                EXPECT_INT(rows[i].about, strlen(info.url), r < 0 ? 0 : TRANSFER_HANDLE_CHARS);
                EXPECT(rows[i].about, (r < 0) == TAILQ_EMPTY(&site.operations->transfers.list));
                operation_fail(operation);
                site_done(&site);
        }
}

static void test_abandoned(void)
{
        char *handle;
        Site site;
        int fd;

        test_write("file", "hello");
        site_make(&site);
        configure(&site, "[guestoperations]\noperations_max = 1\n");
        handle = promise(&site, false);
        fd = begin_hanging(&site);
        EXPECT_INT("it runs", site.operations->n_running, 1);
        operations_cancel(site.operations, ID);
        operations_cancel_all(site.operations);
        EXPECT_INT("nobody waits for it", site.operations->n_running, 0);
        begin(&site, "OpenFileTransfer", handle);
        site_run(&site);
        EXPECT_STR("another one has its place", fault_of(site.end), NULL);
        EXPECT("another one has its place", site.opened);
        EXPECT("it still hangs", !TAILQ_EMPTY(&site.operations->running));
        fd_close(fd);
        site.opened = NULL;
        site_done(&site);
}

/* Else it is we who close them, and that may block. */
static void test_descriptors(void)
{
        const int passed = STDOUT_FILENO;
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(passed))] = {0};
        char head = PACKET_DATA;
        struct iovec part = {&head, 1};
        struct msghdr message = {
                .msg_iov = &part,
                .msg_iovlen = 1,
                .msg_control = control,
                .msg_controllen = sizeof(control),
        };
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        socklen_t size = sizeof(int);
        int ours = -1, theirs = -1, value;

        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(passed));
        memcpy(CMSG_DATA(rights), &passed, sizeof(passed));
        if (packet_pair(&ours, &theirs) < 0)
                abort();
        if (getsockopt(ours, SOL_SOCKET, PASSRIGHTS, &value, &size) < 0) {
                (void)fprintf(stderr, "this kernel cannot refuse descriptors\n");
        } else {
                EXPECT_INT("with a descriptor", sendmsg(theirs, &message, 0), -1);
                EXPECT_INT("without", packet_send(theirs, PACKET_DATA, NULL, 0), 0);
        }
        fd_close(ours);
        fd_close(theirs);
}

static void test_close(void)
{
        char *handle;
        Site site;

        test_write("file", "hello");
        site_make(&site);
        handle = promise(&site, false);
        begin(&site, "CloseFileTransfer", handle);
        EXPECT("closed", site.answer && !site.answer->fault);
        begin(&site, "CloseFileTransfer", handle);
        EXPECT_STR("only once", fault_of(site.answer), "NotFound");
        begin(&site, "OpenFileTransfer", handle);
        EXPECT_STR("not opened", fault_of(site.answer), "NotFound");
        EXPECT_INT("nothing is left", site.operations->n_running, 0);
        EXPECT("nor promised", TAILQ_EMPTY(&site.operations->transfers.list));
        site_done(&site);
}

/* The host has left the conversation, and says things about ids that are nobody's. */
static void test_stray(void)
{
        char data[8];
        Site site;

        test_write("file", "hello");
        site_make(&site);
        site.wait = true;
        site.room = site.room_step = 0;
        operations_data(site.operations, ID, "x", 1);
        EXPECT_INT("nothing", operations_pull(site.operations, ID, data, sizeof(data)), 0);
        begin(&site, "OpenFileTransfer", promise(&site, false));
        operations_data(site.operations, ID, "x", 1);
        EXPECT_INT("nothing yet", operations_pull(site.operations, ID, data, sizeof(data)), 0);
        site_run(&site);
        operations_data(site.operations, ID, "x", 1);
        operations_data(site.operations, ID, NULL, 0);
        site.room_step = 5;
        site.room = 5;
        site_run(&site);
        EXPECT_STR("none the wiser", fault_of(site.end), NULL);
        EXPECT_INT("all of it", site.received.size, 5);
        site_done(&site);
}

/* The agent ends, whatever is open. */
static void test_agent_ends(void)
{
        for (int to_guest = 0; to_guest < 2; to_guest++) {
                Site site;

                test_write("file", "hello");
                site_make(&site);
                site.wait = true;
                site.room = site.room_step = 0;
                begin(&site, "OpenFileTransfer", promise(&site, to_guest));
                site_run(&site);
                EXPECT("open", site.opened);
                site.watch.on_due = quit;
                site_done(&site);
        }
}

int main(void)
{
        test_directory_make();
        self = (LoginVerdict){.type = &type_LoginVerdict, .uid = getuid(), .gid = getgid()};
        test_before();
        test_while_open();
        test_busy();
        test_abandoned();
        test_changed_since_login();
        test_descriptors();
        test_close();
        test_stray();
        test_agent_ends();
        test_directory_remove();
        return test_end();
}
