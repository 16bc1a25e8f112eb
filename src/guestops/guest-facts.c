#include "guestops/guest-facts.h"

#include "base/utf8.h"
#include "schema/tables.h"
#include "wire/read.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)256 << 10) /* a frame's worth of anything takes half of that */

typedef struct Address {
        int family;
        union {
                struct in_addr v4;
                struct in6_addr v6;
        };
} Address;

void guest_fact_copy(char *at, size_t size, const char *text)
{
        (void)snprintf(at, size, "%s", text ? text : "");
        utf8_defuse(at);
}

/* As if nothing had been told; what it points to is another's. */
static void disown(GuestFacts *facts)
{
        facts->interfaces = NULL;
        facts->n_interfaces = 0;
        facts->disks = NULL;
        facts->n_disks = 0;
        facts->problems = NULL;
        facts->n_problems = 0;
        facts->user_sessions = (WireInt){0};
        facts->ip_address[0] = '\0';
        facts->boot_time = (WireTime){0};
}

static int parse_address(const char *text, Address *ret)
{
        ret->family = strchr(text, ':') ? AF_INET6 : AF_INET;
        return inet_pton(ret->family, text, &ret->v6) == 1 ? 0 : -EBADMSG;
}

/* Whether others than the guest and its neighbours may reach it there. */
static bool is_global(const Address *address)
{
        uint32_t v4;

        if (address->family == AF_INET6)
                return !IN6_IS_ADDR_UNSPECIFIED(&address->v6) &&
                       !IN6_IS_ADDR_LOOPBACK(&address->v6) &&
                       !IN6_IS_ADDR_LINKLOCAL(&address->v6) &&
                       !IN6_IS_ADDR_MULTICAST(&address->v6) && !IN6_IS_ADDR_V4MAPPED(&address->v6);
        v4 = ntohl(address->v4.s_addr);
        return v4 >> 24 != 0 && v4 >> 24 != IN_LOOPBACKNET && v4 >> 16 != 0xa9fe /* 169.254 */ &&
               v4 >> 28 < 0xe /* multicast, and what is reserved */;
}

static int take_address(const AgentAddress *told, GuestAddress *ret, Address *ret_parsed)
{
        int r = parse_address(told->address, ret_parsed);

        if (r < 0)
                return r;
        if (told->prefix_length < 0 ||
            told->prefix_length > (ret_parsed->family == AF_INET ? 32 : 128))
                return -EBADMSG;
        /* As we write it, not as it was told: texts are compared. */
        (void)inet_ntop(ret_parsed->family, &ret_parsed->v6, ret->text, sizeof(ret->text));
        ret->prefix_length = (unsigned char)told->prefix_length;
        ret->deprecated = told->deprecated.value;
        return 0;
}

static int take_mac_address(const char *told, char *ret)
{
        size_t n = strlen(told);

        if (n != sizeof(((GuestInterface *)0)->mac_address) - 1)
                return -EBADMSG;
        for (size_t i = 0; i < n; i++) {
                if (i % 3 == 2 ? told[i] != ':' : !isxdigit((unsigned char)told[i]))
                        return -EBADMSG;
                ret[i] = (char)tolower((unsigned char)told[i]);
        }
        return 0;
}

/* @ret: zeroed; @ret_first: its first global address, IPv4 before IPv6, or NULL */
static int take_interface(const AgentInterface *told, GuestInterface *ret,
                          const GuestAddress **ret_first)
{
        const GuestAddress *first_v4 = NULL, *first_v6 = NULL;
        int r = 0;

        if (told->addresses.n > FACTS_ADDRESSES_MAX)
                return -EBADMSG;
        if (told->addresses.n > 0) {
                ret->addresses = calloc(told->addresses.n, sizeof(*ret->addresses));
                if (!ret->addresses)
                        return -ENOMEM;
        }
        guest_fact_copy(ret->name, sizeof(ret->name), told->name);
        ret->up = told->up;
        if (told->mac_address)
                r = take_mac_address(told->mac_address, ret->mac_address);
        for (size_t i = 0; r >= 0 && i < told->addresses.n; i++) {
                const GuestAddress **first = &first_v6;
                Address parsed = {0};

                r = take_address((const AgentAddress *)told->addresses.items[i], &ret->addresses[i],
                                 &parsed);
                if (parsed.family == AF_INET)
                        first = &first_v4;
                if (r >= 0 && !*first && is_global(&parsed))
                        *first = &ret->addresses[i];
        }
        ret->n_addresses = told->addresses.n;
        *ret_first = first_v4 ? first_v4 : first_v6;
        return r;
}

static int take_interfaces(const WireObjects *told, GuestFacts *ret)
{
        const GuestAddress *address = NULL;

        if (told->n > FACTS_INTERFACES_MAX)
                return -EBADMSG;
        ret->interfaces = calloc(told->n + 1, sizeof(*ret->interfaces));
        if (!ret->interfaces)
                return -ENOMEM;
        ret->n_interfaces = told->n;
        for (size_t i = 0; i < told->n; i++) {
                const GuestAddress *first = NULL;
                int r = take_interface((const AgentInterface *)told->items[i], &ret->interfaces[i],
                                       &first);

                if (r < 0)
                        return r;
                if (!address && ret->interfaces[i].up)
                        address = first;
        }
        if (address)
                memcpy(ret->ip_address, address->text, sizeof(ret->ip_address));
        return 0;
}

static int take_disk(const AgentDisk *told, GuestDisk *ret)
{
        if (!*told->path || told->capacity < 0 || told->free_space < 0 ||
            told->free_space > told->capacity)
                return -EBADMSG;
        ret->path = strdup(told->path);
        if (!ret->path)
                return -ENOMEM;
        utf8_defuse(ret->path);
        guest_fact_copy(ret->file_system_type, sizeof(ret->file_system_type),
                        told->file_system_type);
        ret->capacity = told->capacity;
        ret->free_space = told->free_space;
        return 0;
}

static int take_disks(const WireObjects *told, GuestFacts *ret)
{
        int r = 0;

        if (told->n > FACTS_DISKS_MAX)
                return -EBADMSG;
        ret->disks = calloc(told->n + 1, sizeof(*ret->disks));
        if (!ret->disks)
                return -ENOMEM;
        ret->n_disks = told->n;
        for (size_t i = 0; r >= 0 && i < told->n; i++)
                r = take_disk((const AgentDisk *)told->items[i], &ret->disks[i]);
        return r;
}

/* A word that this daemon does not know is one of a newer agent. */
static int take_problem(const char *told, GuestProblem *ret)
{
        size_t n = strlen(told);

        if (n == 0 || n >= sizeof(ret->word) ||
            strspn(told, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
                return -EBADMSG;
        memcpy(ret->word, told, n + 1);
        return 0;
}

static int take_problems(const WireStrings *told, GuestFacts *ret)
{
        int r = 0;

        if (told->n > FACTS_PROBLEMS_MAX)
                return -EBADMSG;
        if (told->n == 0)
                return 0;
        ret->problems = calloc(told->n, sizeof(*ret->problems));
        if (!ret->problems)
                return -ENOMEM;
        ret->n_problems = told->n;
        for (size_t i = 0; r >= 0 && i < told->n; i++)
                r = take_problem(told->items[i], &ret->problems[i]);
        return r;
}

static int take_all(const AgentFacts *told, GuestFacts *ret)
{
        int r = take_interfaces(&told->interfaces, ret);

        if (r >= 0)
                r = take_disks(&told->disks, ret);
        if (r >= 0)
                r = take_problems(&told->problems, ret);
        if (r >= 0 && told->user_sessions.set && told->user_sessions.value < 0)
                r = -EBADMSG;
        ret->user_sessions = told->user_sessions;
        return r;
}

int guest_facts_read(GuestFacts *facts, const char *payload, size_t size)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_BYTES_MAX);
        const AgentFacts *told = NULL;
        GuestFacts taken = *facts;
        WireError error;
        int r;

        if (!arena)
                return -ENOMEM;
        r = tlv_read(arena, payload, size, &type_AgentFacts, &told, &error);
        if (r < 0)
                return r;
        disown(&taken);
        r = take_all(told, &taken);
        if (r < 0) {
                guest_facts_clear(&taken);
                return r;
        }
        guest_fact_copy(taken.host_name, sizeof(taken.host_name), told->host_name);
        guest_fact_copy(taken.os_name, sizeof(taken.os_name), told->os_name);
        taken.boot_time = told->boot_time;
        guest_facts_clear(facts);
        *facts = taken;
        return 0;
}

void guest_facts_clear(GuestFacts *facts)
{
        for (size_t i = 0; i < facts->n_interfaces; i++)
                free(facts->interfaces[i].addresses);
        for (size_t i = 0; i < facts->n_disks; i++)
                free(facts->disks[i].path);
        free(facts->disks);
        free(facts->problems);
        free(facts->interfaces);
        disown(facts);
}
