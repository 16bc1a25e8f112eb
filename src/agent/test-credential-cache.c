/*
 * Credential cache. It forgets all when /etc changes, as another program may do while this runs:
 * rows are played again then.
 */

#include "agent/credential-cache.h"
#include "base/test.h"

#include <sys/inotify.h>

#define KEEP  ((Usec)1000)
#define START ((Usec)5000)

static Loop *loop;

/* A check that has taken no time. */
static void put(CredentialCache *cache, const char *user, const char *password, Usec now)
{
        credential_cache_put(cache, user, password, credential_cache_generation(cache), now);
}

/* Return: a watch on what the cache watches. */
static int watch_system(void)
{
        static const char *const directories[] = {"/etc", "/etc/pam.d", "/etc/security"};
        int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

        for (size_t i = 0; i < ELEMENTS(directories); i++)
                (void)inotify_add_watch(fd, directories[i],
                                        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                                IN_DELETE | IN_ATTRIB);
        return fd;
}

/* Return: what @play returns while nobody changes /etc. */
static unsigned int undisturbed(unsigned int (*play)(CredentialCache *cache, const void *row),
                                Usec keep, const void *row)
{
        for (;;) {
                _cleanup_(credential_cache_freep) CredentialCache *cache = NULL;
                _cleanup_(fd_closep) int system = watch_system();
                char events[4096];
                unsigned int result;

                if (credential_cache_new(loop, keep, &cache) < 0)
                        abort();
                result = play(cache, row);
                if (read(system, events, sizeof(events)) < 0)
                        return result;
        }
}

typedef struct Ask {
        const char *about;
        const char *user, *password;
        Usec keep, asked;
        bool known;
} Ask;

static unsigned int play_ask(CredentialCache *cache, const void *row)
{
        const Ask *ask = row;

        put(cache, "alice", "secret", START);
        return credential_cache_has(cache, ask->user, ask->password, ask->asked);
}

static void test_ask(void)
{
        static const Ask rows[] = {
                {"at once", "alice", "secret", KEEP, START, true},
                {"the last microsecond", "alice", "secret", KEEP, START + KEEP - 1, true},
                {"expired", "alice", "secret", KEEP, START + KEEP, false},
                {"long expired", "alice", "secret", KEEP, 100 * START, false},
                {"another password", "alice", "Secret", KEEP, START, false},
                {"a part of the password", "alice", "secre", KEEP, START, false},
                {"no password", "alice", "", KEEP, START, false},
                {"another user with that password", "bob", "secret", KEEP, START, false},
                {"the name in capitals", "ALICE", "secret", KEEP, START, false},
                {"the border is not moved", "alices", "ecret", KEEP, START, false},
                {"the border is not moved", "alic", "esecret", KEEP, START, false},
                {"both exchanged", "secret", "alice", KEEP, START, false},
                {"nothing is kept", "alice", "secret", 0, START, false},
                {"nothing is kept, even before", "alice", "secret", 0, START - 1, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                EXPECT_INT(rows[i].about, undisturbed(play_ask, rows[i].keep, &rows[i]),
                           rows[i].known);
}

static unsigned int play_empty(CredentialCache *cache, const void *row)
{
        (void)row;
        credential_cache_drop(cache, "alice");
        return credential_cache_has(cache, "alice", "secret", 0) |
               (unsigned int)credential_cache_has(cache, "", "", 0) << 1;
}

/* Bits: alice's first password, her second, bob's. */
static unsigned int play_drop(CredentialCache *cache, const void *row)
{
        put(cache, "alice", "first", START);
        put(cache, "alice", "second", START);
        put(cache, "bob", "first", START);
        if (row)
                credential_cache_drop(cache, row);
        return credential_cache_has(cache, "alice", "first", START) |
               (unsigned int)credential_cache_has(cache, "alice", "second", START) << 1 |
               (unsigned int)credential_cache_has(cache, "bob", "first", START) << 2;
}

/* Put again: from the newest check on. */
static unsigned int play_again(CredentialCache *cache, const void *row)
{
        (void)row;
        put(cache, "alice", "secret", START);
        put(cache, "alice", "secret", START + 10);
        return credential_cache_has(cache, "alice", "secret", START + KEEP + 9) |
               (unsigned int)credential_cache_has(cache, "alice", "secret", START + KEEP + 10) << 1;
}

/* Bits: known after the change, known when put after it, still known after the time that was. */
static unsigned int play_configure(CredentialCache *cache, const void *row)
{
        unsigned int known;

        (void)row;
        put(cache, "alice", "secret", START);
        credential_cache_configure(cache, 2 * KEEP);
        known = credential_cache_has(cache, "alice", "secret", START);
        put(cache, "alice", "secret", START);
        return known | (unsigned int)credential_cache_has(cache, "alice", "secret", START) << 1 |
               (unsigned int)credential_cache_has(cache, "alice", "secret", START + KEEP) << 2;
}

/* All was forgotten while PAM was still asked: what it says then is of yesterday. */
static unsigned int play_stale(CredentialCache *cache, const void *row)
{
        uint64_t generation = credential_cache_generation(cache);
        unsigned int same = credential_cache_generation(cache) == generation;

        (void)row;
        credential_cache_configure(cache, KEEP);
        credential_cache_put(cache, "alice", "secret", generation, START);
        return same | (unsigned int)credential_cache_has(cache, "alice", "secret", START) << 1;
}

/* Return: how many of as many as fit and @row more are known, or 1000 for the wrong ones. */
static unsigned int play_many(CredentialCache *cache, const void *row)
{
        const unsigned int more = *(const unsigned int *)row, all = CREDENTIAL_CACHE_MAX + more;
        unsigned int known = 0;
        char user[16];

        for (unsigned int i = 0; i < all; i++) {
                (void)snprintf(user, sizeof(user), "user%u", i);
                put(cache, user, "secret", START + i);
        }
        for (unsigned int i = 0; i < all; i++) {
                bool has;

                (void)snprintf(user, sizeof(user), "user%u", i);
                has = credential_cache_has(cache, user, "secret", START + all);
                known += has;
                if (has != (i >= more))
                        return 1000;
        }
        return known;
}

int main(void)
{
        static const unsigned int more[] = {0, 1, 10, CREDENTIAL_CACHE_MAX};

        if (loop_new(&loop) < 0)
                return EXIT_FAILURE;
        test_ask();
        EXPECT_INT("empty", undisturbed(play_empty, KEEP, NULL), 0);
        EXPECT_INT("all three", undisturbed(play_drop, KEEP, NULL), 7);
        EXPECT_INT("all of alice is forgotten", undisturbed(play_drop, KEEP, "alice"), 4);
        EXPECT_INT("bob is forgotten", undisturbed(play_drop, KEEP, "bob"), 3);
        EXPECT_INT("nobody is forgotten", undisturbed(play_drop, KEEP, "carol"), 7);
        EXPECT_INT("put again", undisturbed(play_again, KEEP, NULL), 1);
        EXPECT_INT("another time", undisturbed(play_configure, KEEP, NULL), 6);
        EXPECT_INT("a time instead of none", undisturbed(play_configure, 0, NULL), 6);
        EXPECT_INT("a stale check", undisturbed(play_stale, KEEP, NULL), 1);
        for (size_t i = 0; i < ELEMENTS(more); i++)
                EXPECT_INT("the oldest give way", undisturbed(play_many, KEEP, &more[i]),
                           CREDENTIAL_CACHE_MAX);
        EXPECT("credential_cache_free(NULL)", credential_cache_free(NULL) == NULL);
        loop = loop_free(loop);
        return test_end();
}
