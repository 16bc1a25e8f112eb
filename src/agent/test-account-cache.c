/* Account cache: for how long, for whom, and what ends it. */

#include "agent/account-cache.h"
#include "base/test.h"
#include "schema/tables.h"
#include "wire/write.h"

#include <stdio.h>

#define START      ((Usec)5000)
#define GENERATION 7

static void put(AccountCache *cache, const char *user, int64_t uid, size_t n_groups, Usec now)
{
        _cleanup_(freep) int64_t *groups = calloc(n_groups + 1, sizeof(*groups));
        const LoginVerdict verdict = {
                .type = &type_LoginVerdict,
                .name = (char *)user,
                .uid = uid,
                .groups = {.items = groups, .n = n_groups},
        };
        _cleanup_(buf_done) Buf packet = {.max = (size_t)1 << 20};

        tlv_write(&packet, &verdict);
        account_cache_put(cache, user, packet.data, packet.size, GENERATION, now);
}

/* Return: the uid that is remembered, or -1. */
static int64_t get(AccountCache *cache, const char *user, uint64_t generation, Usec now)
{
        _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 20);
        const LoginVerdict *verdict = NULL;

        if (!account_cache_get(cache, user, generation, now, arena, &verdict))
                return -1;
        return strcmp(verdict->name, user) == 0 ? verdict->uid : -2;
}

static void test_ask(void)
{
        static const struct {
                const char *about, *user;
                uint64_t generation;
                size_t n_groups;
                Usec asked;
                int64_t uid;
        } rows[] = {
                {"at once", "alice", GENERATION, 3, START, 1000},
                {"the last microsecond", "alice", GENERATION, 3, START + ACCOUNT_KEEP - 1, 1000},
                {"expired", "alice", GENERATION, 3, START + ACCOUNT_KEEP, -1},
                {"the guest's accounts have changed", "alice", GENERATION + 1, 3, START, -1},
                {"another user", "bob", GENERATION, 3, START, -1},
                {"the name in capitals", "ALICE", GENERATION, 3, START, -1},
                {"in hundreds of groups", "alice", GENERATION, 500, START, 1000},
                {"in too many", "alice", GENERATION, 60000, START, -1},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(account_cache_freep) AccountCache *cache = account_cache_new();

                put(cache, "alice", 1000, rows[i].n_groups, START);
                EXPECT_INT(rows[i].about,
                           get(cache, rows[i].user, rows[i].generation, rows[i].asked),
                           rows[i].uid);
        }
}

/* The newest word holds, and its time is its own. */
static void test_again(void)
{
        _cleanup_(account_cache_freep) AccountCache *cache = account_cache_new();

        put(cache, "alice", 1000, 0, START);
        put(cache, "alice", 1001, 0, START + 10);
        EXPECT_INT("the new one", get(cache, "alice", GENERATION, START + 10), 1001);
        EXPECT_INT("for its time", get(cache, "alice", GENERATION, START + ACCOUNT_KEEP + 9), 1001);
        put(cache, "alice", 1002, 60000, START + 20);
        EXPECT_INT("what is too long ends what was", get(cache, "alice", GENERATION, START + 20),
                   -1);
}

static void test_drop(void)
{
        _cleanup_(account_cache_freep) AccountCache *cache = account_cache_new();

        put(cache, "alice", 1000, 0, START);
        put(cache, "bob", 1001, 0, START);
        account_cache_drop(cache, "alice");
        EXPECT_INT("the one", get(cache, "alice", GENERATION, START), -1);
        EXPECT_INT("not the other", get(cache, "bob", GENERATION, START), 1001);
        account_cache_drop(cache, NULL);
        EXPECT_INT("all", get(cache, "bob", GENERATION, START), -1);
}

static void test_many(void)
{
        _cleanup_(account_cache_freep) AccountCache *cache = account_cache_new();
        char name[16];

        for (int i = 0; i <= ACCOUNT_CACHE_MAX; i++) {
                (void)snprintf(name, sizeof(name), "user%d", i);
                put(cache, name, i, 0, START + (Usec)i);
        }
        EXPECT_INT("the oldest has given way", get(cache, "user0", GENERATION, START), -1);
        EXPECT_INT("the second is there", get(cache, "user1", GENERATION, START), 1);
        EXPECT_INT("the last is there", get(cache, name, GENERATION, START), ACCOUNT_CACHE_MAX);
}

int main(void)
{
        test_ask();
        test_again();
        test_drop();
        test_many();
        return test_end();
}
