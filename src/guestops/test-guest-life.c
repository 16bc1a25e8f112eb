/*
 * How the host's end of a channel connects, and how it finds out that an agent is silent. Time is
 * what the test says.
 */

#include "channel/link-private.h"
#include "guestops/guest-private.h"
#include "schema/tables.h"
#include "wire/write.h"

#include "base/test.h"

#include <signal.h>
#include <sys/socket.h>

#define SECOND USEC_PER_SEC

typedef struct Site {
        Loop *loop;
        Changes changes;
        VmSource source;
        GuestShared shared;
        Vm vm;
        Guest *guest;
        Usec now;
        int error; /* of opening the channel; 0: it opens */
        bool told; /* when there is one to be opened */
        int peer;
        size_t n_tries;
} Site;

static void site_channel(Provider *provider, const char *uuid, Usec now)
{
        Site *site = (Site *)(void *)provider;
        int fds[2] = {-1, -1};

        (void)uuid;
        site->n_tries++;
        if (!site->error &&
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
                abort();
        fd_close(site->peer);
        site->peer = fds[1];
        guest_channel_opened(site->guest, fds[0],
                             &(ProviderResult){.error = site->error, .told = site->told}, now);
}

static const ProviderType site_provider = {.name = "test", .channel = site_channel};

static void site_open(Site *site, int error)
{
        *site = (Site){.error = error, .peer = -1};
        if (loop_new(&site->loop) < 0)
                abort();
        changes_init(&site->changes, site->loop);
        site->now = loop_now(site->loop);
        site->shared.config = GUEST_CONFIG_DEFAULT;
        site->source = (VmSource){.type = &site_provider, .provider = (Provider *)(void *)site};
        site->vm = (Vm){
                .entity = {.name = (char *)"demo", .changes = &site->changes},
                .uuid = (char *)"u",
                .state = {.power = VM_POWERED_ON, .runs = true},
                .source = &site->source,
        };
        site->guest = guest_new(site->loop, &site->shared, &site->vm);
        guest_vm_changed(site->guest, site->now);
}

static void site_done(Site *site)
{
        guest_free(site->guest, site->now);
        changes_done(&site->changes);
        fd_close(site->peer);
        loop_free(site->loop);
}

/* The next thing that the guest waits for: it comes. Return: how long it has waited. */
static Usec come(Site *site)
{
        LoopTimer *timer = &site->guest->timer;
        Usec before = site->now;

        EXPECT("it waits", timer->loop != NULL);
        if (!timer->loop)
                abort();
        if (timer->due > site->now)
                site->now = timer->due;
        loop_timer_clear(timer);
        EXPECT_INT("due", timer->on_due(timer, site->now), 0);
        return site->now - before;
}

static void say(Site *site, FrameKind kind, const void *object)
{
        Buf payload = {0};

        tlv_write(&payload, object);
        guest_heard(site->guest, kind, site->guest->nonce, 0, payload.data, payload.size,
                    site->now);
        buf_done(&payload);
}

static void welcome(Site *site)
{
        const AgentHello hello = {
                .type = &type_AgentHello,
                .protocol = 1,
                .version = (char *)"1",
                .instance = (char *)"0123456789abcdef0123456789abcdef",
                .boot_id = (char *)"b",
                .clock = (int64_t)site->now,
        };

        say(site, FRAME_WELCOME, &hello);
        EXPECT_INT("ready", site->guest->state, GUEST_READY);
}

static void pong(Site *site)
{
        say(site, FRAME_PONG, &(AgentClock){&type_AgentClock, (int64_t)site->now});
}

/* connecting */

static void test_nobody_there(void)
{
        Usec waited, wait = BACKOFF_FIRST_USEC;
        Site site;

        site_open(&site, -ENOENT);
        EXPECT_INT("tried at once", site.n_tries, 1);
        for (size_t i = 2; i < 10; i++) {
                EXPECT_INT("nobody tells", come(&site), SECOND);
                EXPECT_INT("tried", site.n_tries, i);
        }
        site.told = true;
        (void)come(&site);
        site.n_tries = 1;
        for (size_t i = 2; i < 20; i++) {
                waited = come(&site);
                EXPECT("not sooner", waited >= wait);
                EXPECT("not much later", waited <= wait + LOOP_SLACK_USEC);
                EXPECT_INT("tried", site.n_tries, i);
                wait = 2 * wait < BACKOFF_LAST_USEC ? 2 * wait : BACKOFF_LAST_USEC;
        }

        /* It is told when there is something; that may be a moment too early. */
        guest_channel_there(site.guest, site.now);
        EXPECT_INT("told", site.n_tries, 20);
        EXPECT("again soon", come(&site) <= BACKOFF_FIRST_USEC);
        site.error = 0;
        (void)come(&site);
        EXPECT_INT("connected", site.guest->state, GUEST_GREETING);
        guest_channel_there(site.guest, site.now);
        EXPECT_INT("no other one", site.n_tries, 22);
        site_done(&site);
}

static void test_lost(void)
{
        static const struct {
                const char *what;
                Usec lived, wait;
        } rows[] = {
                {"at once", 0, SECOND},
                {"soon", SECOND / 4, SECOND - SECOND / 4},
                {"after a while", SECOND, 0},
                {"late", 1000 * SECOND, 0},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Site site;

                site_open(&site, 0);
                site.now += rows[i].lived;
                site.peer = fd_close(site.peer);
                site.guest->link->callbacks.on_lost(site.guest, "gone", site.now);
                EXPECT_INT(rows[i].what, site.guest->state, GUEST_APART);
                if (rows[i].wait > 0)
                        guest_channel_there(site.guest, site.now);
                EXPECT_INT("not hurried", site.n_tries, 1);
                EXPECT_INT(rows[i].what, come(&site), rows[i].wait);
                EXPECT_INT("tried", site.n_tries, 2);
                EXPECT_INT("connected", site.guest->state, GUEST_GREETING);
                site_done(&site);
        }
}

/* A machine that does not run has nobody to connect to. */
static void test_stopped(void)
{
        Site site;

        site_open(&site, -ECONNREFUSED);
        site.vm.state.runs = false;
        guest_vm_changed(site.guest, site.now);
        guest_channel_there(site.guest, site.now);
        EXPECT_INT("not tried", site.n_tries, 1);
        site.vm.state.runs = true;
        guest_vm_changed(site.guest, site.now);
        EXPECT_INT("tried", site.n_tries, 2);
        site_done(&site);
}

/* heartbeats */

static void test_beats(void)
{
        const Usec wait = GUEST_CONFIG_DEFAULT.heartbeat;
        Site site;

        site_open(&site, 0);
        welcome(&site);
        EXPECT_INT("counted", site.shared.n_ready, 1);
        for (size_t i = 0; i < 20; i++) {
                Usec waited = come(&site);

                EXPECT("in time", waited >= wait && waited <= wait + LOOP_SLACK_USEC);
                EXPECT_INT("lives", site.guest->state, GUEST_READY);
                pong(&site);
        }
        for (size_t i = 0; i < 3; i++) {
                EXPECT_INT("not silent yet", site.guest->state, GUEST_READY);
                (void)come(&site);
        }
        EXPECT_INT("silent", site.guest->state, GUEST_GREETING);
        EXPECT_INT("not counted", site.shared.n_ready, 0);
        welcome(&site);
        EXPECT_INT("counted again", site.shared.n_ready, 1);
        guest_reset(site.guest, site.now);
        EXPECT_INT("not counted", site.shared.n_ready, 0);
        site_done(&site);
}

/* With so many agents each is asked less often: it must not be taken for silent for that. */
static void test_crowd(void)
{
        const Usec wait = 10000 * SECOND / GUEST_CONFIG_DEFAULT.pings_max;
        Usec sum = 0, silent;
        Site site;

        site_open(&site, 0);
        site.shared.n_ready = 9999;
        welcome(&site);
        for (size_t i = 0; i < 100; i++) {
                Usec waited = come(&site);

                EXPECT("about", waited >= wait / 2 && waited <= wait * 3 / 2 + LOOP_SLACK_USEC);
                EXPECT_INT("lives", site.guest->state, GUEST_READY);
                pong(&site);
                site.now++;
                sum += waited;
        }
        EXPECT("on average", sum > 80 * wait && sum < 120 * wait);

        silent = site.now;
        while (site.guest->state == GUEST_READY)
                (void)come(&site);
        EXPECT("found out", site.now - silent <= 3 * (wait + LOOP_SLACK_USEC));
        site_done(&site);
}

static void on_answer(GuestRequest *request, const ChannelAnswer *answer, Usec now)
{
        (void)now;
        EXPECT("no answer", !answer);
        EXPECT("why", request->fault->detail != NULL);
}

/* Somebody waits for this one. */
static void test_hasten(void)
{
        const ReleaseCredentialsInGuestRequestType params = {
                .type = &type_ReleaseCredentialsInGuestRequestType,
                .vm = {"VirtualMachine", "vm-u"},
                .auth = &(GuestAuthentication){&type_GuestAuthentication, false},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(1 << 20);
        const Method *method = method_find_guest("ReleaseCredentialsInGuest");
        Fault fault = {0};
        GuestRequest request = {.on_answer = on_answer, .arena = arena, .fault = &fault};
        char *operation = (char *)method->name;
        Usec begin;
        Site site;

        site_open(&site, 0);
        site.shared.n_ready = 99999;
        welcome(&site);
        site.guest->hello->operations = (WireStrings){&operation, 1};
        (void)come(&site);
        pong(&site);
        site.now += 10 * SECOND;
        begin = site.now;
        EXPECT_INT("asked",
                   guest_request(site.guest, &request, method, &params, "r",
                                 site.now + 3600 * SECOND, site.now),
                   0);
        while (site.guest->state == GUEST_READY)
                (void)come(&site);
        EXPECT("as soon as with few", site.now - begin <= 16 * SECOND);
        EXPECT("told", fault.detail != NULL);
        site_done(&site);
}

int main(void)
{
        (void)signal(SIGPIPE, SIG_IGN);
        test_nobody_there();
        test_lost();
        test_stopped();
        test_beats();
        test_crowd();
        test_hasten();
        return test_end();
}
