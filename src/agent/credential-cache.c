#include "agent/credential-cache.h"

#include "base/log.h"
#include "base/secret.h"

#include <stdalign.h>

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

typedef struct Entry {
        uint8_t user[SHA256_DIGEST_SIZE];
        uint8_t credential[SHA256_DIGEST_SIZE];
        Usec expires; /* 0: free */
} Entry;

struct CredentialCache {
        LoopIo watch; /* inotify on what decides about logins */
        Usec keep;
        uint64_t generation, surroundings;
        uint8_t key[32];
        Entry entries[CREDENTIAL_CACHE_MAX];
};

/* Files are replaced by rename: it is their directory that tells. */
static const char *const watched_directories[] = {"/etc", "/etc/pam.d", "/etc/security"};
static const char *const watched_names[] = {"passwd",  "shadow", "group",
                                            "gshadow", "shells", "nsswitch.conf"};

/* What else a login's verdict is made of: nobody's password, but the user's environment. */
static const char *const surrounding_names[] = {"environment", "login.defs"};

static void digest(const CredentialCache *cache, const char *user, const char *password,
                   uint8_t *ret)
{
        struct hmac_sha256_ctx context;

        hmac_sha256_set_key(&context, sizeof(cache->key), cache->key);
        hmac_sha256_update(&context, strlen(user) + 1, (const uint8_t *)user);
        if (password)
                hmac_sha256_update(&context, strlen(password) + 1, (const uint8_t *)password);
        hmac_sha256_digest(&context, SHA256_DIGEST_SIZE, ret);
        explicit_bzero(&context, sizeof(context));
}

static void drop_all(CredentialCache *cache)
{
        explicit_bzero(cache->entries, sizeof(cache->entries));
        cache->generation++;
        cache->surroundings++;
}

static bool is_of(const struct inotify_event *event, const char *const *names, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (event->len > 0 && strcmp(event->name, names[i]) == 0)
                        return true;
        return false;
}

static void take_change(CredentialCache *cache, const struct inotify_event *event, int etc)
{
        if (event->wd != etc || event->mask & IN_Q_OVERFLOW ||
            is_of(event, watched_names, ELEMENTS(watched_names)))
                drop_all(cache);
        else if (is_of(event, surrounding_names, ELEMENTS(surrounding_names)))
                cache->surroundings++;
}

/* Changes lie in the queue before any request that was sent after them. */
static void take_changes(CredentialCache *cache)
{
        alignas(struct inotify_event) char data[4096];
        const struct inotify_event *event;
        ssize_t n;

        while ((n = read(cache->watch.fd, data, sizeof(data))) > 0)
                for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*event) + event->len)) {
                        event = (const void *)(data + at);
                        take_change(cache, event, 1);
                }
}

static int on_change(LoopIo *io, uint32_t events, Usec now)
{
        (void)events;
        (void)now;
        take_changes(container_of(io, CredentialCache, watch));
        return 0;
}

int credential_cache_new(Loop *loop, Usec keep, CredentialCache **ret)
{
        _cleanup_(credential_cache_freep) CredentialCache *cache = calloc(1, sizeof(*cache));
        int r;

        if (!cache)
                return -ENOMEM;
        cache->keep = keep;
        random_bytes(cache->key, sizeof(cache->key));
        cache->watch = (LoopIo){
                .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
                .on_ready = on_change,
        };
        if (cache->watch.fd < 0) {
                r = -errno;
                log_error("changes of accounts cannot be watched: %s%s", strerror(-r),
                          r == -EMFILE ? " (sysctl fs.inotify.max_user_instances)" : "");
                return r;
        }
        /* /etc comes first: inotify(7) numbers watches from 1. A missing directory is none. */
        for (size_t i = 0; i < ELEMENTS(watched_directories); i++)
                (void)inotify_add_watch(cache->watch.fd, watched_directories[i],
                                        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                                IN_DELETE | IN_ATTRIB);
        r = loop_add_io(loop, &cache->watch, EPOLLIN);
        if (r < 0)
                return r;
        *ret = moved(cache);
        return 0;
}

void credential_cache_configure(CredentialCache *cache, Usec keep)
{
        drop_all(cache);
        cache->keep = keep;
}

CredentialCache *credential_cache_free(CredentialCache *cache)
{
        if (!cache)
                return NULL;
        loop_io_remove(&cache->watch);
        fd_close(cache->watch.fd);
        explicit_bzero(cache, sizeof(*cache));
        free(cache);
        return NULL;
}

bool credential_cache_has(CredentialCache *cache, const char *user, const char *password, Usec now)
{
        uint8_t credential[SHA256_DIGEST_SIZE];
        bool found = false;

        if (cache->keep == 0)
                return false;
        take_changes(cache);
        digest(cache, user, password, credential);
        for (size_t i = 0; i < CREDENTIAL_CACHE_MAX; i++) {
                const Entry *entry = &cache->entries[i];

                found |= entry->expires > now &&
                         memeql_sec(entry->credential, credential, sizeof(credential));
        }
        return found;
}

uint64_t credential_cache_generation(CredentialCache *cache)
{
        take_changes(cache);
        return cache->generation;
}

uint64_t credential_cache_surroundings(CredentialCache *cache)
{
        take_changes(cache);
        return cache->surroundings;
}

void credential_cache_put(CredentialCache *cache, const char *user, const char *password,
                          uint64_t generation, Usec now)
{
        Entry *oldest = &cache->entries[0];

        if (cache->keep == 0 || credential_cache_generation(cache) != generation)
                return;
        for (size_t i = 1; i < CREDENTIAL_CACHE_MAX; i++)
                if (cache->entries[i].expires < oldest->expires)
                        oldest = &cache->entries[i];
        digest(cache, user, NULL, oldest->user);
        digest(cache, user, password, oldest->credential);
        oldest->expires = now + cache->keep;
}

void credential_cache_drop(CredentialCache *cache, const char *user)
{
        uint8_t name[SHA256_DIGEST_SIZE];

        digest(cache, user, NULL, name);
        for (size_t i = 0; i < CREDENTIAL_CACHE_MAX; i++)
                if (memcmp(cache->entries[i].user, name, sizeof(name)) == 0)
                        explicit_bzero(&cache->entries[i], sizeof(cache->entries[i]));
}
