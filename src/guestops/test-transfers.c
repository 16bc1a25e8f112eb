/* The URLs of transfers: who finds them, for how long, how many there may be, what ends them. */

#include "base/clock.h"
#include "base/test.h"
#include "guestops/guest-private.h"
#include "guestops/transfers.h"
#include "schema/tables.h"

#define NAME       "0123456789abcdef0123456789abcdef"
#define MINUTE     (60 * USEC_PER_SEC)
#define ARENA_MAX  ((size_t)64 << 10)
#define INSTANCE_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define INSTANCE_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

typedef struct Site {
        Loop *loop;
        LoopTimer quit;
        Transfers *transfers;
        GuestShared shared; /* takes no request: what the agent is told is for other tests */
        Guest guest;
        VmSource source;
        Vm a, b;
        Arena *arena;
        Fault fault; /* of the last call */
        char url[256], id[TRANSFER_ID_LETTERS + 1], token[TRANSFER_TOKEN_LETTERS + 1];
} Site;

static void site_init(Site *site, size_t max, size_t max_per_user, size_t max_per_vm)
{
        const TransferLimits limits = {max, max_per_user, max_per_vm};

        *site = (Site){
                .a = {.entity = {.moid = (char *)"vm-a", .name = (char *)"a"},
                      .state = {.power = VM_POWERED_ON, .runs = true}},
                .b = {.entity = {.moid = (char *)"vm-b", .name = (char *)"b"}},
                .guest = {.shared = &site->shared, .state = GUEST_READY, .instance = INSTANCE_A},
                .arena = arena_new(ARENA_MAX),
        };
        site->a.source = site->b.source = &site->source;
        site->guest.vm = &site->a;
        site->a.guest = &site->guest;
        if (!site->arena || loop_new(&site->loop) < 0)
                abort();
        site->transfers = transfers_new(site->loop, &limits, MINUTE);
        if (!site->transfers)
                abort();
}

static void site_done(Site *site)
{
        transfers_free(site->transfers);
        loop_free(site->loop);
        arena_free(site->arena);
}

/* Return: of transfer_add(); the parts of the URL are in @site. */
static int add_as(Site *site, const char *user, const char *method, Vm *vm, const char *name,
                  Usec now)
{
        Session session = {.user = (char *)user};
        char *url = NULL;
        Call call = {
                .arena = site->arena,
                .request_id = "00112233445566",
                .authority = "host.example:8697",
                .session = &session,
                .method = method_find_guest(method),
                .guest_user = "demo",
                .target = "/tmp/file",
        };
        int r = transfer_add(site->transfers, &call, vm, name, now, &url);

        site->fault = call.fault;
        if (r < 0)
                return r;
        (void)snprintf(site->url, sizeof(site->url), "%s", url);
        if (sscanf(url, "https://host.example:8697/guestFile?id=%16[a-z]&token=%32[a-z]", site->id,
                   site->token) != 2)
                abort();
        return r;
}

static int add(Site *site, Vm *vm, Usec now)
{
        return add_as(site, "alice", "InitiateFileTransferFromGuest", vm, NAME, now);
}

static Transfer *find(Site *site, Usec now)
{
        return transfer_find(site->transfers, site->id, site->token, now);
}

static Transfer *add_and_find(Site *site, Vm *vm, Usec now)
{
        Transfer *transfer;

        EXPECT_INT("add", add(site, vm, now), 0);
        transfer = find(site, now);
        if (!transfer)
                abort();
        return transfer;
}

static void test_urls(void)
{
        _cleanup_(site_done) Site site;
        const Transfer *transfer;
        char first[256];

        site_init(&site, 10, 10, 10);
        transfer = add_and_find(&site, &site.a, 1);
        EXPECT_INT("as long as it says", strlen(site.url),
                   strlen("https://host.example:8697/guestFile?id=&token=") + TRANSFER_ID_LETTERS +
                           TRANSFER_TOKEN_LETTERS);
        EXPECT("a download", !transfer->upload && !transfer->busy);
        EXPECT_STR("name", transfer->name, NAME);
        EXPECT_STR("initiation", transfer->initiation, "00112233445566");
        EXPECT_STR("user", transfer->user, "alice");
        EXPECT_STR("guest user", transfer->guest_user, "demo");
        EXPECT_STR("path", transfer->path, "/tmp/file");
        EXPECT_STR("moid", transfer->moid, "vm-a");
        EXPECT_STR("machine", transfer->vm_name, "a");
        EXPECT("guest", transfer_guest(transfer) == &site.guest);

        memcpy(first, site.url, sizeof(first));
        EXPECT_INT("an upload",
                   add_as(&site, "bob", "InitiateFileTransferToGuest", &site.b, NAME, 1), 0);
        transfer = find(&site, 1);
        EXPECT("another one", transfer && transfer->upload && strcmp(first, site.url) != 0);
}

static void test_names(void)
{
        static const struct {
                const char *about, *name;
        } rows[] = {
                {"none", NULL},
                {"empty", ""},
                {"too short", "0123456789abcdef0123456789abcde"},
                {"too long", NAME "0"},
                {"capitals", "0123456789ABCDEF0123456789ABCDEF"},
                {"no hex", "0123456789abcdef0123456789abcdeg"},
                {"a URL", "https://192.0.2.1/guestFile?id=1"},
        };
        _cleanup_(site_done) Site site;

        site_init(&site, 10, 10, 10);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                EXPECT(rows[i].about, add_as(&site, "alice", "InitiateFileTransferToGuest", &site.a,
                                             rows[i].name, 1) < 0);
                EXPECT(rows[i].about,
                       site.fault.detail && site.fault.detail->type == &type_GuestOperationsFault);
        }
}

static void test_secrets(void)
{
        _cleanup_(site_done) Site site;
        char token[TRANSFER_TOKEN_LETTERS + 2];

        site_init(&site, 10, 10, 10);
        (void)add_and_find(&site, &site.a, 1);
        memcpy(token, site.token, sizeof(site.token));
        EXPECT("right", transfer_find(site.transfers, site.id, token, 1));
        EXPECT("no id", !transfer_find(site.transfers, NULL, token, 1));
        EXPECT("no token", !transfer_find(site.transfers, site.id, NULL, 1));
        EXPECT("an empty token", !transfer_find(site.transfers, site.id, "", 1));
        EXPECT("another id", !transfer_find(site.transfers, "x", token, 1));
        token[TRANSFER_TOKEN_LETTERS] = 'a';
        token[TRANSFER_TOKEN_LETTERS + 1] = '\0';
        EXPECT("a longer token", !transfer_find(site.transfers, site.id, token, 1));
        token[TRANSFER_TOKEN_LETTERS - 1] = '\0';
        EXPECT("a shorter token", !transfer_find(site.transfers, site.id, token, 1));
        for (size_t i = 0; i < TRANSFER_TOKEN_LETTERS; i++) {
                memcpy(token, site.token, sizeof(site.token));
                token[i] = token[i] == 'z' ? 'a' : (char)(token[i] + 1);
                EXPECT("a wrong letter", !transfer_find(site.transfers, site.id, token, 1));
        }
}

static void test_time(void)
{
        static const struct {
                const char *about;
                Usec begun, ended, asked; /* begun 0: never used */
                bool done, found;
        } rows[] = {
                {"new", 0, 0, 1 * MINUTE, false, true},
                {"the last of ten minutes", 0, 0, 11 * MINUTE - 1, false, true},
                {"ten minutes", 0, 0, 11 * MINUTE, false, false},
                {"used", 2 * MINUTE, 3 * MINUTE, 3 * MINUTE, true, false},
                {"tried", 2 * MINUTE, 3 * MINUTE, 3 * MINUTE, false, true},
                {"tried, and too old", 2 * MINUTE, 3 * MINUTE, 11 * MINUTE, false, false},
                {"tried for too long", 2 * MINUTE, 11 * MINUTE, 11 * MINUTE, false, false},
                {"used for long", 2 * MINUTE, 30 * MINUTE, 30 * MINUTE, true, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(site_done) Site site;
                Transfer *transfer;

                site_init(&site, 10, 10, 10);
                transfer = add_and_find(&site, &site.a, 1 * MINUTE);
                if (rows[i].begun) {
                        transfer_begin(transfer);
                        EXPECT(rows[i].about, find(&site, rows[i].begun) == transfer);
                        EXPECT(rows[i].about, transfer->busy);
                        transfer_end(transfer, rows[i].done, rows[i].ended);
                }
                transfer = find(&site, rows[i].asked);
                EXPECT(rows[i].about, (transfer != NULL) == rows[i].found);
                EXPECT(rows[i].about, !transfer || !transfer->busy);
        }
}

/* Of three that were made long ago, one is in use: that one stays. */
static void test_sweep(void)
{
        _cleanup_(site_done) Site site;
        Transfer *busy;

        site_init(&site, 3, 10, 10);
        (void)add_and_find(&site, &site.a, 1);
        busy = add_and_find(&site, &site.a, 2);
        transfer_begin(busy);
        (void)add_and_find(&site, &site.a, 3);
        EXPECT("no room", add(&site, &site.a, 4) < 0);
        EXPECT_INT("room again", add(&site, &site.a, 11 * MINUTE), 0);
        EXPECT_INT("and again", add(&site, &site.a, 11 * MINUTE), 0);
        EXPECT("the one in use counts", add(&site, &site.a, 11 * MINUTE) < 0);
        transfer_end(busy, false, 11 * MINUTE);
        EXPECT_INT("it is over now", add(&site, &site.a, 11 * MINUTE), 0);
}

static int on_quit(LoopTimer *timer, Usec now)
{
        (void)now;
        loop_quit(container_of(timer, Site, quit)->loop);
        return 0;
}

/* What nobody ever asks for again does not stay. */
static void test_timer(void)
{
        Usec made = clock_boottime() - TRANSFER_USEC;
        _cleanup_(site_done) Site site;
        Transfer *busy;

        site_init(&site, 10, 10, 10);
        site.quit.on_due = on_quit;
        busy = add_and_find(&site, &site.a, made - 2);
        transfer_begin(busy);
        (void)add_and_find(&site, &site.a, made - 1);
        EXPECT_INT("quit", loop_timer_set(site.loop, &site.quit, made + TRANSFER_USEC), 0);
        EXPECT_INT("run", loop_run(site.loop), 0);
        EXPECT("gone, not only over", !find(&site, made));
        EXPECT("in use", transfer_find(site.transfers, busy->id, busy->token, made) == busy);
}

static void test_limits(void)
{
        static const struct {
                const char *about;
                size_t max, max_per_user, max_per_vm;
                int alice_a, bob_a, alice_b; /* how many fit, one after the other */
                const char *text;            /* of the fault of alice's next on a */
        } rows[] = {
                {"in total", 2, 9, 9, 2, 0, 0, "this service"},
                {"of a user", 9, 2, 9, 2, 2, 0, "this user"},
                {"of a machine", 9, 9, 2, 2, 0, 2, "this machine"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(site_done) Site site;
                int alice_a = 0, bob_a = 0, alice_b = 0;
                const char *from = "InitiateFileTransferFromGuest";

                site_init(&site, rows[i].max, rows[i].max_per_user, rows[i].max_per_vm);
                while (add_as(&site, "alice", from, &site.a, NAME, 1) >= 0)
                        alice_a++;
                EXPECT(rows[i].about,
                       site.fault.message && strstr(site.fault.message, rows[i].text) &&
                               site.fault.detail->type == &type_GuestOperationsFault);
                while (add_as(&site, "bob", from, &site.a, NAME, 1) >= 0)
                        bob_a++;
                while (add_as(&site, "alice", from, &site.b, NAME, 1) >= 0)
                        alice_b++;
                EXPECT_INT(rows[i].about, alice_a, rows[i].alice_a);
                EXPECT_INT(rows[i].about, bob_a, rows[i].bob_a);
                EXPECT_INT(rows[i].about, alice_b, rows[i].alice_b);
        }
}

static void test_machine(void)
{
        _cleanup_(site_done) Site site;
        Transfer *busy;

        site_init(&site, 10, 10, 2);
        busy = add_and_find(&site, &site.a, 1);
        transfer_begin(busy);
        (void)add_and_find(&site, &site.a, 1);
        transfers_end_vm(site.transfers, &site.b);
        EXPECT("another machine's end", find(&site, 1));
        transfers_end_vm(site.transfers, &site.a);
        EXPECT("its machine's end", !find(&site, 1));
        EXPECT("one in use is over, too", !transfer_find(site.transfers, busy->id, busy->token, 1));
        EXPECT("and leads nowhere", !transfer_guest(busy));
        EXPECT_STR("but has its name still", busy->vm_name, "a");
        (void)add_and_find(&site, &site.a, 1);
        (void)add_and_find(&site, &site.a, 1);
        transfer_end(busy, false, 1);
        EXPECT("those of before count no more", add(&site, &site.a, 1) < 0);
}

static void test_agent(void)
{
        _cleanup_(site_done) Site site;
        Transfer *transfer;

        site_init(&site, 10, 10, 1);
        transfer = add_and_find(&site, &site.a, 1);
        EXPECT("its agent", !transfer_is_stale(transfer));
        site.guest.state = GUEST_GREETING;
        memcpy(site.guest.instance, INSTANCE_B, sizeof(INSTANCE_B));
        EXPECT("nobody there", find(&site, 1) && !transfer_is_stale(transfer));
        site.guest.state = GUEST_READY;
        EXPECT("another agent", !find(&site, 1) && transfer_is_stale(transfer));
        EXPECT_INT("does not count any more", add(&site, &site.a, 1), 0);
        EXPECT("is found", find(&site, 1));
}

int main(void)
{
        test_urls();
        test_names();
        test_secrets();
        test_time();
        test_sweep();
        test_timer();
        test_limits();
        test_machine();
        test_agent();
        return test_end();
}
