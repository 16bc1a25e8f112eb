#include "agent/account-cache.h"

#include "base/buf.h"
#include "schema/tables.h"
#include "wire/read.h"

#define VERDICT_BYTES_MAX ((size_t)16 << 10) /* who is in thousands of groups is asked for anew */

typedef struct Account {
        char *user; /* as the credential has it; NULL: free */
        Buf verdict;
        uint64_t generation;
        Usec expires;
} Account;

struct AccountCache {
        Account accounts[ACCOUNT_CACHE_MAX];
};

static void forget(Account *account)
{
        free(account->user);
        buf_erase(&account->verdict); /* a PAM module may have put a secret into the environment */
        *account = (Account){0};
}

/* pam_nologin(8): while one of them is there, nobody is let in, or root alone. */
static bool is_closed(void)
{
        return access("/run/nologin", F_OK) == 0 || access("/etc/nologin", F_OK) == 0;
}

static const Account *find(const AccountCache *cache, const char *user)
{
        for (size_t i = 0; i < ACCOUNT_CACHE_MAX; i++)
                if (cache->accounts[i].user && strcmp(cache->accounts[i].user, user) == 0)
                        return &cache->accounts[i];
        return NULL;
}

bool account_cache_get(const AccountCache *cache, const char *user, uint64_t generation, Usec now,
                       Arena *arena, const LoginVerdict **ret)
{
        const Account *account = find(cache, user);
        WireError error;

        if (!account || account->generation != generation || account->expires <= now || is_closed())
                return false;
        return tlv_read(arena, account->verdict.data, account->verdict.size, &type_LoginVerdict,
                        ret, &error) >= 0;
}

/* Return: a free place; the one that would be free first gives way. */
static Account *make_room(AccountCache *cache)
{
        Account *first = &cache->accounts[0];

        for (size_t i = 1; i < ACCOUNT_CACHE_MAX; i++)
                if (cache->accounts[i].expires < first->expires)
                        first = &cache->accounts[i];
        forget(first);
        return first;
}

void account_cache_put(AccountCache *cache, const char *user, const char *packet, size_t size,
                       uint64_t generation, Usec now)
{
        Account *account;

        account_cache_drop(cache, user);
        if (size > VERDICT_BYTES_MAX)
                return;
        account = make_room(cache);
        *account = (Account){
                .user = strdup(user),
                .verdict.max = VERDICT_BYTES_MAX,
                .generation = generation,
                .expires = now + ACCOUNT_KEEP,
        };
        buf_put(&account->verdict, packet, size);
        if (!account->user || buf_error(&account->verdict))
                forget(account);
}

void account_cache_drop(AccountCache *cache, const char *user)
{
        for (size_t i = 0; i < ACCOUNT_CACHE_MAX; i++) {
                Account *account = &cache->accounts[i];

                if (account->user && (!user || strcmp(account->user, user) == 0))
                        forget(account);
        }
}

AccountCache *account_cache_new(void)
{
        return calloc(1, sizeof(AccountCache));
}

AccountCache *account_cache_free(AccountCache *cache)
{
        if (!cache)
                return NULL;
        account_cache_drop(cache, NULL);
        free(cache);
        return NULL;
}
