/*
 * Workers of transfers that do not do what they should: a worker belongs to the user, and the
 * monitor has to end each of these with a fault. They take the place of the real ones.
 */

#include "agent/test-transfer.h"
#include "agent/transfer-child.h"
#include "agent/transfer-packet.h"
#include "wire/write.h"

#include <signal.h>
#include <sys/socket.h>

static void (*lie)(Buf *answer);

void download_child(const void *argument, Arena *arena, Buf *answer)
{
        (void)argument;
        (void)arena;
        lie(answer);
}

void upload_child(const void *argument, Arena *arena, Buf *answer)
{
        (void)argument;
        (void)arena;
        lie(answer);
}

/* what they say */

static void say_opened(int64_t offset, int64_t size, int64_t length)
{
        const FileTransferOpened opened = {
                .type = &type_FileTransferOpened,
                .version = (char *)"0",
                .offset = offset,
                .size = size,
                .length = length,
        };

        (void)transfer_child_opened(&opened);
}

static void say_done(Buf *answer)
{
        transfer_child_answer(answer, NULL, NULL, 0);
}

static void say_data(const char *data)
{
        (void)!write(WORKER_DATA, data, strlen(data));
}

static void be_honest(Buf *answer)
{
        say_opened(0, 5, 5);
        say_data("hello");
        say_done(answer);
}

static void send_nothing_between(Buf *answer)
{
        say_opened(0, 5, 5);
        say_data("");
        say_data("hel");
        say_data("");
        say_data("lo");
        say_done(answer);
}

static void open_nothing(Buf *answer)
{
        say_done(answer);
}

static void send_before_opening(Buf *answer)
{
        say_data("hello");
        be_honest(answer);
}

static void open_with_rubbish(Buf *answer)
{
        (void)packet_send(WORKER_SOCKET, PACKET_OPENED, "rubbish", 7);
        say_done(answer);
}

static void open_elsewhere(Buf *answer)
{
        say_opened(1, 5, 4);
        say_done(answer);
}

static void open_less_than_nothing(Buf *answer)
{
        say_opened(0, 5, -1);
        say_done(answer);
}

static void open_more_than_there_is(Buf *answer)
{
        say_opened(0, 5, INT64_MAX);
        say_done(answer);
}

static void open_twice(Buf *answer)
{
        say_opened(0, 5, 5);
        be_honest(answer);
}

static void send_more(Buf *answer)
{
        say_opened(0, 5, 4);
        say_data("hello");
        say_done(answer);
}

static void send_less(Buf *answer)
{
        say_opened(0, 5, 5);
        say_data("hell");
        say_done(answer);
}

static void send_too_much_at_once(Buf *answer)
{
        char packet[PACKET_BYTES_MAX + 2] = {PACKET_DATA};

        say_opened(0, LARGE, LARGE);
        (void)send(WORKER_SOCKET, packet, sizeof(packet), MSG_NOSIGNAL);
        say_done(answer);
}

static void end_the_socket_first(Buf *answer)
{
        (void)send(WORKER_SOCKET, NULL, 0, MSG_NOSIGNAL);
        be_honest(answer);
}

static void answer_with_rubbish(Buf *answer)
{
        say_opened(0, 5, 5);
        say_data("hello");
        buf_puts(answer, "rubbish");
}

static void die(Buf *answer)
{
        (void)answer;
        say_opened(0, 5, 5);
        say_data("hello");
        (void)raise(SIGKILL);
}

static void take_all(Buf *answer)
{
        char data[PACKET_BYTES_MAX];
        PacketKind kind = PACKET_OPENED;
        ssize_t n;

        say_opened(0, 0, 0);
        say_data("who asked for that");
        while ((n = packet_receive(WORKER_SOCKET, &kind, data)) >= 0 && kind != PACKET_ALL)
                (void)packet_send(WORKER_SOCKET, PACKET_DONE, data, (size_t)n);
        say_done(answer);
}

/* Once there is something to be done with. */
static void say_count(PacketKind kind, PacketCount more)
{
        char data[PACKET_BYTES_MAX];
        PacketKind told = PACKET_OPENED;
        PacketCount count = 0;

        say_opened(0, 0, 0);
        (void)packet_read_count(data, (size_t)packet_receive(WORKER_SOCKET, &told, data), &count);
        (void)packet_send_count(WORKER_SOCKET, kind, count + more);
}

static void write_more(Buf *answer)
{
        say_count(PACKET_DONE, 1);
        take_all(answer);
}

static void write_unasked(Buf *answer)
{
        say_opened(0, 0, 0);
        (void)packet_send_count(WORKER_SOCKET, PACKET_DONE, UINT32_MAX);
        take_all(answer);
}

static void write_half_a_count(Buf *answer)
{
        say_opened(0, 0, 0);
        (void)packet_send(WORKER_SOCKET, PACKET_DONE, "", 1);
        take_all(answer);
}

static void say_what_the_monitor_says(Buf *answer)
{
        say_count(PACKET_DATA, 0);
        take_all(answer);
}

static void tell_of_a_download(Buf *answer)
{
        say_opened(0, 5, 5);
        (void)packet_send_count(WORKER_SOCKET, PACKET_DONE, 5);
        say_data("hello");
        say_done(answer);
}

static void take_nothing(Buf *answer)
{
        say_opened(0, 0, 0);
        say_done(answer);
}

static void close_and_say_done(Buf *answer)
{
        say_opened(0, 0, 0);
        (void)shutdown(WORKER_SOCKET, SHUT_RDWR);
        say_done(answer);
}

static void promise_bytes(Buf *answer)
{
        say_opened(0, 5, 5);
        take_all(answer);
}

/* and what comes of it */

static void test_lies(void)
{
        static const GuestFileAttributes none = {.type = &type_GuestFileAttributes};
        static const struct {
                const char *about;
                void (*lie)(Buf *answer);
                bool to_guest, opened, honest;
        } rows[] = {
                {"honest", be_honest, false, true, true},
                {"empty packets", send_nothing_between, false, true, true},
                {"not opened", open_nothing, false, false},
                {"data first", send_before_opening, false, true},
                {"opened with rubbish", open_with_rubbish, false, false},
                {"another offset", open_elsewhere, false, false},
                {"a negative length", open_less_than_nothing, false, false},
                {"longer than the file", open_more_than_there_is, false, false},
                {"opened twice", open_twice, false, true},
                {"more than promised", send_more, false, true},
                {"less than promised", send_less, false, true},
                {"more than a packet holds", send_too_much_at_once, false, true},
                {"a count of what comes by itself", tell_of_a_download, false, true},
                {"an end before the beginning", end_the_socket_first, false, false},
                {"an answer of rubbish", answer_with_rubbish, false, true},
                {"dies", die, false, true},
                {"takes all", take_all, true, true, true},
                {"writes more than there is", write_more, true, true},
                {"writes before there is anything", write_unasked, true, true},
                {"says half a number", write_half_a_count, true, true},
                {"says what it is told", say_what_the_monitor_says, true, true},
                {"takes nothing", take_nothing, true, true},
                {"hangs up", close_and_say_done, true, true},
                {"not opened, to the guest", open_nothing, true, false},
                {"bytes to the guest", promise_bytes, true, false},
        };
        const LoginVerdict self = {.type = &type_LoginVerdict, .uid = getuid(), .gid = getgid()};
        _cleanup_(freep) char *data = calloc(1, LARGE);

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const TransferTerms terms = {
                        .to_guest = rows[i].to_guest,
                        .path = "/nowhere",
                        .attributes = rows[i].to_guest ? &none : NULL,
                        .who = &self,
                        .user = "somebody",
                };
                const ChannelAnswer *last;
                Site site;

                lie = rows[i].lie;
                site_make(&site);
                site.data = rows[i].to_guest ? data : NULL;
                site.size = LARGE;
                site_begin(&site, "OpenFileTransfer", site_promise(&site, &terms), (WireLong){0},
                           (WireLong){0});
                site_run(&site);
                last = site.end ? site.end : site.answer;
                /* An answer may be read before what was sent ahead of it. */
                EXPECT(rows[i].about, !site.opened || rows[i].opened);
                EXPECT(rows[i].about, site.opened || !rows[i].honest);
                EXPECT_STR(rows[i].about, fault_of(last),
                           rows[i].honest ? NULL : "GuestOperationsFault");
                EXPECT_INT(rows[i].about, site.operations->n_running, 0);
                site_done(&site);
        }
}

int main(void)
{
        test_lies();
        return test_end();
}
