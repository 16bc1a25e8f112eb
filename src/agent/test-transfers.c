/* The table of transfers: which handles are good, for whom, how many, and until when. */

#include "agent/transfers.h"
#include "base/test.h"
#include "schema/tables.h"

#define HERE      "11111111-1111-1111-1111-111111111111"
#define ELSEWHERE "22222222-2222-2222-2222-222222222222"
#define NOW       (1000 * USEC_PER_SEC)

static const TransferLimits many = {.max = 8, .per_user_max = 8};

static const TicketPlace here = {.vm = HERE, .generation = 7, .now = NOW};

static const Transfer *add(Transfers *transfers, int64_t uid, const TicketPlace *place)
{
        const LoginVerdict who = {.type = &type_LoginVerdict, .name = (char *)"demo", .uid = uid};
        const TransferTerms terms = {.path = "/tmp/a", .who = &who, .user = "demo"};
        const Transfer *transfer = NULL;

        EXPECT_INT("add", transfers_add(transfers, &terms, &many, place, &transfer), 0);
        return transfer;
}

static void test_good(void)
{
        static const struct {
                const char *about;
                TicketPlace place;
                bool good, outdated;
        } rows[] = {
                {"at once", {HERE, 7, NOW}, true},
                {"the last moment", {HERE, 7, NOW + TRANSFER_USEC - 1}, true},
                {"a moment later", {HERE, 7, NOW + TRANSFER_USEC}, false},
                {"another machine", {ELSEWHERE, 7, NOW}, false},
                {"passwords have changed", {HERE, 8, NOW}, true, true},
        };
        Transfers transfers;
        const Transfer *transfer;

        transfers_init(&transfers);
        transfer = add(&transfers, 1000, &here);
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const Transfer *found =
                        transfers_find(&transfers, transfer->handle, &rows[i].place);

                EXPECT(rows[i].about, (found == transfer) == rows[i].good);
                EXPECT(rows[i].about,
                       transfer_is_current(transfer, &rows[i].place) == !rows[i].outdated);
        }
        EXPECT("here again", transfers_find(&transfers, transfer->handle, &here) == transfer);
        transfers_done(&transfers);
}

static void test_handles(void)
{
        static const char *const bad[] = {
                "",
                "0",
                "00000000000000000000000000000000",
                "0000000000000000000000000000000000000000000000000000000000000000",
        };
        const Transfer *first, *second;
        Transfers transfers;
        char longer[TRANSFER_HANDLE_CHARS + 2];

        transfers_init(&transfers);
        first = add(&transfers, 1000, &here);
        second = add(&transfers, 1000, &here);
        EXPECT_INT("its length", strlen(first->handle), TRANSFER_HANDLE_CHARS);
        EXPECT_INT("hex digits", strspn(first->handle, "0123456789abcdef"), TRANSFER_HANDLE_CHARS);
        EXPECT("one each", strcmp(first->handle, second->handle) != 0);
        EXPECT("the first", transfers_find(&transfers, first->handle, &here) == first);
        EXPECT("the second", transfers_find(&transfers, second->handle, &here) == second);
        for (size_t i = 0; i < ELEMENTS(bad); i++)
                EXPECT(bad[i], !transfers_find(&transfers, bad[i], &here));
        (void)snprintf(longer, sizeof(longer), "%s0", first->handle);
        EXPECT("more behind it", !transfers_find(&transfers, longer, &here));
        transfers_done(&transfers);
}

static void test_terms(void)
{
        const GuestPosixFileAttributes attributes = {
                .base.type = &type_GuestPosixFileAttributes,
                .permissions = {.set = true, .value = 0640},
        };
        char path[] = "/tmp/a", user[] = "Demo", name[] = "demo";
        const LoginVerdict who = {.type = &type_LoginVerdict, .name = name, .uid = 1000, .gid = 7};
        const TransferTerms terms = {
                .to_guest = true,
                .overwrite = true,
                .path = path,
                .attributes = &attributes.base,
                .who = &who,
                .user = user,
        };
        const GuestPosixFileAttributes *copy;
        const Transfer *transfer = NULL;
        Transfers transfers;

        transfers_init(&transfers);
        EXPECT_INT("add", transfers_add(&transfers, &terms, &many, &here, &transfer), 0);
        path[0] = user[0] = name[0] = '?';
        EXPECT_STR("path", transfer->terms.path, "/tmp/a");
        EXPECT_STR("user", transfer->terms.user, "Demo");
        EXPECT_STR("name", transfer->terms.who->name, "demo");
        EXPECT_INT("uid", transfer->terms.who->uid, 1000);
        EXPECT_INT("gid", transfer->terms.who->gid, 7);
        EXPECT("flags", transfer->terms.to_guest && transfer->terms.overwrite);
        copy = (const void *)transfer->terms.attributes;
        EXPECT("attributes",
               copy && copy != &attributes && copy->base.type == &type_GuestPosixFileAttributes);
        EXPECT_INT("permissions", copy->permissions.value, 0640);
        transfers_done(&transfers);
}

static void test_limits(void)
{
        static const struct {
                const char *about;
                int64_t uids[4]; /* 0: no more */
                TransferLimits limits;
                int results[4];
        } rows[] = {
                {"in total", {1, 2, 3}, {2, 8}, {0, 0, -EUSERS}},
                {"of a user", {1, 1, 1, 2}, {8, 2}, {0, 0, -EUSERS, 0}},
                {"both", {1, 1, 2, 3}, {2, 1}, {0, -EUSERS, 0, -EUSERS}},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                Transfers transfers;

                transfers_init(&transfers);
                for (size_t k = 0; k < ELEMENTS(rows[i].uids) && rows[i].uids[k]; k++) {
                        const LoginVerdict who = {.type = &type_LoginVerdict,
                                                  .uid = rows[i].uids[k]};
                        const TransferTerms terms = {.path = "/a", .who = &who, .user = "a"};
                        const Transfer *transfer = NULL;

                        EXPECT_INT(rows[i].about,
                                   transfers_add(&transfers, &terms, &rows[i].limits, &here,
                                                 &transfer),
                                   rows[i].results[k]);
                }
                transfers_done(&transfers);
        }
}

/* What is good no more makes room; what is good elsewhere may be wanted there again. */
static void test_room(void)
{
        static const struct {
                const char *about;
                TicketPlace place;
                int result;
        } rows[] = {
                {"none", {HERE, 7, NOW}, -EUSERS},
                {"expired", {HERE, 7, NOW + TRANSFER_USEC}, 0},
                {"of before", {HERE, 8, NOW}, 0},
                {"of another machine", {ELSEWHERE, 7, NOW}, -EUSERS},
        };
        static const LoginVerdict who = {.type = &type_LoginVerdict, .uid = 1000};
        static const TransferTerms terms = {.path = "/a", .who = &who, .user = "a"};
        static const TransferLimits one = {.max = 1, .per_user_max = 1};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const Transfer *transfer = NULL;
                Transfers transfers;

                transfers_init(&transfers);
                (void)add(&transfers, 1000, &here);
                EXPECT_INT(rows[i].about,
                           transfers_add(&transfers, &terms, &one, &rows[i].place, &transfer),
                           rows[i].result);
                transfers_done(&transfers);
        }
}

static void test_ended(void)
{
        static const struct {
                const char *about;
                bool busy;
                bool by_time;
        } rows[] = {
                {"closed", false, false},
                {"closed while it is open", true, false},
                {"expired", false, true},
                {"expired while it is open", true, true},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                char handle[TRANSFER_HANDLE_CHARS + 1];
                Transfers transfers;
                Transfer *transfer;

                transfers_init(&transfers);
                (void)snprintf(handle, sizeof(handle), "%s", add(&transfers, 1, &here)->handle);
                transfer = transfers_find(&transfers, handle, &here);
                transfer->busy = rows[i].busy;
                if (rows[i].by_time)
                        transfers_reap(&transfers, NOW + TRANSFER_USEC);
                else
                        transfers_end(&transfers, transfer);
                EXPECT(rows[i].about, !transfers_find(&transfers, handle, &here));
                EXPECT(rows[i].about, TAILQ_EMPTY(&transfers.list) != rows[i].busy);
                EXPECT(rows[i].about, transfers_next_reap(&transfers) == USEC_NEVER);
                if (rows[i].busy)
                        transfers_release(&transfers, transfer);
                EXPECT(rows[i].about, TAILQ_EMPTY(&transfers.list));
        }
}

static void test_reap(void)
{
        const TicketPlace later = {HERE, 7, NOW + USEC_PER_SEC};
        const Transfer *second;
        Transfers transfers;

        transfers_init(&transfers);
        EXPECT("none", transfers_next_reap(&transfers) == USEC_NEVER);
        (void)add(&transfers, 1, &here);
        second = add(&transfers, 1, &later);
        EXPECT_INT("the first", transfers_next_reap(&transfers), NOW + TRANSFER_USEC);
        transfers_reap(&transfers, NOW + TRANSFER_USEC - 1);
        EXPECT_INT("too early", transfers_next_reap(&transfers), NOW + TRANSFER_USEC);
        transfers_reap(&transfers, NOW + TRANSFER_USEC);
        EXPECT_INT("the second", transfers_next_reap(&transfers), later.now + TRANSFER_USEC);
        EXPECT("is the only one", TAILQ_FIRST(&transfers.list) == second);
        transfers_done(&transfers);
}

/* Open, broken off, open again. */
static void test_release(void)
{
        Transfers transfers;
        Transfer *transfer;

        transfers_init(&transfers);
        transfer = transfers_find(&transfers, add(&transfers, 1, &here)->handle, &here);
        transfer->busy = true;
        transfers_release(&transfers, transfer);
        EXPECT("it is good", transfers_find(&transfers, transfer->handle, &here) == transfer);
        EXPECT("and free", !transfer->busy);
        transfers_done(&transfers);
}

int main(void)
{
        test_good();
        test_handles();
        test_terms();
        test_limits();
        test_room();
        test_ended();
        test_reap();
        test_release();
        return test_end();
}
